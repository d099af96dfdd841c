using System.Text.Json;
using CsCheck;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>The random configs hold every key that changes a number of a model.</summary>
public sealed class HubDrawTests
{
    private const uint Draws = 300;

    public static TheoryData<string> Types => [.. HubSpec.Types];

    /// <summary>A key that a family reads, and that no random config has, is one whose arithmetic nobody tries.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Every_key_that_a_family_reads_is_drawn(string type)
    {
        var family = (HubFamily)Family.Find(type)!;
        var asked = new HashSet<string>(StringComparer.Ordinal);
        var drawn = new HashSet<string>(StringComparer.Ordinal);
        for (uint i = 0; i < Draws; i++)
        {
            var draw = new HubDraw(new PCG(i, 1));
            HubSpec.Families[type](draw);
            string text = draw.Text(type);
            ConfigReader reader = Reader(text);
            Assert.NotNull(family.Read(reader));
            asked.UnionWith(reader.Asked);
            using var document = JsonDocument.Parse(text);
            drawn.UnionWith(document.RootElement.EnumerateObject().Select(member => member.Name));
        }

        // What is refused, or without effect, for all families or for this one.
        ConfigReader none = Reader("{}");
        new HubConfig(none, type).ReadCommon(family.KeysWithoutEffect);
        Assert.Equal([], asked.Except(none.Asked).Except(drawn).Order(StringComparer.Ordinal));
    }

    private static ConfigReader Reader(string text) => new("config.json", text, JsonParser.Parse(text).Value!, []);
}

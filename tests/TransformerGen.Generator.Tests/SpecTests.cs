using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>Attribute and config.json give the same Spec, whose names are those of the checkpoints.</summary>
public class SpecTests
{
    /// <summary>Folders of our own fixtures.</summary>
    public static TheoryData<string> Fixtures => [.. Directory.GetDirectories(Repository.Fixtures, "paper*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Fixture_config_parses_and_names_exactly_the_checkpoints_tensors(string name)
    {
        (string path, string text) = Config(name);
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read(path, text, problems).Spec;
        Assert.Empty(problems);
        Assert.NotNull(spec);

        using FileStream stream = File.OpenRead(Path.Combine(Repository.Fixtures, name, "model.safetensors"));
        byte[] length = new byte[8];
        stream.ReadExactly(length);
        byte[] header = new byte[BitConverter.ToInt64(length)];
        stream.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        Dictionary<string, int[]> stored = json.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__")
            .ToDictionary(p => p.Name, p => p.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray());
        Dictionary<string, int[]> expected = SpecTensors.Of(spec);
        Assert.Equal(stored.Keys.Order(StringComparer.Ordinal), expected.Keys.Order(StringComparer.Ordinal));
        Assert.All(stored, tensor => Assert.Equal(tensor.Value, expected[tensor.Key]));
        long parameters = stored.Where(t => !t.Key.Contains("running_", StringComparison.Ordinal)).Sum(t => t.Value.Aggregate(1L, (product, size) => product * size));
        Assert.Equal(parameters, ParameterCount.Of(spec));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Written_config_is_the_fixtures_with_dropout_and_reads_back_as_the_same_spec(string name)
    {
        (string path, string text) = Config(name);
        ModelSpec spec = ConfigFile.Read(path, text, []).Spec!;
        Assert.Equal(text.TrimEnd('}', '\n') + ",\n \"dropout\": 0\n}", spec.ConfigJson);
        Assert.Equal(spec, ConfigFile.Read(path, spec.ConfigJson, []).Spec);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Attribute_with_the_same_choices_gives_the_same_spec(string name)
    {
        (string path, string text) = Config(name);
        ModelSpec ofFile = ConfigFile.Read(path, text, []).Spec!;
        using var json = JsonDocument.Parse(text);
        ModelSpec ofAttribute = Target(AttributeText.Of(json.RootElement) + " public sealed partial class M;").Spec;
        Assert.Equal(ofFile, ofAttribute);
        Assert.Equal(ofFile.GetHashCode(), ofAttribute.GetHashCode());
        Assert.Equal(ofFile with { Options = new() { Training = false } }, Target("[TransformerModel(\"config.json\", Training = false)] partial class M;", (path, text)).Spec);
    }

    /// <summary>The one target of a source.</summary>
    internal static ModelTarget Target(string source, params (string Path, string Text)[] files)
    {
        GeneratorDriverRunResult run = GeneratorDriverFixture.Run(GeneratorDriverFixture.Compile(source), files, generator: GeneratorDriverFixture.ReadingOnly());
        return (ModelTarget)Assert.Single(Assert.Single(run.Results[0].TrackedSteps[TransformerGenerator.Steps.Targets]).Outputs).Value;
    }

    private static (string Path, string Text) Config(string name)
    {
        string path = Path.Combine(Repository.Fixtures, name, "config.json");
        return (path, File.ReadAllText(path));
    }
}

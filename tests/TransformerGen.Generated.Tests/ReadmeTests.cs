using System.Globalization;
using System.Text.RegularExpressions;
using TransformerGen.Conformance;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>README's table of what works says what the conformance tool's list of cases and the registry of families say.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string s_table = Section("## What works");

    /// <summary>The specs of the cases that the conformance tool runs from tests/Fixtures; those of an adapter have a model of another case.</summary>
    private static readonly ModelSpec[] s_cases =
    [
        .. Directory.GetDirectories(Repository.Fixtures).Where(folder => ReferenceCase.IsCase(folder) && File.Exists(Path.Combine(folder, "config.json")))
            .Select(folder => ConfigFile.Read("config.json", File.ReadAllText(Path.Combine(folder, "config.json")), []).Spec!),
    ];

    private static readonly string[] s_families = [.. Family.ModelTypes.Where(type => Family.Find(type) is HubFamily)];

    /// <summary>What the table says in so many words, by its row.</summary>
    public static TheoryData<string, string> Facts
    {
        get
        {
            ModelSpec[] hub = [.. s_cases.Where(spec => s_families.Contains(spec.ModelType))], experts = [.. s_cases.Where(HasExperts)];
            string[] without = [.. s_families.Except(hub.Select(spec => spec.ModelType), StringComparer.Ordinal)];
            return new TheoryData<string, string>
            {
                { "Hugging Face families", Text($"{s_families.Length} values of `model_type`") },
                { "Hugging Face families", Text($"{hub.Length} reference cases, of {s_families.Length - without.Length} of them") },
                { "Hugging Face families", $"none of {string.Join(", ", without.Select(type => $"`{type}`"))}, which" },
                { "Heads", Text($"{Enum.GetValues<HubTask>().Length} heads") },
                { "Mixtures of experts", string.Join(" and ", experts.Select(spec => $"`{spec.ModelType}`").Distinct().Order(StringComparer.Ordinal)) },
                { "Mixtures of experts", Text($"{experts.Length} reference cases") },
                { "The paper and its variants", Text($"{s_cases.Length - hub.Length} reference cases") },
                { "Attention patterns", Text($"{Enum.GetValues<PatternKind>().Length} patterns") },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Facts))]
    public void Row_says_what_the_code_and_the_cases_say(string row, string words) => Assert.Contains(words, Row(row), StringComparison.Ordinal);

    /// <summary>A number that nobody compares is one that will be wrong one day.</summary>
    [Fact]
    public void Every_count_of_the_table_is_compared()
    {
        var compared = new HashSet<string>(((IEnumerable<object[]>)Facts).SelectMany(fact => Count().Matches((string)fact[1])).Select(match => match.Value), StringComparer.Ordinal);
        Assert.All(Count().Matches(s_table), match => Assert.Contains(match.Value, compared));
        Assert.True(compared.Count >= 5, string.Join(", ", compared));
    }

    [Fact]
    public void What_the_table_points_at_is_there()
    {
        string[] tests = [.. Tests().Matches(s_table).Select(match => Path.Combine("tests", match.Groups[1].Value))];
        string[] pages = [.. Link().Matches(s_table).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(tests);
        Assert.NotEmpty(pages);
        Assert.All(tests, path => Assert.True(Directory.Exists(Path.Combine(Repository.Root, path)), path));
        Assert.All(pages, path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), path));
    }

    private static bool HasExperts(ModelSpec spec) =>
        new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>().SelectMany(stack => stack.Layers).SelectMany(layer => layer.Sublayers).Any(sublayer => sublayer is ExpertsSpec);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Row(string name) => Assert.Single(s_table.Split('\n'), line => line.StartsWith($"| {name} |", StringComparison.Ordinal));

    private static string Section(string heading)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");
        int start = text.IndexOf("\n" + heading + "\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"README.md has no '{heading}'.");
        int end = text.IndexOf("\n## ", start + heading.Length, StringComparison.Ordinal);
        return text[start..(end < 0 ? text.Length : end)];
    }

    /// <summary>A number, in digits or as a word, of things that are counted here.</summary>
    [GeneratedRegex(@"\b(\d+|one|two|three|four|five|six|seven|eight|nine|ten) (values of|reference cases?|cases?|heads|patterns|families)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Count();

    [GeneratedRegex(@"`(TransformerGen\.[A-Za-z]+(?:/[A-Za-z]+)?)`")]
    private static partial Regex Tests();

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();
}

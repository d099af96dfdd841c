using System.Text.Json;
using System.Text.RegularExpressions;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>The tables of docs/families.md say what the code and tests/Fixtures say.</summary>
public sealed partial class FamilyTableTests
{
    private const string OracleOnly = "oracle only";

    // The words of the column "heads".
    private static readonly Dictionary<string, HubTask> s_heads = new(StringComparer.Ordinal)
    {
        ["causal"] = HubTask.CausalLanguage,
        ["masked"] = HubTask.MaskedLanguage,
        ["seq2seq"] = HubTask.SequenceToSequence,
        ["classes"] = HubTask.SequenceClassification,
        ["tokens"] = HubTask.TokenClassification,
        ["spans"] = HubTask.QuestionAnswering,
        ["model"] = HubTask.Model,
        ["encoder"] = HubTask.Encoder,
    };

    private static readonly Row[] s_rows = [.. Rows(File.ReadAllLines(Path.Combine(Repository.Root, "docs", "families.md")))];

    // model_type by folder, of all folders that have a config.json.
    private static readonly Dictionary<string, string> s_cases = Directory.GetDirectories(Repository.Fixtures)
        .Where(folder => File.Exists(Path.Combine(folder, "config.json")))
        .ToDictionary(folder => Path.GetFileName(folder), ModelType, StringComparer.Ordinal);

    [Fact]
    public void Every_family_has_one_row() =>
        Assert.Equal(Family.ModelTypes, s_rows.Select(row => row.ModelType).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_row_names_the_cases_of_its_family_and_no_others() => Assert.All(s_rows, row =>
    {
        string[] there = [.. s_cases.Where(pair => pair.Value == row.ModelType).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        Assert.Equal(there, row.Cases.Order(StringComparer.Ordinal));
    });

    [Fact]
    public void Every_case_is_of_a_family() => Assert.All(s_cases, pair => Assert.Contains(pair.Value, Family.ModelTypes));

    [Fact]
    public void A_row_says_oracle_only_where_it_has_no_case() =>
        Assert.All(s_rows, row => Assert.True(row.Cases.Length == 0 == (row.LastCell == OracleOnly), $"docs/families.md, {row.ModelType}: '{row.LastCell}'"));

    [Fact]
    public void Heads_are_those_of_the_code_and_the_first_is_the_ordinary_one() => Assert.All(s_rows, row =>
    {
        IReadOnlyList<HubTask> heads = Family.Find(row.ModelType)!.Heads;
        if (heads.Count > 0)
        {
            Assert.Equal(heads, row.Heads.Select(word => s_heads[word]));
        }
    });

    [Fact]
    public void A_row_is_read_by_its_cells()
    {
        Row row = Assert.Single(Rows(["| model_type | heads | cases |", "| --- | --- | --- |", "| `x_1` | causal, model | `a`, `b-c` |", "| causal | y | z |"]));
        Assert.Equal("x_1", row.ModelType);
        Assert.Equal(["causal", "model"], row.Heads);
        Assert.Equal(["a", "b-c"], row.Cases);
    }

    /// <summary>Lines of tables whose first cell is a name in backticks.</summary>
    private static IEnumerable<Row> Rows(IEnumerable<string> lines)
    {
        foreach (string line in lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            string[] cells = [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];
            yield return new Row(cells[0].Trim('`'), cells[1].Split(", "), [.. Quoted().Matches(cells[^1]).Select(match => match.Groups[1].Value)], cells[^1]);
        }
    }

    private static string ModelType(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        return config.RootElement.GetProperty("model_type").GetString()!;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    private sealed record Row(string ModelType, string[] Heads, string[] Cases, string LastCell);
}

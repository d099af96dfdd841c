using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>Decoder-only Hugging Face checkpoints among the fixtures: the config.json reads without a word, and the model's parameters are exactly its tensors.</summary>
public class HubFixtureTests
{
    /// <summary>Decoders; the other families' own tests compare theirs.</summary>
    public static TheoryData<string> Cases => [.. Folders.Where(folder => File.ReadAllText(Path.Combine(folder.Value, "case.json")).Contains("\"kind\": \"causal\"", StringComparison.Ordinal)).Select(folder => folder.Key).Order(StringComparer.Ordinal)];

    /// <summary>Their config.json files.</summary>
    internal static IEnumerable<string> Configs => Folders.Values.Order(StringComparer.Ordinal).Select(folder => File.ReadAllText(Path.Combine(folder, "config.json")));

    private static Dictionary<string, string> Folders { get; } = Directory.GetDirectories(Repository.Fixtures)
        .Where(folder => File.Exists(Path.Combine(folder, "config.json")) && Directory.GetFiles(folder, "model*.safetensors").Length > 0 && File.Exists(Path.Combine(folder, "case.json")) && !Path.GetFileName(folder).StartsWith("paper", StringComparison.Ordinal))
        .ToDictionary(folder => Path.GetFileName(folder), StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Config_reads_and_the_parameters_are_the_checkpoints_tensors(string name)
    {
        string path = Path.Combine(Folders[name], "config.json");
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read(path, File.ReadAllText(path), problems).Spec;
        Assert.Empty(problems);
        Assert.NotNull(spec);
        var table = new ParameterTable();
        var caches = new CacheLayout(spec);
        GraphBuilder.Training(spec, table, caches);
        Dictionary<string, int[]> expected = table.All.SelectMany(parameter => parameter.Tensors).ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape, StringComparer.Ordinal);
        Dictionary<string, int[]> stored = Stored(Folders[name]).Where(tensor => !spec.IgnoredTensors.Any(pattern => Matches(pattern, tensor.Key)))
            .ToDictionary(tensor => tensor.Key, tensor => tensor.Value, StringComparer.Ordinal);
        Assert.Equal(stored.Keys.Order(StringComparer.Ordinal), expected.Keys.Order(StringComparer.Ordinal));
        Assert.All(stored, tensor => Assert.Equal(tensor.Value, expected[tensor.Key]));
        long numbers = table.All.SelectMany(parameter => parameter.Tensors).Where(tensor => !tensor.IsBuffer).Sum(tensor => (long)tensor.Rows * tensor.Columns);
        Assert.Equal(numbers, ParameterCount.Of(spec));

        // Decoding asks for no other tensors.
        if (spec.Decoder is not null)
        {
            int count = table.All.Count;
            GraphBuilder.Decoding(spec, table, caches);
            Assert.Equal(count, table.All.Count);
        }
    }

    /// <summary>Shapes by name, over all shards.</summary>
    private static Dictionary<string, int[]> Stored(string folder) => Directory.GetFiles(folder, "model*.safetensors").SelectMany(Header).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);

    private static List<(string Name, int[] Shape)> Header(string path)
    {
        using FileStream stream = File.OpenRead(path);
        byte[] length = new byte[8];
        stream.ReadExactly(length);
        byte[] header = new byte[BitConverter.ToInt64(length)];
        stream.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        return [.. json.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__").Select(p => (p.Name, p.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray()))];
    }

    // A star stands for any text.
    private static bool Matches(string pattern, string name) => Regex.IsMatch(name, "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$");
}

using System.Text.Json;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Oracle.Tests;

/// <summary>One reference case of a Hugging Face family, with its padding cut off.</summary>
internal sealed class HubFixture
{
    private const int NoLabel = -100;

    private readonly Dictionary<string, StoredTensor> _expected;
    private readonly string _modelType;

    private HubFixture(string folder)
    {
        _expected = TensorFile.Read(Path.Combine(folder, "expected.safetensors"));
        Stored = TensorFile.Read(Path.Combine(folder, "model.safetensors"));
        Case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
        string config = Path.Combine(folder, "config.json"), text = File.ReadAllText(config);
        using var json = JsonDocument.Parse(text);
        _modelType = json.RootElement.GetProperty("model_type").GetString()!;
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read(config, text, problems).Spec;
        Assert.True(problems.Count == 0 && spec is not null, string.Join("\n", problems));
        Spec = spec! with { Options = new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true } };
    }

    public ModelSpec Spec { get; }

    /// <summary>The tensors of model.safetensors.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Stored { get; }

    public JsonElement Case { get; }

    public string Kind => Case.GetProperty("kind").GetString()!;

    /// <summary>Names of the expected tensors.</summary>
    public IEnumerable<string> Names => _expected.Keys;

    public StoredTensor this[string name] => _expected[name];

    public static HubFixture Read(string name) => new(Path.Combine(Repository.Fixtures, name));

    /// <summary>The case's rows, every row that the head reads a label row.</summary>
    public OracleBatch Batch() => OracleBatch.Of(Sources(), Targets()) is var batch && Spec.Head.Rows == HeadRows.First
        ? batch with { Sources = WithTypes(batch.Sources), LabelRows = FirstRows() }
        : batch with { Sources = WithTypes(batch.Sources) };

    /// <summary>The case's rows, those with a label label rows.</summary>
    public OracleBatch TrainingBatch()
    {
        double[] labels = this["input.labels"].Data;
        if (Kind == "sequence-classification")
        {
            return Batch() with { Labels = [.. labels.Select(label => (int)label)], Training = true };
        }

        int?[] rows = Kind == "seq2seq"
            ? [.. labels.Where(label => label != NoLabel).Select(label => (int?)label)]
            : [.. Real("input.attention_mask").Select(i => labels[i] == NoLabel ? (int?)null : (int)labels[i])];
        OracleBatch batch = OracleBatch.Of(Sources(), Targets(), rows);
        return batch with { Sources = WithTypes(batch.Sources), Training = true };
    }

    /// <summary>Rows of the sides without padding: counted through [batch, length].</summary>
    public int[] RealRows(bool target) => target ? [.. Labels().SelectMany((row, s) => Enumerable.Range(s * this["input.labels"].Shape[1], row.Length))] : [.. Real("input.attention_mask")];

    private int[] FirstRows()
    {
        int[][] sources = Sources();
        return [.. Enumerable.Range(0, sources.Length).Select(s => sources.Take(s).Sum(row => row.Length))];
    }

    private int[][] Sources() => Cut("input.input_ids");

    private int[][] Targets() => Spec.Decoder is null ? [] : [.. Labels().Select(row => (int[])[_modelType == "mbart" ? row[^1] : Spec.BeginId, .. row[..^1]])];

    private int[][] Labels() => [.. this["input.labels"].Data.Chunk(this["input.labels"].Shape[1]).Select(row => row.Where(label => label != NoLabel).Select(label => (int)label).ToArray())];

    private OracleSequence[] WithTypes(IReadOnlyList<OracleSequence> sources)
    {
        int[][]? types = _expected.ContainsKey("input.token_type_ids") ? Cut("input.token_type_ids") : null;
        int[][]? globals = _expected.ContainsKey("input.global_attention_mask") ? Cut("input.global_attention_mask") : null;
        return [.. sources.Select((source, s) => source with { Types = types?[s], Globals = Enumerable.Range(0, source.Tokens.Count).Where(i => globals?[s][i] == 1).ToHashSet() })];
    }

    private int[][] Cut(string name)
    {
        StoredTensor tensor = this[name];
        int length = tensor.Shape[1];
        return [.. Real("input.attention_mask").GroupBy(i => i / length).Select(sequence => sequence.Select(i => (int)tensor.Data[i]).ToArray())];
    }

    private IEnumerable<int> Real(string mask)
    {
        double[] valid = this[mask].Data;
        return Enumerable.Range(0, valid.Length).Where(i => valid[i] != 0);
    }
}

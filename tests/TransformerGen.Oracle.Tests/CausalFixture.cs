using System.Text.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Oracle.Tests;

/// <summary>One reference case of a decoder-only Hugging Face model: what transformers computed in float64 from its checkpoint.</summary>
internal sealed class CausalFixture
{
    private readonly Dictionary<string, StoredTensor> _expected;

    private CausalFixture(string folder)
    {
        _expected = TensorFile.Read(Path.Combine(folder, "expected.safetensors"));
        string config = Path.Combine(folder, "config.json");
        Spec = ConfigFile.Read(config, File.ReadAllText(config), []).Spec! with { Options = new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true } };
        Parameters = OracleParameters.FromFolder(folder);
        Case = Document(folder);
    }

    /// <summary>Cases among the project's own fixtures, with their folders.</summary>
    public static IReadOnlyDictionary<string, string> Folders { get; } = Directory.GetDirectories(Repository.Fixtures)
        .Where(folder => File.Exists(Path.Combine(folder, "case.json")) && Directory.GetFiles(folder, "model*.safetensors").Length > 0 && !Path.GetFileName(folder).StartsWith("paper", StringComparison.Ordinal) && Document(folder).TryGetProperty("kind", out JsonElement kind) && kind.ValueEquals("causal"))
        .ToDictionary(folder => Path.GetFileName(folder), StringComparer.Ordinal);

    public ModelSpec Spec { get; }

    public OracleParameters Parameters { get; }

    public JsonElement Case { get; }

    /// <summary>Names of the expected tensors.</summary>
    public IEnumerable<string> Names => _expected.Keys;

    public StoredTensor this[string name] => _expected[name];

    public static CausalFixture Read(string name) => new(Folders[name]);

    /// <summary>How far plain float32 is from the reference in a group of outputs.</summary>
    public double Float32Error(string group) => Case.GetProperty("float32_error").GetProperty(group).GetDouble();

    /// <summary>All rows, unlabelled.</summary>
    public OracleBatch Batch() => OracleBatch.Of([], Sequences());

    /// <summary>Each row's label is the next one's token: the model shifts them itself.</summary>
    public OracleBatch TrainingBatch()
    {
        StoredTensor labels = this["input.labels"];
        int length = labels.Shape[1];
        int?[] rows = [.. Real().Select(i => (i + 1) % length == 0 || labels.Data[i + 1] < 0 ? (int?)null : (int)labels.Data[i + 1])];
        return OracleBatch.Of([], Sequences(), rows) with { Training = true };
    }

    /// <summary>An expected tensor [batch, length, ...] without the rows of padding, [rows, columns].</summary>
    public Matrix Packed(string name)
    {
        StoredTensor tensor = this[name];
        int columns = tensor.Shape[^1];
        int[] rows = [.. Real()];
        return new Matrix(rows.Length, columns, [.. rows.SelectMany(row => tensor.Data[(row * columns)..((row + 1) * columns)])]);
    }

    private int[][] Sequences()
    {
        StoredTensor tokens = this["input.input_ids"];
        int length = tokens.Shape[1];
        return [.. Real().GroupBy(i => i / length).Select(sequence => sequence.Select(i => (int)tokens.Data[i]).ToArray())];
    }

    private IEnumerable<int> Real()
    {
        double[] valid = this["input.attention_mask"].Data;
        return Enumerable.Range(0, valid.Length).Where(i => valid[i] != 0);
    }

    private static JsonElement Document(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
}

using System.Text.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Oracle.Tests;

/// <summary>One reference case of the paper's model.</summary>
internal sealed class PaperFixture
{
    private readonly Dictionary<string, StoredTensor> _expected;

    private PaperFixture(string folder)
    {
        _expected = TensorFile.Read(Path.Combine(folder, "expected.safetensors"));
        string config = Path.Combine(folder, "config.json");
        Spec = ConfigFile.Read(config, File.ReadAllText(config), []).Spec! with { Options = new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true } };
        Parameters = OracleParameters.FromFile(Path.Combine(folder, "model.safetensors"));
        Case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
    }

    public ModelSpec Spec { get; }

    public OracleParameters Parameters { get; }

    public JsonElement Case { get; }

    /// <summary>Names of the expected tensors.</summary>
    public IEnumerable<string> Names => _expected.Keys;

    public StoredTensor this[string name] => _expected[name];

    /// <summary>The case of this name among the project's own fixtures.</summary>
    public static PaperFixture Read(string name) => new(Path.Combine(Repository.Fixtures, name));

    /// <summary>A batch of the case with one label row per row of the projected stack; see <see cref="TrainingBatch"/> for losses.</summary>
    /// <param name="input">Prefix of its tensors: input, or input2 for the second batch of training.</param>
    public OracleBatch Batch(string input = "input") => OracleBatch.Of(Sequences(input, "src"), Sequences(input, "tgt"));

    /// <summary>A batch whose label rows are those that count.</summary>
    public OracleBatch TrainingBatch(string input = "input")
    {
        StoredTensor labels = this[input + ".labels"];
        int?[] rows = [.. Real(input, Side).Select(i => labels.Data[i] < 0 ? (int?)null : (int)labels.Data[i])];
        return OracleBatch.Of(Sequences(input, "src"), Sequences(input, "tgt"), rows) with { Smoothing = Case.GetProperty("label_smoothing").GetDouble(), Training = true };
    }

    /// <summary>src or tgt: the side whose output is projected.</summary>
    public string Side => Spec.Decoder is null ? "src" : "tgt";

    /// <summary>An expected tensor [batch, length, ...] without the rows of padding, [rows, columns].</summary>
    public Matrix Packed(string name, string side)
    {
        StoredTensor tensor = this[name];
        int columns = tensor.Shape[^1];
        int[] rows = [.. Real("input", side)];
        return new Matrix(rows.Length, columns, [.. rows.SelectMany(row => tensor.Data[(row * columns)..((row + 1) * columns)])]);
    }

    private int[][] Sequences(string input, string side)
    {
        if (!_expected.TryGetValue($"{input}.{side}", out StoredTensor? tokens))
        {
            return [];
        }

        int length = tokens.Shape[1];
        return [.. Real(input, side).GroupBy(i => i / length).Select(sequence => sequence.Select(i => (int)tokens.Data[i]).ToArray())];
    }

    private IEnumerable<int> Real(string input, string side)
    {
        double[] valid = this[$"{input}.{side}_valid"].Data;
        return Enumerable.Range(0, valid.Length).Where(i => valid[i] != 0);
    }
}

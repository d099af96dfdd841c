using System.Reflection;
using System.Text.Json;
using TransformerGen.Testing;
using TransformerGen.Weights;

namespace TransformerGen.Conformance;

/// <summary>A folder with config.json, weights, and what a reference implementation computed from them.</summary>
internal sealed class ReferenceCase : IDisposable
{
    private ReferenceCase(string folder)
    {
        Folder = folder;
        Json = ReadJson(folder);
        Expected = SafeTensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The model's folder: the case's own, or of an adapter the base model's.</summary>
    public string ModelFolder => ModelOf(Folder, Json);

    /// <summary>Whether the folder holds an adapter, which the outputs are with and whose gradients alone are compared.</summary>
    public bool IsAdapter => Json.TryGetProperty("base", out _);

    /// <summary>case.json.</summary>
    public JsonElement Json { get; }

    /// <summary>expected.safetensors.</summary>
    public SafeTensorsFile Expected { get; }

    /// <summary>What was computed: causal, mlm, seq2seq, model ...; paper for this project's own.</summary>
    public string Kind => IsPaper ? "paper" : IsAdapter ? ReadJson(ModelFolder).GetProperty("kind").GetString()! : Json.GetProperty("kind").GetString()!;

    /// <summary>A case of this project's own model, whose inputs have names of their own.</summary>
    public bool IsPaper => ModelType == "transformer";

    /// <summary>model_type of config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>Whether the case's training run is compared, too.</summary>
    public bool WithTraining { get; private init; }

    /// <summary>Whether a folder is one that can be run: a case of a model, or of an adapter.</summary>
    public static bool IsCase(string folder) => File.Exists(Path.Combine(folder, "case.json")) && File.Exists(Path.Combine(ModelOf(folder, ReadJson(folder)), "config.json"));

    /// <summary>Generates, compiles, runs and compares one case.</summary>
    /// <param name="folder">The case's folder.</param>
    /// <param name="training">Whether to compare its training run, too.</param>
    public static Verdict Run(string folder, bool training = true)
    {
        string configText = File.ReadAllText(Path.Combine(ModelOf(folder, ReadJson(folder)), "config.json"));
        using JsonDocument config = JsonDocument.Parse(configText);
        string? type = config.RootElement.TryGetProperty("model_type", out JsonElement value) ? value.GetString() : null;
        if (type is null || !Generator.Families.Family.ModelTypes.Contains(type))
        {
            return new Verdict("UNSUPPORTED", $"model_type {type ?? "absent"}");
        }

        using var reference = new ReferenceCase(folder) { ModelType = type, WithTraining = training };
        var comparison = new Comparison();
        try
        {
            Invoke("Run", GeneratedModel.FromConfig(configText), reference, comparison);
            if (reference.Expected.Tensors.Keys.Any(n => n.Contains("attentions.", StringComparison.Ordinal) || n.Contains("hidden_states.", StringComparison.Ordinal)))
            {
                Type capturing = GeneratedModel.FromConfig(configText, "CaptureAttention = true, CaptureHiddenStates = true");
                Invoke("RunCaptures", capturing, reference, comparison);
            }

            comparison.RequireAll(reference.Expected.Tensors.Keys.Where(name => training || !name.StartsWith("trained.", StringComparison.Ordinal)));
        }
        catch (InvalidOperationException exception)
        {
            comparison.Fail("build", exception.Message.ReplaceLineEndings(" "));
        }

        return comparison.Verdict;
    }

    /// <summary>The error that plain PyTorch in float32 has on this case.</summary>
    public double Float32Error(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Json.TryGetProperty("float32_error", out JsonElement errors) && errors.TryGetProperty(name, out JsonElement error))
            {
                return error.GetDouble();
            }
        }

        return 0;
    }

    /// <summary>Whether a tensor is stored.</summary>
    public bool Has(string name) => Expected.Tensors.ContainsKey(name);

    /// <summary>What a sequence-to-sequence model's decoder reads to predict the labels: they, shifted behind the begin token. mBART puts the last of them first.</summary>
    public int[] DecoderInput(int[] labels, int begin) => [ModelType == "mbart" ? labels[^1] : begin, .. labels.AsSpan(0, labels.Length - 1)];

    /// <summary>A tensor of floats.</summary>
    public float[] Floats(string name)
    {
        var values = new float[Expected.Info(name).ElementCount];
        Expected.ReadFloats(name, values);
        return values;
    }

    /// <summary>A tensor of ids or masks, and its columns.</summary>
    public (int[] Values, int Columns) Ints(string name)
    {
        TensorInfo info = Expected.Info(name);
        var values = new long[info.ElementCount];
        Expected.ReadInt64s(name, values);
        return ([.. values.Select(v => (int)v)], (int)info.Shape[^1]);
    }

    /// <inheritdoc/>
    public void Dispose() => Expected.Dispose();

    private static JsonElement ReadJson(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;

    private static string ModelOf(string folder, JsonElement json) => json.TryGetProperty("base", out JsonElement model) ? Path.Combine(folder, model.GetString()!) : folder;

    private static void Invoke(string method, Type model, ReferenceCase reference, Comparison comparison)
    {
        Type runner = (method == "RunCaptures" ? typeof(CaptureRunner<>) : typeof(CaseRunner<>)).MakeGenericType(model);
        try
        {
            runner.GetMethod("Run")!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [reference, comparison], null);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or StackOverflowException))
        {
            comparison.Fail("run", exception.ToString().ReplaceLineEndings(" "));
        }
    }
}

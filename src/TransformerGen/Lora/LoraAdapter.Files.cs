using System.Text;
using TransformerGen.Model;
using TransformerGen.Weights;

namespace TransformerGen.Lora;

/// <summary>Adapters on disk, as PEFT keeps them: a folder with adapter_config.json and adapter_model.safetensors.</summary>
public sealed unsafe partial class LoraAdapter
{
    /// <summary>Name of the tensors in an adapter's folder.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>Name of the configuration in an adapter's folder.</summary>
    public const string ConfigName = "adapter_config.json";

    /// <summary>Reads an adapter that PEFT or <see cref="Save"/> has written; F32, F16, BF16 and F64 tensors are accepted. Everything is checked before anything is read.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <param name="model">The weights of the model that it is for.</param>
    /// <returns>The adapter, not merged.</returns>
    /// <exception cref="InvalidDataException">adapter_config.json is not sound, or asks for what is not supported; the message names the key.</exception>
    /// <exception cref="ModelMismatchException">The adapter does not fit the model; all tensors that are missing, unexpected or misshapen are listed.</exception>
    /// <exception cref="SafeTensorsException">The file is not a sound safetensors file.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static LoraAdapter Load(string folder, ModelWeights model)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        string config = Require(folder, ConfigName), file = Require(folder, WeightsName);
        LoraOptions options = LoraConfig.Read(config);
        LoraTarget[] targets;
        try
        {
            targets = LoraTarget.Of(model.Info, options);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{config}: {e.Message}", e);
        }

        using SafeTensorsFile tensors = SafeTensorsFile.Open(file);
        Match(file, tensors, model.Info, targets);
        var adapter = new LoraAdapter(model, options, targets);
        try
        {
            foreach (ParameterInfo parameter in adapter.Weights.Info.Parameters)
            {
                new StoredTensor(parameter, adapter.Weights.Values.Start).Load(tensors, parameter.Name);
            }

            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>Writes the adapter as PEFT's PeftModel.from_pretrained reads it. Each file is written beside its old self and renamed over it.</summary>
    /// <param name="folder">The folder; created when it is missing.</param>
    /// <param name="type">How elements are stored: F32 (exact), F16 or BF16.</param>
    /// <exception cref="ArgumentException"><paramref name="type"/> is none of the three.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The adapter is disposed.</exception>
    public void Save(string folder, TensorType type = TensorType.F32)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Weights.ThrowIfDisposed();
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
        {
            throw new ArgumentException($"Adapters cannot be stored as {type.HeaderName()}. Expected F32, F16 or BF16.", nameof(type));
        }

        var tensors = new List<TensorSource>();
        foreach (ParameterInfo parameter in Weights.Info.Parameters)
        {
            tensors.Add(TensorSource.Floats(parameter.Name, type, parameter.StoredShape, new StoredTensor(parameter, Weights.Values.Start).Read));
        }

        Directory.CreateDirectory(folder);
        SafeTensorsWriter.Write(Path.Combine(folder, WeightsName), tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => stream.Write(Encoding.UTF8.GetBytes(Weights.Info.ConfigJson)));
        GC.KeepAlive(Weights);
    }

    private static string Require(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The folder {folder} holds no adapter as PEFT saves it: there is no {name}. Expected {ConfigName} and {WeightsName}.", path);
    }

    private static void Match(string path, SafeTensorsFile file, ModelInfo info, LoraTarget[] targets)
    {
        var problems = new List<string>();
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (ParameterInfo parameter in targets.SelectMany(t => (ParameterInfo[])[t.A, t.B]))
        {
            own.Add(parameter.Name);
            if (!file.Tensors.TryGetValue(parameter.Name, out TensorInfo? tensor))
            {
                problems.Add($"{parameter.Name} is missing; expected {TensorInfo.Describe(parameter.StoredShape)}");
            }
            else if (!tensor.Shape.SequenceEqual(parameter.StoredShape))
            {
                problems.Add($"{parameter.Name} is {TensorInfo.Describe(tensor.Shape)}; expected {TensorInfo.Describe(parameter.StoredShape)}");
            }
            else if (!tensor.Type.ConvertsToFloat())
            {
                problems.Add($"{parameter.Name} is {tensor.Type.HeaderName()}; expected F32, F16, BF16 or F64");
            }
        }

        problems.AddRange(file.Tensors.Values
            .Where(tensor => !own.Contains(tensor.Name))
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor => $"{SafeTensorsException.Quote(tensor.Name)} {TensorInfo.Describe(tensor.Shape)} is unexpected; {ConfigName} adapts no such module"));
        if (problems.Count > 0)
        {
            throw new ModelMismatchException(path, info.Name, problems, $"The adapter belongs to another model, or to another {ConfigName}.");
        }
    }
}

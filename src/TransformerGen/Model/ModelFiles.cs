using System.Text;
using TransformerGen.Kernels;
using TransformerGen.Training;
using TransformerGen.Weights;

namespace TransformerGen.Model;

/// <summary>
/// Models on disk: a folder with <c>config.json</c> and <c>model.safetensors</c>, tensors by their checkpoint names, [Columns] for a vector and
/// [Rows, Columns] for a matrix.
/// </summary>
public static unsafe class ModelFiles
{
    /// <summary>Name of the weights in a model's folder.</summary>
    public const string WeightsName = "model.safetensors";

    /// <summary>Name of the configuration in a model's folder.</summary>
    public const string ConfigName = "config.json";

    private const float LargestHalf = 65504f;

    /// <summary>Writes a model to a folder. Each file is written beside its old self and renamed over it, so a crash leaves no half file; the weights come first, so that a new <c>config.json</c> never stands beside weights that are missing or old.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder; created when it is missing.</param>
    /// <param name="type">How elements are stored: F32 (exact), or F16 or BF16 (half the size, rounded to nearest).</param>
    /// <exception cref="ArgumentException"><paramref name="type"/> is none of the three, or a weight is too large for F16; the message names it.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static void Save<TModel>(this TModel model, string folder, TensorType type = TensorType.F32)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
        {
            throw new ArgumentException($"Weights cannot be stored as {type.HeaderName()}. Expected F32, F16 or BF16.", nameof(type));
        }

        ModelWeights weights = model.Weights;
        weights.ThrowIfDisposed();
        if (type == TensorType.F16)
        {
            RequireHalfRange(weights);
        }

        var tensors = new List<TensorSource>(weights.Info.Parameters.Count);
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            tensors.Add(TensorSource.Rows(parameter.Name, type, parameter.Shape(), weights.Values.Start + parameter.Offset, parameter.Stride));
        }

        Directory.CreateDirectory(folder);
        SafeTensorsWriter.Write(Path.Combine(folder, WeightsName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => stream.Write(Encoding.UTF8.GetBytes(weights.Info.ConfigJson.TrimEnd() + "\n")));
        GC.KeepAlive(weights);
    }

    /// <summary>Reads a model; F32, F16, BF16 and F64 tensors are accepted. Everything is checked before anything is read.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="path">A model's folder, or a .safetensors file; a config.json beside the weights is compared with the one the class was compiled from.</param>
    /// <param name="team">Who derives the packed panels; null is the caller's thread alone.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen, or the config.json differs; all of it is listed.</exception>
    /// <exception cref="SafeTensorsException">The file is not a sound safetensors file.</exception>
    /// <exception cref="FileNotFoundException">There are no weights; the message says where they were looked for.</exception>
    public static TModel Load<TModel>(string path, Team? team = null)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        string file = Find(path);
        using SafeTensorsFile tensors = SafeTensorsFile.Open(file);
        List<string> problems = Compare(info, file, tensors);
        if (problems.Count > 0)
        {
            throw new ModelMismatchException(file, info.Name, problems);
        }

        var weights = new ModelWeights(info, static (weights, team) => TModel.Pack(weights, team));
        foreach (ParameterInfo parameter in info.Parameters)
        {
            tensors.ReadRows(parameter.Name, weights.Values.Start + parameter.Offset, parameter.Stride);
        }

        weights.Pack(team ?? Team.Alone);
        return TModel.Wrap(weights);
    }

    /// <summary>Whether <see cref="Load{TModel}"/> would accept a model; only headers are read.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="path">A model's folder, or a .safetensors file.</param>
    /// <param name="reasons">What differs, when it would not; empty otherwise.</param>
    public static bool IsCompatible<TModel>(string path, out IReadOnlyList<string> reasons)
        where TModel : class, ITransformer<TModel>
    {
        try
        {
            string file = Find(path);
            using SafeTensorsFile tensors = SafeTensorsFile.Open(file);
            reasons = Compare(TModel.Info, file, tensors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reasons = [e.Message];
        }

        return reasons.Count == 0;
    }

    private static string Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? Path.Combine(path, WeightsName) : path;
        return File.Exists(file)
            ? file
            : throw new FileNotFoundException($"There are no weights at {file}. Expected a folder that holds {WeightsName}, or the path of a .safetensors file.", file);
    }

    private static List<string> Compare(ModelInfo info, string file, SafeTensorsFile tensors)
    {
        var problems = new List<string>();
        string config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, ConfigName);
        if (File.Exists(config))
        {
            ConfigComparison.Compare(File.ReadAllBytes(config), info.ConfigJson, problems);
        }

        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (ParameterInfo parameter in info.Parameters)
        {
            expected.Add(parameter.Name);
            long[] shape = parameter.Shape();
            if (!tensors.Tensors.TryGetValue(parameter.Name, out TensorInfo? found))
            {
                problems.Add($"{parameter.Name} is missing; expected {TensorInfo.Describe(shape)}");
            }
            else if (!found.Shape.SequenceEqual(shape))
            {
                problems.Add($"{parameter.Name} is {TensorInfo.Describe(found.Shape)}; expected {TensorInfo.Describe(shape)}");
            }
            else if (!found.Type.ConvertsToFloat())
            {
                problems.Add($"{parameter.Name} is stored as {found.Type.HeaderName()}; expected F32, F16, BF16 or F64");
            }
        }

        foreach (TensorInfo found in tensors.Tensors.Values.Where(tensor => !expected.Contains(tensor.Name) && !Checkpoint.Holds(tensors, tensor.Name)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            problems.Add($"{found.Name} {TensorInfo.Describe(found.Shape)} is unexpected; the class has no such tensor");
        }

        return problems;
    }

    private static void RequireHalfRange(ModelWeights weights)
    {
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            TensorView view = weights.View(parameter.Name);
            for (int row = 0; row < parameter.Rows; row++)
            {
                foreach (float element in view.Row(row))
                {
                    if (MathF.Abs(element) > LargestHalf)
                    {
                        throw new ArgumentException($"{parameter.Name} holds {element}, which F16 cannot (at most ±{LargestHalf}). Store the model as BF16 or F32.");
                    }
                }
            }
        }
    }
}

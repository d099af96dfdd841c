using System.Text;
using TransformerGen.Kernels;
using TransformerGen.Training;
using TransformerGen.Weights;

namespace TransformerGen.Model;

/// <summary>
/// Models on disk, as Hugging Face keeps them: a folder with <c>config.json</c> and <c>model.safetensors</c> (or shards of it and their index), tensors by
/// their checkpoint names in the checkpoint's shapes.
/// </summary>
public static unsafe class ModelFiles
{
    /// <summary>Name of the weights in a model's folder.</summary>
    public const string WeightsName = SafeTensorsShards.WeightsName;

    /// <summary>Name of the configuration in a model's folder.</summary>
    public const string ConfigName = "config.json";

    private const float LargestHalf = 65504f;

    /// <summary>Writes a model to a folder. Each file is written beside its old self and renamed over it, so a crash leaves no half file; the weights come first, so that a new <c>config.json</c> never stands beside weights that are missing or old.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder; created when it is missing.</param>
    /// <param name="type">How elements are stored: F32 (exact), or F16 or BF16 (half the size, rounded to nearest).</param>
    /// <param name="maxShardBytes">Most bytes of weights in one file; more become shards and an index, as transformers writes and reads them.</param>
    /// <exception cref="ArgumentException"><paramref name="type"/> is none of the three, or a weight is too large for F16; the message names it.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static void Save<TModel>(this TModel model, string folder, TensorType type = TensorType.F32, long maxShardBytes = SafeTensorsShards.DefaultShardBytes)
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
            tensors.Add(TensorSource.Floats(parameter.Name, type, parameter.StoredShape, new StoredTensor(parameter, weights.Values.Start).Read));
        }

        SafeTensorsShards.Write(folder, tensors, maxShardBytes);
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => stream.Write(Encoding.UTF8.GetBytes(weights.Info.ConfigJson.TrimEnd() + "\n")));
        GC.KeepAlive(weights);
    }

    /// <summary>
    /// Reads a model; F32, F16, BF16 and F64 tensors are accepted. Everything is checked before anything is read, and read straight from the mapped file into
    /// its place.
    /// </summary>
    /// <remarks>
    /// Names are accepted with and without <see cref="ModelInfo.BaseModelPrefix"/>, tied tensors under any of their names (under several when they agree to the
    /// bit), and what <see cref="ModelInfo.IgnoredTensors"/> names is passed by, as are heads where the class is a bare model.
    /// </remarks>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="path">A model's folder (<c>model.safetensors</c>, or an index and its shards), an index, or a .safetensors file; a config.json beside the weights is compared with the one the class was compiled from.</param>
    /// <param name="team">Who derives the packed panels; null is the caller's thread alone.</param>
    /// <param name="options">What a checkpoint may lack; null is nothing.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen, or the config.json differs; all of it is listed.</exception>
    /// <exception cref="SafeTensorsException">A file is not a sound safetensors file, or shards do not fit together.</exception>
    /// <exception cref="FileNotFoundException">There are no weights; the message says where they were looked for.</exception>
    public static TModel Load<TModel>(string path, Team? team = null, LoadOptions? options = null)
        where TModel : class, ITransformer<TModel>
    {
        using TensorReader tensors = TensorReader.Open(path);
        return Load<TModel>(tensors, CompareConfig(path, TModel.Info), team, options);
    }

    /// <summary>Reads a model from a stream that holds a safetensors file, up to its end, where there is no file to map: in a browser. The stream need not be seekable and stays open.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="team">Who derives the packed panels; null is the caller's thread alone.</param>
    /// <param name="options">What a checkpoint may lack; null is nothing.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of it is listed.</exception>
    /// <exception cref="SafeTensorsException">The bytes are not a sound safetensors file.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public static TModel Load<TModel>(Stream stream, Team? team = null, LoadOptions? options = null)
        where TModel : class, ITransformer<TModel>
    {
        using SafeTensorsFile tensors = SafeTensorsFile.Read(stream);
        return Load<TModel>(tensors, [], team, options);
    }

    /// <summary>Reads a model from a safetensors file that is in memory.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="memory">The whole file; not needed any more afterwards.</param>
    /// <param name="team">Who derives the packed panels; null is the caller's thread alone.</param>
    /// <param name="options">What a checkpoint may lack; null is nothing.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of it is listed.</exception>
    /// <exception cref="SafeTensorsException">The bytes are not a sound safetensors file.</exception>
    public static TModel Load<TModel>(ReadOnlyMemory<byte> memory, Team? team = null, LoadOptions? options = null)
        where TModel : class, ITransformer<TModel>
    {
        using SafeTensorsFile tensors = SafeTensorsFile.FromMemory(memory);
        return Load<TModel>(tensors, [], team, options);
    }

    /// <summary>Reads a model from tensors that somebody else has opened, such as shards that are fetched one by one (<see cref="ShardedTensors"/>).</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="tensors">The tensors; they stay open.</param>
    /// <param name="team">Who derives the packed panels; null is the caller's thread alone.</param>
    /// <param name="options">What a checkpoint may lack; null is nothing.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of it is listed.</exception>
    public static TModel Load<TModel>(TensorReader tensors, Team? team = null, LoadOptions? options = null)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return Load<TModel>(tensors, [], team, options);
    }

    /// <summary>Whether <see cref="Load{TModel}(string, Team?, LoadOptions?)"/> would accept a model. Only headers are read, and tied tensors that are stored twice.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="path">As there.</param>
    /// <param name="reasons">What differs, when it would not; empty otherwise.</param>
    /// <param name="options">As there.</param>
    public static bool IsCompatible<TModel>(string path, out IReadOnlyList<string> reasons, LoadOptions? options = null)
        where TModel : class, ITransformer<TModel>
    {
        try
        {
            using TensorReader tensors = TensorReader.Open(path);
            reasons = [.. CompareConfig(path, TModel.Info), .. TensorMatch.Of(TModel.Info, tensors, options).Problems];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reasons = [e.Message];
        }

        return reasons.Count == 0;
    }

    private static TModel Load<TModel>(TensorReader tensors, List<string> problems, Team? team, LoadOptions? options)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        TensorMatch match = TensorMatch.Of(info, tensors, options);
        problems.AddRange(match.Problems);
        if (problems.Count > 0)
        {
            throw new ModelMismatchException(tensors.Source, info.Name, problems, match.Advice);
        }

        var weights = new ModelWeights(info, TModel.Pack);
        try
        {
            foreach ((ParameterInfo parameter, string? stored) in match.Pairs)
            {
                if (stored is null)
                {
                    WeightInitializer.Fill(weights, parameter, options?.Seed ?? 0);
                }
                else
                {
                    new StoredTensor(parameter, weights.Values.Start).Load(tensors, stored);
                }
            }

            weights.Pack(team ?? Team.Alone);
            return TModel.Wrap(weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static List<string> CompareConfig(string path, ModelInfo info)
    {
        var problems = new List<string>();
        string config = Path.Combine(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!, ConfigName);
        if (File.Exists(config))
        {
            ConfigComparison.Compare(File.ReadAllBytes(config), info.ConfigJson, problems);
        }

        return problems;
    }

    private static void RequireHalfRange(ModelWeights weights)
    {
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            StoredTensor tensor = weights.View(parameter.Name).Stored();
            tensor.Chunks((first, chunk) =>
            {
                tensor.Read(first, chunk);
                foreach (float element in chunk)
                {
                    if (MathF.Abs(element) > LargestHalf)
                    {
                        throw new ArgumentException($"{parameter.Name} holds {element}, which F16 cannot (at most ±{LargestHalf}). Store the model as BF16 or F32.");
                    }
                }
            });
        }
    }
}

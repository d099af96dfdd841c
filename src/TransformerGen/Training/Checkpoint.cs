using System.Globalization;
using System.Text;
using TransformerGen.Model;
using TransformerGen.Weights;

namespace TransformerGen.Training;

/// <summary>
/// The file of a checkpoint, one safetensors file: the weights under their own names (so that it loads as a model, too), the moments as
/// optimizer.m.NAME and optimizer.v.NAME, trainer.state as I64 [steps, epoch, batch], and the options as text in the metadata.
/// </summary>
internal static unsafe class Checkpoint
{
    private const string Format = "transformergen-checkpoint-1";
    private const string FirstPrefix = "optimizer.m.", SecondPrefix = "optimizer.v.", StateName = "trainer.state", OptionPrefix = "option: ";

    /// <summary>What a run is beside weights and moments.</summary>
    public readonly record struct State(long Steps, DataPosition Position);

    /// <summary>Whether a tensor is one that a checkpoint holds beside the weights, so that whoever wants the weights alone can pass it by.</summary>
    public static bool Holds(TensorReader file, string name) =>
        file.Metadata.GetValueOrDefault("checkpoint") == Format
        && (name == StateName || name.StartsWith(FirstPrefix, StringComparison.Ordinal) || name.StartsWith(SecondPrefix, StringComparison.Ordinal));

    public static void Write(string path, ModelWeights weights, OptimizerState optimizer, TrainerOptions options, State state)
    {
        var tensors = new List<TensorSource>();
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            tensors.Add(Source(parameter.Name, parameter, weights.Values));
            if (!parameter.IsBuffer && optimizer.First is { } first)
            {
                tensors.Add(Source(FirstPrefix + parameter.Name, parameter, first));
            }

            if (!parameter.IsBuffer && optimizer.Second is { } second)
            {
                tensors.Add(Source(SecondPrefix + parameter.Name, parameter, second));
            }
        }

        tensors.Add(TensorSource.Int64s(StateName, [3], new long[] { state.Steps, state.Position.Epoch, state.Position.Batch }));
        var metadata = options.Describe(weights.Info).ToDictionary(o => OptionPrefix + o.Key, o => o.Value, StringComparer.Ordinal);
        metadata["format"] = "pt";
        metadata["checkpoint"] = Format;
        metadata["config"] = weights.Info.ConfigJson;
        SafeTensorsWriter.Write(path, tensors, metadata);
        GC.KeepAlive(weights);
        GC.KeepAlive(optimizer);
    }

    /// <summary>Everything is checked before anything is written.</summary>
    public static State Read(string path, ModelWeights weights, OptimizerState optimizer, TrainerOptions options, bool allowChangedOptions)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("checkpoint", out string? format) || format != Format)
        {
            throw new InvalidDataException($"{path} is no checkpoint of this kind (its metadata says '{format ?? "nothing"}', expected '{Format}'). A file of weights alone cannot be resumed; load it and begin to train anew.");
        }

        CheckModel(path, file, weights.Info);
        CheckOptions(path, file, options.Describe(weights.Info), allowChangedOptions);
        var parts = new List<(string Name, ParameterInfo Parameter, NativeBuffer Buffer)>();
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            parts.Add((parameter.Name, parameter, weights.Values));
            if (!parameter.IsBuffer && optimizer.First is { } first)
            {
                parts.Add((FirstPrefix + parameter.Name, parameter, first));
            }

            if (!parameter.IsBuffer && optimizer.Second is { } second)
            {
                parts.Add((SecondPrefix + parameter.Name, parameter, second));
            }
        }

        foreach ((string name, ParameterInfo parameter, _) in parts)
        {
            TensorInfo tensor = file.Info(name);
            if (tensor.Type != TensorType.F32 || !tensor.Shape.SequenceEqual(parameter.StoredShape))
            {
                throw new InvalidDataException($"{path}: {tensor} does not fit; {weights.Info.Name} has {name} F32 {TensorInfo.Describe(parameter.StoredShape)}. The checkpoint belongs to another model.");
            }
        }

        var state = new long[3];
        file.ReadInt64s(StateName, state);
        if (state[0] < 0 || state[1] is < 0 or > int.MaxValue || state[2] is < 0 or > int.MaxValue)
        {
            throw new InvalidDataException($"{path}: {StateName} holds [{string.Join(", ", state)}], which is no number of steps, epoch and batch.");
        }

        foreach ((string name, ParameterInfo parameter, NativeBuffer buffer) in parts)
        {
            new StoredTensor(parameter, buffer.Start).Load(file, name);
        }

        optimizer.FindTouched();
        return new State(state[0], new DataPosition((int)state[1], (int)state[2]));
    }

    private static TensorSource Source(string name, ParameterInfo parameter, NativeBuffer buffer) =>
        TensorSource.Floats(name, TensorType.F32, parameter.StoredShape, new StoredTensor(parameter, buffer.Start).Read);

    /// <summary>Tensors of equal shape can belong to another model: one with other heads, norms or activation.</summary>
    private static void CheckModel(string path, SafeTensorsFile file, ModelInfo info)
    {
        var problems = new List<string>();
        ConfigComparison.Compare(Encoding.UTF8.GetBytes(file.Metadata.GetValueOrDefault("config") ?? "{}"), info.ConfigJson, problems);
        if (problems.Count > 0)
        {
            throw new InvalidDataException($"{path} is a checkpoint of another model than {info.Name}: {string.Join("; ", problems)}.");
        }
    }

    private static void CheckOptions(string path, SafeTensorsFile file, Dictionary<string, string> options, bool allowChangedOptions)
    {
        foreach ((string name, string value) in options)
        {
            string? saved = file.Metadata.GetValueOrDefault(OptionPrefix + name);
            if (saved != value && !allowChangedOptions)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path} was saved with another {name}: '{saved ?? "none"}' there, '{value}' here. Resume with the same options to go on to the last bit, or pass allowChangedOptions: true."));
            }
        }
    }
}

using TransformerGen.Model;
using TransformerGen.Weights;

namespace TransformerGen.Lora;

/// <summary>One adapted weight W [out, in]: W + scale · B·A, with A [r, in] and B [out, r]. Rows are those that memory holds, in whatever order the checkpoint stores them.</summary>
/// <param name="Weight">W, in the model.</param>
/// <param name="A">A, in the adapter.</param>
/// <param name="B">B, in the adapter; its rows are held in the order of W's.</param>
/// <param name="Scale">α / r, or α / √r.</param>
/// <param name="Kept">First float of W as it was, in the adapter's copies.</param>
internal sealed record LoraTarget(ParameterInfo Weight, ParameterInfo A, ParameterInfo B, float Scale, long Kept)
{
    private const string WeightSuffix = ".weight", Prefix = "base_model.model.";

    /// <summary>r.</summary>
    public int Rank => A.Rows;

    /// <summary>Floats of W, padding included.</summary>
    public int Floats => Weight.Rows * Weight.Stride;

    /// <summary>Finds what the options adapt and lays the adapter's tensors out.</summary>
    /// <exception cref="ArgumentException">A target names no projection of the model, or nothing is adapted.</exception>
    public static LoraTarget[] Of(ModelInfo info, LoraOptions options)
    {
        options.Validate();
        var targets = new List<LoraTarget>();
        var named = new HashSet<string>(StringComparer.Ordinal);
        long floats = 0, kept = 0;
        foreach (ParameterInfo weight in info.Parameters.Where(p => p.Rank == 2 && p.Name.EndsWith(WeightSuffix, StringComparison.Ordinal)))
        {
            string module = weight.Name[..^WeightSuffix.Length];
            if (!options.Targets(module))
            {
                continue;
            }

            named.UnionWith(options.TargetModules.Where(target => LoraOptions.Ends(module, target)));
            Require(weight, nameof(options));
            int rank = options.RankOf(module);
            var a = new ParameterInfo(Prefix + module + ".lora_A.weight", rank, weight.Columns, 2, Place(rank, weight.Stride), weight.Stride, Initialization.KaimingUniform);
            var layout = weight.Layout.Groups > 0 ? new TensorLayout { Groups = weight.Layout.Groups, Parts = weight.Layout.Parts } : TensorLayout.Plain;
            var b = new ParameterInfo(Prefix + module + ".lora_B.weight", weight.Rows, rank, 2, Place(weight.Rows, Padding.RoundUp(rank)), Padding.RoundUp(rank), Initialization.Zeros) { Layout = layout };
            targets.Add(new LoraTarget(weight, a, b, (float)options.ScaleOf(module), kept));
            kept += (long)weight.Rows * weight.Stride;
        }

        string[] strange = [.. options.TargetModules.Where(target => !named.Contains(target))];
        if (strange.Length > 0 || targets.Count == 0)
        {
            string what = strange.Length > 0 ? string.Join(", ", strange.Select(SafeTensorsException.Quote)) : $"the pattern {SafeTensorsException.Quote(options.TargetPattern!)}";
            throw new ArgumentException($"{info.Name} has no module of {what}, which target_modules names. Its projections are called {string.Join(", ", Projections(info))}.", nameof(options));
        }

        return [.. targets];

        int Place(int rows, int stride)
        {
            long place = floats;
            floats += (long)rows * stride;
            return floats <= int.MaxValue ? (int)place : throw new ArgumentException($"The adapter has more than {int.MaxValue} parameters. Lower the rank.", nameof(options));
        }
    }

    /// <summary>The adapter's tensors as a model of their own, so that it is initialised, trained and saved like one.</summary>
    public static ModelInfo Describe(ModelInfo model, LoraTarget[] targets, string config) => model with
    {
        Name = model.Name + "'s adapter",
        ConfigJson = config,
        BaseModelPrefix = "",
        IgnoredTensors = [],
        Parameters = [.. targets.SelectMany(t => (ParameterInfo[])[t.A, t.B])],
        ValueFloats = targets[^1].B.Offset + (targets[^1].B.Rows * targets[^1].B.Stride),
        PanelFloats = 0,
        TrainingPanelFloats = 0,
    };

    private static void Require(ParameterInfo weight, string options)
    {
        if (!weight.IsProjection)
        {
            throw new ArgumentException($"{weight.Name} is no projection alone: its rows are looked up (an embedding, tied to the output or not). Only weights of linear layers are adapted.", options);
        }

        if (weight.Layout.Experts > 0)
        {
            throw new ArgumentException($"{weight.Name} holds {weight.Layout.Experts} experts in one tensor; only modules with a matrix of their own are adapted.", options);
        }
    }

    /// <summary>Last parts of the names of what can be adapted, for messages.</summary>
    private static IEnumerable<string> Projections(ModelInfo info) => info.Parameters
        .Where(p => p.IsProjection && p.Layout.Experts == 0 && p.Name.EndsWith(WeightSuffix, StringComparison.Ordinal))
        .Select(p => p.Name[..^WeightSuffix.Length].Split('.')[^1])
        .Distinct(StringComparer.Ordinal);
}

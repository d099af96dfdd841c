using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Tests.Model;

/// <summary>A model without mathematics whose tensors are stored in every layout there is; <typeparamref name="TWhat"/> says which tensors it has and how they are called.</summary>
internal sealed class LayoutModel<TWhat>(ModelWeights weights) : ITransformer<LayoutModel<TWhat>>
    where TWhat : ILayoutModel
{
    public static ModelInfo Info { get; } = TWhat.Info();

    public ModelWeights Weights => weights;

    public static LayoutModel<TWhat> Create() => new(new ModelWeights(Info, Pack));

    public static LayoutModel<TWhat> Wrap(ModelWeights weights) => new(weights);

    public static void Pack(ModelWeights weights, int first, int limit)
    {
    }

    public static void Encode(Workspace workspace) => throw new NotSupportedException("There is no encoder.");

    public static void Decode(Workspace workspace) => throw new NotSupportedException("There is no decoder.");

    public static double Loss(Workspace workspace) => throw new NotSupportedException("There is no loss.");
}

internal interface ILayoutModel
{
    static abstract ModelInfo Info();
}

/// <summary>Puts tensors into a flat buffer, one parameter each.</summary>
internal static class LayoutInfo
{
    public static ModelInfo Of(string prefix, string[] ignored, params (string Name, int Rows, int Columns, TensorLayout Layout, bool IsHead, string[] Aliases)[] tensors)
    {
        var parameters = new List<ParameterInfo>();
        int offset = 0;
        foreach ((string name, int rows, int columns, TensorLayout layout, bool isHead, string[] aliases) in tensors)
        {
            int stride = (columns + 15) & ~15, rank = rows == 0 ? 1 : 2;
            parameters.Add(new ParameterInfo(name, Math.Max(1, rows), columns, rank, offset, stride, Initialization.Normal, 1f) { Layout = layout, IsHead = isHead, Aliases = aliases });
            offset += Math.Max(1, rows) * stride;
        }

        return new ModelInfo
        {
            Name = "Layouts",
            ModelType = "layouts",
            ConfigJson = "{}",
            Vocabulary = 1,
            Width = 1,
            MaxLength = 1,
            PadId = 0,
            BeginId = 0,
            EndIds = [0],
            HasEncoder = false,
            HasDecoder = true,
            HasBatchNorm = false,
            Dropout = 0,
            ValueFloats = offset,
            PanelFloats = 0,
            TrainingPanelFloats = 0,
            SelfCacheLayers = [],
            CrossCacheFloats = 0,
            BaseModelPrefix = prefix,
            IgnoredTensors = ignored,
            Parameters = parameters,
        };
    }

    /// <summary>A matrix, or with no rows a vector.</summary>
    public static (string, int, int, TensorLayout, bool, string[]) Tensor(string name, int rows, int columns, TensorLayout? layout = null, bool isHead = false, params string[] aliases) =>
        (name, rows, columns, layout ?? TensorLayout.Plain, isHead, aliases);
}

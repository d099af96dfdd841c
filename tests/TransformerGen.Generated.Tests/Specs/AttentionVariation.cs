using CsCheck;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>What the paper's attention does not have: drawn at random and put into every attention of a model that can have it.</summary>
/// <param name="KeyHeads">Which divisor of the heads.</param>
/// <param name="Scale">Factor of 1 / √K.</param>
/// <param name="SoftCap">0 for none.</param>
/// <param name="Bias">By distance, in self-attentions whose keys are neighbours.</param>
/// <param name="Buckets">Rows of a bias's table.</param>
/// <param name="MaxDistance">From here on all distances share a bucket.</param>
/// <param name="Dropout">Of probabilities whose keys are neighbours.</param>
internal sealed record AttentionVariation(int KeyHeads, float Scale, float SoftCap, BiasKind Bias, int Buckets, int MaxDistance, float Dropout)
{
    public static Gen<AttentionVariation> Any { get; } =
        from keyHeads in Gen.Int[0, 4]
        from scale in Gen.OneOfConst(1f, 0.7f)
        from softCap in Gen.OneOfConst(0f, 0f, 2f)
        from bias in Gen.Enum<BiasKind>()
        from buckets in Gen.OneOfConst(4, 8, 32)
        from distance in Gen.Int[20, 70]
        from dropout in Gen.OneOfConst(0f, 0f, 0.1f, 0.25f)
        select new AttentionVariation(keyHeads, scale, softCap, bias, buckets, distance, dropout);

    /// <summary>The model with these attentions; layers of a stack share the table of their bias.</summary>
    public ModelSpec Apply(ModelSpec model) => model with { Encoder = Apply(model.Encoder), Decoder = Apply(model.Decoder) };

    private StackSpec? Apply(StackSpec? stack) => stack is null ? null : stack with
    {
        Layers = new EquatableList<LayerSpec>(stack.Layers.Select(layer => new LayerSpec(new EquatableList<ResidualSpec>(layer.Residuals.Select(residual => residual with
        {
            Branches = new EquatableList<BranchSpec>(residual.Branches.Select(branch => branch.Function is AttentionSpec attention ? branch with { Function = Apply(stack, attention) } : branch)),
        }))))),
    };

    private AttentionSpec Apply(StackSpec stack, AttentionSpec attention)
    {
        int[] divisors = [.. Enumerable.Range(1, attention.Heads).Where(d => attention.Heads % d == 0)];
        int keyHeads = divisors[KeyHeads % divisors.Length], width = keyHeads * attention.HeadWidth;
        bool isSelf = attention.Source == AttentionSource.Self, neighbours = attention.Pattern.Kind is not (PatternKind.Dilated or PatternKind.Strided);
        return attention with
        {
            KeyHeads = keyHeads,
            Query = isSelf ? Narrow(attention.Query, 1, width) : attention.Query,
            KeyValue = attention.KeyValue is { } keyValue ? Narrow(keyValue, 0, width) : null,
            Scale = Scale * attention.Scale,
            SoftCap = SoftCap,
            Bias = !isSelf || !neighbours || Bias == BiasKind.None ? BiasSpec.None
                : Bias == BiasKind.Linear ? new BiasSpec(BiasKind.Linear) { Scale = Scale }
                : new BiasSpec(BiasKind.Distance, stack.Name + ".relative_bias", Buckets, MaxDistance, !attention.Causal),
            Dropout = neighbours ? Dropout : 0f,
        };
    }

    private static ProjectionSpec Narrow(ProjectionSpec projection, int from, int rows)
    {
        EquatableList<TensorSpec> Narrow(EquatableList<TensorSpec> tensors) => new(tensors.Select((tensor, i) => i < from ? tensor : tensor with { Rows = rows }));
        return new ProjectionSpec(Narrow(projection.Weights), projection.Biases is { } biases ? Narrow(biases) : null);
    }
}

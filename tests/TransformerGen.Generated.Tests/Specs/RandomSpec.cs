using CsCheck;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>A model and a batch for it, all drawn at random.</summary>
/// <param name="Config">The model.</param>
/// <param name="Sources">Tokens of each source; for a decoder alone as many lengths, unused.</param>
/// <param name="Targets">Tokens of each target.</param>
/// <param name="Smoothing">ε of label smoothing.</param>
/// <param name="Seed">Of parameters, tokens, labels and dropout.</param>
/// <param name="Variation">What the attentions have beyond the paper; null for none.</param>
internal sealed record RandomSpec(PaperConfig Config, IReadOnlyList<int> Sources, IReadOnlyList<int> Targets, float Smoothing, int Seed, AttentionVariation? Variation = null)
{
    private const int MaxLength = 64;

    // Mostly widths that no tile divides; odd ones only with learned positions.
    private static readonly int[] s_widths = [6, 10, 16, 20, 24, 34, 48, 50, 66], s_oddWidths = [7, 13, 33];

    /// <summary>Small models, short and long sequences.</summary>
    public static Gen<RandomSpec> Small { get; } = Draw(Gen.Frequency((5, Gen.OneOfConst(s_widths)), (1, Gen.OneOfConst(s_oddWidths))), Gen.Int[1, 70], Gen.Int[1, 3]);

    /// <summary>Models and batches that are worth more than one thread.</summary>
    public static Gen<RandomSpec> Wide { get; } = Draw(Gen.OneOfConst(98, 130), Gen.Int[130, 260], Gen.Const(4)).Select(spec => spec with
    {
        Sources = [.. spec.Sources.Select(length => Math.Max(length, 40))],
        Targets = [.. spec.Targets.Select(length => Math.Max(length, 40))],
    });

    /// <summary>The model.</summary>
    public ModelSpec Model() => Variation is null ? PaperFamily.Build(Config) : Variation.Apply(PaperFamily.Build(Config));

    /// <summary>The same without the paper's names.</summary>
    public SpecCase Case() => new($"{Config} {Variation}", Model(), Sources, Targets, Smoothing, Seed);

    public override string ToString() => Case().ToString();

    private static Gen<RandomSpec> Draw(Gen<int> widths, Gen<int> feedForwards, Gen<int> sequences) =>
        from architecture in Gen.OneOfConst(PaperArchitecture.EncoderDecoder, PaperArchitecture.EncoderDecoder, PaperArchitecture.Encoder, PaperArchitecture.Decoder)
        from width in widths
        from heads in Gen.OneOfConst([.. Enumerable.Range(1, 5).Where(h => width % h == 0)])
        from headDim in Gen.Frequency((2, Gen.Const(0)), (1, Gen.OneOfConst(3, 5, 8, 12, 17, 20)))
        from layers in Gen.Select(Gen.Int[1, 2], Gen.Int[1, 2])
        from feedForward in feedForwards
        from vocab in Gen.Int[3, 40]
        from choices in Gen.Select(
            Gen.OneOfConst(NormKind.Layer, NormKind.Batch), Gen.Enum<Generator.Families.NormPlacement>(), Gen.OneOfConst(ActivationKind.Relu, ActivationKind.Gelu), Gen.Frequency((3, Gen.Const(ScoreKind.DotProduct)), (1, Gen.Const(ScoreKind.Additive))))
        from positions in width % 2 != 0 ? Gen.Const(PositionKind.Learned) : Gen.OneOfConst(PositionKind.Sinusoidal, PositionKind.SinusoidalHalf, PositionKind.Learned)
        from pattern in Gen.Enum<PatternKind>()
        from numbers in Gen.Select(Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[1, 3], Gen.Int[2, 7], Gen.Int[1, 6])
        from flags in Gen.Select(Gen.Bool, Gen.Bool, Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false))))
        from dropout in Gen.OneOfConst(0, 0.1, 0.3)
        from smoothing in Gen.OneOfConst(0f, 0.1f)
        from count in sequences
        from sources in Lengths(choices.Item1).Array[count]
        from targets in Lengths(choices.Item1).Array[count]
        from seed in Gen.Int[0, int.MaxValue - 1]
        from varies in Gen.Bool
        from variation in AttentionVariation.Any
        select new RandomSpec(
            new PaperConfig
            {
                Architecture = architecture,
                DModel = width,
                Heads = heads,
                HeadDim = headDim,
                EncoderLayers = layers.Item1,
                DecoderLayers = layers.Item2,
                FeedForward = feedForward,
                Vocab = (2 * vocab) + 1,
                MaxLength = MaxLength,
                Norm = choices.Item1,
                NormPlacement = choices.Item2,
                NormEpsilon = 1e-3,
                Activation = choices.Item3,
                Attention = choices.Item4,
                Positions = positions,
                Pattern = pattern,
                Window = numbers.Item1,
                Dilation = numbers.Item2,
                DilationGrowth = numbers.Item3,
                GlobalTokens = numbers.Item4,
                Stride = numbers.Item5,
                TopK = numbers.Item6,
                ScaleEmbeddings = flags.Item1,
                ShareEmbeddings = flags.Item2,
                Bias = flags.Item3,
                Dropout = dropout,
            },
            sources,
            targets,
            smoothing,
            seed,
            varies ? variation : null);

    // Batch norm over a handful of rows amplifies rounding without bound.
    private static Gen<int> Lengths(NormKind norm) =>
        norm == NormKind.Batch ? Gen.Int[12, MaxLength] : Gen.Frequency((1, Gen.Const(1)), (3, Gen.Int[1, 9]), (2, Gen.Int[1, MaxLength]));
}

using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;

namespace TransformerGen.Oracle.Tests;

/// <summary>A small model with every choice drawn from a seed, and batches for it.</summary>
internal static class RandomModel
{
    public const int Seeds = 48;

    /// <summary>The model of a configuration, with everything captured.</summary>
    public static ModelSpec ToSpec(this PaperConfig config) =>
        PaperFamily.Build(config) with { Options = new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true } };

    public static PaperConfig Config(int seed)
    {
        var random = new Random(seed);
        T One<T>(params T[] choices) => choices[random.Next(choices.Length)];
        return new PaperConfig
        {
            Architecture = One(PaperArchitecture.EncoderDecoder, PaperArchitecture.EncoderDecoder, PaperArchitecture.Encoder, PaperArchitecture.Decoder),
            DModel = 6,
            Heads = One(1, 2, 3),
            HeadDim = One(0, 0, 3),
            EncoderLayers = One(1, 2),
            DecoderLayers = One(1, 2),
            FeedForward = One(5, 8),
            Vocab = 11,
            MaxLength = 12,
            Activation = One(ActivationKind.Relu, ActivationKind.Gelu),
            Norm = One(NormKind.Layer, NormKind.Layer, NormKind.Batch),
            NormPlacement = One(Generator.Families.NormPlacement.Post, Generator.Families.NormPlacement.Pre),
            NormEpsilon = 1e-3,
            Positions = One(PositionKind.Sinusoidal, PositionKind.SinusoidalHalf, PositionKind.Learned),
            ScaleEmbeddings = One(true, false),
            ShareEmbeddings = One(true, false),
            Attention = One(ScoreKind.DotProduct, ScoreKind.DotProduct, ScoreKind.Additive),
            // Every pattern in turn, so that none is left to chance.
            Pattern = Enum.GetValues<PatternKind>()[seed % Enum.GetValues<PatternKind>().Length],
            Window = One(1, 2),
            Dilation = One(1, 2),
            DilationGrowth = One(1, 2),
            GlobalTokens = One(1, 2),
            Stride = One(2, 3),
            TopK = One(1, 2, 3),
            Bias = One(true, true, false),
            Dropout = One(0, 0.2),
        };
    }

    /// <summary>Sequences of 5, 1 and 7 tokens and 6, 3 and 1 targets; some rows without a label.</summary>
    public static OracleBatch Batch(PaperConfig config, int seed)
    {
        var random = new Random(1000 + seed);
        int[][] Side(params int[] lengths) => [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(3, config.Vocab)).ToArray())];
        int[][] sources = !config.HasEncoder ? [] : Side(5, 1, 7), targets = !config.HasDecoder ? [] : Side(6, 3, 1);
        int rows = (targets.Length > 0 ? targets : sources).Sum(tokens => tokens.Length);
        int?[] labels = [.. Enumerable.Range(0, rows).Select(row => random.Next(4) == 0 && row > 0 ? (int?)null : random.Next(config.Vocab))];
        return OracleBatch.Of(sources, targets, labels) with
        {
            Training = true,
            Smoothing = seed % 2 == 0 ? 0.1 : 0,
            Dropout = DropoutKey.Create((ulong)seed, 7, 0, config.Dropout),
        };
    }
}

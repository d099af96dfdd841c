using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generated.Tests.Jit;

/// <summary>The models whose code is looked at: small, large, and the variants with the longest kernels.</summary>
internal static class JitModels
{
    private static readonly PaperConfig s_paper = new()
    {
        DModel = 16,
        Heads = 4,
        EncoderLayers = 2,
        DecoderLayers = 2,
        FeedForward = 32,
        Vocab = 37,
        MaxLength = 32,
        Dropout = 0.1,
    };

    /// <summary>Class names and specs.</summary>
    public static IReadOnlyList<(string Name, ModelSpec Spec)> All { get; } =
    [
        ("JitPaper", PaperFamily.Build(s_paper)),
        ("JitWide", PaperFamily.Build(s_paper with
        {
            DModel = 256, EncoderLayers = 3, DecoderLayers = 3, FeedForward = 1024, Vocab = 8000, ShareEmbeddings = false, Dropout = 0,
        })),
        ("JitAdditive", PaperFamily.Build(s_paper with
        {
            DModel = 66, Heads = 3, FeedForward = 130, Attention = ScoreKind.Additive, Pattern = PatternKind.Sparse, Window = 2, GlobalTokens = 1, Norm = NormKind.Batch,
            NormPlacement = Generator.Families.NormPlacement.Pre, Activation = ActivationKind.Gelu, Positions = PositionKind.Learned,
        })),
        ("JitTop", PaperFamily.Build(s_paper with { DModel = 128, Heads = 2, FeedForward = 512, Pattern = PatternKind.TopK, TopK = 4, Architecture = PaperArchitecture.Decoder })),
    ];

    /// <summary>All of them compiled into one assembly.</summary>
    public static byte[] Compile()
    {
        var sources = new List<string>();
        foreach ((string name, ModelSpec spec) in All)
        {
            sources.Add($"public sealed partial class {name};");
            sources.AddRange(ModelWriter.Write(new ModelTarget("", name, new EquatableList<string>([]), "public", spec)).Select(file => file.Text));
        }

        return InMemoryCompiler.Emit(InMemoryCompiler.Create("JitModels", [.. sources]));
    }
}

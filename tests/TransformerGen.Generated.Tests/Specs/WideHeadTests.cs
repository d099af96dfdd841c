using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Heads wider than any published model has: forward, backward and cached.</summary>
public sealed class WideHeadTests
{
    [Theory]
    [InlineData("DotProduct", "Full", 320)]
    [InlineData("DotProduct", "Sparse", 320)]
    [InlineData("Additive", "TopK", 320)]
    [InlineData("DotProduct", "Window", 2050)]
    public void Wide_heads_agree_with_the_oracle(string score, string pattern, int headWidth)
    {
        var config = new PaperConfig
        {
            DModel = 16,
            Heads = 2,
            HeadDim = headWidth,
            EncoderLayers = 1,
            DecoderLayers = 1,
            FeedForward = 16,
            Vocab = 11,
            MaxLength = 128,
            Attention = Enum.Parse<ScoreKind>(score),
            Pattern = Enum.Parse<PatternKind>(pattern),
            Window = 3,
            GlobalTokens = 2,
            TopK = 4,
        };
        SpecReport report = SpecRun.Check(new RandomSpec(config, [70, 5], [9, 31], 0.1f, 1));
        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures));
    }
}

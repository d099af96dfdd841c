using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Patterns whose numbers are far larger than any sequence: kernels must not overflow, in any direction.</summary>
public sealed class PatternReachTests
{
    [Theory]
    [InlineData("Block")]
    [InlineData("Window")]
    [InlineData("Dilated")]
    [InlineData("Sparse")]
    [InlineData("Strided")]
    [InlineData("TopK")]
    public void Largest_numbers_agree_with_the_oracle(string pattern)
    {
        var config = new PaperConfig
        {
            DModel = 16,
            Heads = 2,
            EncoderLayers = 1,
            DecoderLayers = 1,
            FeedForward = 16,
            Vocab = 11,
            MaxLength = 64,
            Pattern = Enum.Parse<PatternKind>(pattern),
            Window = int.MaxValue,
            Dilation = pattern == "Dilated" ? 2 : 1,
            GlobalTokens = int.MaxValue,
            Stride = int.MaxValue,
            TopK = int.MaxValue,
        };
        SpecReport report = SpecRun.Check(new RandomSpec(config, [23, 5], [9, 31], 0.1f, 1));
        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures));
    }
}

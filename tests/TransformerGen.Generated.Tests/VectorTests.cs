using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests;

/// <summary>The same assemblies at every vector width: inference, gradients and reference cases in processes whose JIT lacks the wider instructions.</summary>
public sealed class VectorTests(ITestOutputHelper output)
{
    /// <summary>What is switched off, and the widest vectors that remain.</summary>
    public static TheoryData<string, int> Widths => new() { { "EnableAVX512", 256 }, { "EnableAVX2", 128 }, { "EnableHWIntrinsic", 0 } };

    [Theory]
    [MemberData(nameof(Widths))]
    public void Narrow_vectors_agree_with_oracle_and_references(string switchedOff, int widest)
    {
        (int exitCode, string text) = ChildProcess.Run(["vectors"], ("DOTNET_" + switchedOff, "0"));
        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        int width = int.Parse(text.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(width <= widest, $"{switchedOff} is off, and vectors still have {width} bits.");
    }
}

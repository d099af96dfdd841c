using System.Runtime.Intrinsics;
using Xunit;

namespace TransformerGen.Tests;

/// <summary>When a process is told that it computes on narrow vectors. The warning itself is tested on native images, in TransformerGen.Package.Tests.</summary>
public sealed class VectorSupportTests
{
    [Theory]
    [InlineData(true, false, true, true)]       // an image that was compiled for less than the processor has
    [InlineData(true, false, false, false)]     // the processor has no more
    [InlineData(true, true, true, false)]       // compiled for it
    [InlineData(false, false, true, false)]     // the JIT was told to: DOTNET_EnableAVX2=0
    public void Only_a_native_image_that_wastes_its_processor_has_a_problem(bool compiledAhead, bool usesWide, bool processorHasThem, bool expected)
    {
        string? problem = VectorSupport.Describe(compiledAhead, usesWide, processorHasThem);
        Assert.Equal(expected, problem is not null);
        if (problem is not null)
        {
            Assert.Contains("<IlcInstructionSet>x86-64-v3</IlcInstructionSet>", problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_process_with_a_JIT_has_none_and_says_its_width()
    {
        Assert.Null(VectorSupport.Problem);
        Assert.Equal(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128, VectorSupport.Bits);
    }
}

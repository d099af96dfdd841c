using System.Runtime.Intrinsics;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Tells whether a child process of <see cref="TestProcess"/> really has narrower vectors.</summary>
public sealed class VectorWidthTests
{
    [Fact]
    public void What_is_switched_off_is_gone()
    {
        int width = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        int widest = TestProcess.SwitchedOff switch
        {
            null => 512,
            "EnableAVX512" => 256,
            "EnableAVX2" => 128,
            "EnableHWIntrinsic" => 0,
            string other => throw new InvalidOperationException($"What does '{other}' leave?"),
        };
        Assert.True(width <= widest, $"{TestProcess.SwitchedOff} is off, and vectors still have {width} bits.");
    }
}

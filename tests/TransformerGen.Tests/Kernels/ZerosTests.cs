using TransformerGen.Kernels;
using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Clearing with a team clears everything and nothing else, whatever the blocks.</summary>
public sealed unsafe class ZerosTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData((5 * 64 * 1024) - 3)]
    public void Fill_clears_exactly_these_floats(int floats)
    {
        foreach (int threads in (int[])[1, 3])
        {
            using var team = new Team(threads);
            using var buffer = new NativeBuffer(floats + 32);
            buffer.Span.Fill(1f);
            Zeros.Fill(team, buffer.Start + 16, floats);
            Assert.False(buffer.Span[16..(16 + floats)].ContainsAnyExcept(0f));
            Assert.False(buffer.Span[..16].ContainsAnyExcept(1f));
            Assert.False(buffer.Span[(16 + floats)..].ContainsAnyExcept(1f));
        }
    }
}

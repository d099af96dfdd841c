using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Model;

/// <summary>Memory for parameters: zero and aligned at every size, on either side of what is asked from the system in large pages.</summary>
public sealed unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData((1 << 20) - 1)]
    [InlineData((1 << 20) + 1)]
    [InlineData(5_000_001)]
    public void New_memory_is_zero_and_begins_on_64_bytes(long length)
    {
        for (int round = 0; round < 3; round++)
        {
            // What the round before wrote may come back from the allocator.
            using var buffer = new NativeBuffer(length);
            Assert.Equal(0, (long)buffer.Start % 64);
            Assert.Equal(length, buffer.Length);
            Assert.False(buffer.Span.ContainsAnyExcept(0f));
            buffer.Span.Fill(1f);
            Assert.True(buffer.Grow(length + 100_000));
            Assert.False(buffer.Span.ContainsAnyExcept(0f));
        }
    }
}

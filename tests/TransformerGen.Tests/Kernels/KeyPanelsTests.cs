using TransformerGen.Kernels;
using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Packing is copying: every float where its formula says, at all remainders of rows and columns, and nothing behind the last panel.</summary>
public sealed unsafe class KeyPanelsTests
{
    private const int Panel = 16;

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(64)]
    public void Pack_puts_every_key_into_its_lane(int width)
    {
        for (int rows = 1; rows <= 67; rows++)
        {
            int stride = width + 5, panels = (rows + Panel - 1) / Panel, floats = panels * width * Panel;
            using var source = new NativeBuffer((long)rows * stride);
            using var packed = new NativeBuffer(floats + Panel);
            for (int i = 0; i < rows * stride; i++)
            {
                source.Start[i] = i + 1;
            }

            packed.Span.Fill(-1f);
            KeyPanels.Pack(source.Start, stride, rows, width, packed.Start);

            for (int i = 0; i < floats; i++)
            {
                int lane = i % Panel, column = i / Panel % width, row = (i / Panel / width * Panel) + lane;
                Assert.Equal(row < rows ? source.Start[(row * stride) + column] : 0f, packed.Start[i]);
            }

            Assert.DoesNotContain(packed.Span[floats..].ToArray(), value => value != -1f);
        }
    }
}

using TransformerGen.Kernels;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Cosines and sines as far as they are used.</summary>
public sealed unsafe class RotaryTableTests
{
    private static readonly double[] s_frequencies = [.. Enumerable.Range(0, 20).Select(i => Math.Pow(10000, -i / 20.0))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_hold_cosines_and_sines_rounded_once(bool interleaved)
    {
        const float Factor = 1.25f;
        var table = new RotaryTable(s_frequencies, Factor, interleaved);
        float** pages = table.Ensure(70_000);
        Assert.Equal(interleaved ? 48 : 32, table.Half);
        foreach (int position in (int[])[0, 1, 255, 256, 4095, 4096, 69_999])
        {
            float* cosines = Row(table, pages, position), sines = cosines + table.Half;
            for (int i = 0; i < s_frequencies.Length; i++)
            {
                (double sin, double cos) = Math.SinCos(position * s_frequencies[i]);
                float c = (float)(Factor * cos), s = (float)(Factor * sin);
                float[] expected = interleaved ? [c, c, -s, s] : [c, s];
                float[] actual = interleaved ? [cosines[2 * i], cosines[(2 * i) + 1], sines[2 * i], sines[(2 * i) + 1]] : [cosines[i], sines[i]];
                Assert.Equal(expected, actual);
            }

            for (int i = interleaved ? 40 : 20; i < table.Half; i++)
            {
                Assert.Equal((0f, 0f), (cosines[i], sines[i]));
            }
        }
    }

    [Fact]
    public void Nothing_is_computed_before_it_is_needed()
    {
        var table = new RotaryTable(s_frequencies, 1f, false);
        Assert.Equal(0, table.Positions);
        _ = table.Ensure(0);
        Assert.Equal(0, table.Positions);
        _ = table.Ensure(1);
        Assert.Equal(RotaryTable.PagePositions, table.Positions);
        _ = table.Ensure(RotaryTable.PagePositions + 1);
        Assert.Equal(2 * RotaryTable.PagePositions, table.Positions);
    }

    [Fact]
    public void Steady_state_allocates_nothing()
    {
        var table = new RotaryTable(s_frequencies, 1f, false);
        _ = table.Ensure(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int position = 100; position <= RotaryTable.PagePositions; position++)
        {
            _ = table.Ensure(position);
        }

        // A page lies outside the collector's heap.
        _ = table.Ensure(RotaryTable.PagePositions + 1);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Pages that some threads read stay where they are while others let the table grow.</summary>
    [Fact]
    public void Threads_may_ask_for_different_lengths_at_once()
    {
        for (int round = 0; round < 20; round++)
        {
            var table = new RotaryTable(s_frequencies, 1f, false);
            int wrong = 0;
            Parallel.For(0, 8, thread =>
            {
                var random = new Random((round * 8) + thread);
                for (int i = 0; i < 50; i++)
                {
                    int position = random.Next(1 << random.Next(1, 14));
                    float** pages = table.Ensure(position + 1);
                    float* row = Row(table, pages, position);
                    if (row[0] != (float)Math.Cos(position) || row[table.Half] != (float)Math.Sin(position))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            });
            Assert.Equal(0, wrong);
        }
    }

    private static float* Row(RotaryTable table, float** pages, int position) =>
        pages[position >> RotaryTable.PageShift] + ((position & (RotaryTable.PagePositions - 1)) * 2 * table.Half);
}

using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>A matrix in the layout of the kernels, [rows, width rounded up to 16], between sentinels that nobody may touch.</summary>
internal sealed unsafe class Guarded : IDisposable
{
    private const int Guard = 64;
    private const float Sentinel = 12345.678f;

    private readonly NativeBuffer _buffer;
    private readonly long _floats;

    public Guarded(int rows, int width)
    {
        Rows = rows;
        Width = width;
        Stride = (width + 15) & ~15;
        _floats = (long)rows * Stride;
        _buffer = new NativeBuffer(_floats + (2 * Guard));
        _buffer.Span.Fill(Sentinel);
        new Span<float>(Start, (int)_floats).Clear();
    }

    public int Rows { get; }

    public int Width { get; }

    public int Stride { get; }

    public float* Start => _buffer.Start + Guard;

    public ref float this[int row, int column] => ref Start[((long)row * Stride) + column];

    public static Guarded Random(Random random, int rows, int width)
    {
        var matrix = new Guarded(rows, width);
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < width; c++)
            {
                matrix[r, c] = (random.NextSingle() * 2f) - 1f;
            }
        }

        return matrix;
    }

    /// <summary>Fills the values (not the padding) with nonsense, so that a result that was not written shows.</summary>
    public Guarded Spoil(float value = float.NaN)
    {
        for (int r = 0; r < Rows; r++)
        {
            new Span<float>(Start + ((long)r * Stride), Width).Fill(value);
        }

        return this;
    }

    /// <summary>The padding is zero and the sentinels stand.</summary>
    public void Check(string what)
    {
        for (int i = 0; i < Guard; i++)
        {
            Assert.True(_buffer.Start[i] == Sentinel, $"{what}: wrote {i - Guard} floats before the buffer");
            Assert.True(Start[_floats + i] == Sentinel, $"{what}: wrote {i} floats beyond the buffer");
        }

        for (int r = 0; r < Rows; r++)
        {
            for (int c = Width; c < Stride; c++)
            {
                Assert.True(this[r, c] == 0f, $"{what}: padding [{r}, {c}] holds {this[r, c]}");
            }
        }
    }

    public void Dispose() => _buffer.Dispose();
}

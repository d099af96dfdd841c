namespace TransformerGen.Embeddings;

/// <summary>A matrix in training: one padded row a word; padding stays zero.</summary>
internal sealed class VectorTable(int rows, int dimension)
{
    private readonly float[] _elements = new float[checked(rows * VectorMath.Stride(dimension))];

    public int Rows => rows;

    public int Dimension => dimension;

    /// <summary>A row with its padding.</summary>
    public Span<float> this[int row] => _elements.AsSpan(row * VectorMath.Stride(dimension), VectorMath.Stride(dimension));

    /// <summary>The same, from elements without padding.</summary>
    public static VectorTable From(int rows, int dimension, ReadOnlySpan<float> elements)
    {
        var table = new VectorTable(rows, dimension);
        for (int r = 0; r < rows; r++)
        {
            elements.Slice(r * dimension, dimension).CopyTo(table[r]);
        }

        return table;
    }

    /// <summary>Without padding.</summary>
    public void CopyTo(Span<float> destination)
    {
        for (int r = 0; r < rows; r++)
        {
            this[r][..dimension].CopyTo(destination[(r * dimension)..]);
        }
    }

    /// <summary>Elements uniform in ±1 / (2·dimension), as both reference programs begin.</summary>
    public void Randomize(ref WordRandom random)
    {
        for (int r = 0; r < rows; r++)
        {
            foreach (ref float element in this[r][..dimension])
            {
                element = (float)((random.NextDouble() - 0.5) / dimension);
            }
        }
    }
}

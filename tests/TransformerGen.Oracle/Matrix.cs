namespace TransformerGen.Oracle;

/// <summary>Row-major double-precision numbers, [Rows, Columns]. A vector is one row.</summary>
internal sealed class Matrix(int rows, int columns, double[] data)
{
    public Matrix(int rows, int columns)
        : this(rows, columns, new double[checked(rows * columns)])
    {
    }

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Element (r, c) is Data[r · Columns + c].</summary>
    public double[] Data { get; } = data.Length == rows * columns
        ? data
        : throw new ArgumentException($"A matrix [{rows}, {columns}] has {rows * columns} elements, not {data.Length}.", nameof(data));

    public ref double this[int row, int column] => ref Row(row)[column];

    public Span<double> Row(int row) => Data.AsSpan(row * Columns, Columns);

    public Matrix Copy() => new(Rows, Columns, (double[])Data.Clone());
}

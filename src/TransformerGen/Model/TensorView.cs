namespace TransformerGen.Model;

/// <summary>A tensor inside a flat buffer (values, gradients): rows of <see cref="ParameterInfo.Columns"/> floats, padded to the stride.</summary>
public readonly unsafe struct TensorView
{
    private readonly NativeBuffer _buffer;
    private readonly string _owner;

    /// <summary>The tensor's part of a buffer.</summary>
    public TensorView(NativeBuffer buffer, ParameterInfo parameter)
        : this(buffer, parameter, parameter?.Name!)
    {
    }

    /// <summary>The tensor's part of a buffer whose owner is named when it is gone.</summary>
    internal TensorView(NativeBuffer buffer, ParameterInfo parameter, string owner)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(parameter);
        _buffer = buffer;
        _owner = owner;
        Parameter = parameter;
    }

    /// <summary>Name, shape and place.</summary>
    public ParameterInfo Parameter { get; }

    /// <summary>Elements, without padding.</summary>
    public long Length => (long)Parameter.Rows * Parameter.Columns;

    /// <summary>One row, [Columns].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">Who owns the memory is disposed.</exception>
    public ReadOnlySpan<float> Row(int row) => Writable(row);

    /// <summary>Copies all elements, row by row, without padding.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyTo(Span<float> destination)
    {
        for (int r = 0; r < Parameter.Rows; r++)
        {
            Row(r).CopyTo(destination[(r * Parameter.Columns)..]);
        }
    }

    /// <summary>All elements in an array, row by row, without padding.</summary>
    public float[] ToArray()
    {
        var elements = new float[Length];
        CopyTo(elements);
        return elements;
    }

    internal Span<float> Writable(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Parameter.Rows);
        if (_buffer.Start == null)
        {
            throw new ObjectDisposedException(_owner, $"The memory that {Parameter.Name} is a view of has been freed. Copy what is to outlive it with ToArray.");
        }

        return new Span<float>(_buffer.Start + Parameter.Offset + ((long)row * Parameter.Stride), Parameter.Columns);
    }

    internal void Write(ReadOnlySpan<float> elements)
    {
        if (elements.Length != Length)
        {
            throw new ArgumentException($"{Parameter.Name} is [{Parameter.Rows}, {Parameter.Columns}] and takes {Length} elements, not {elements.Length}.", nameof(elements));
        }

        for (int r = 0; r < Parameter.Rows; r++)
        {
            elements.Slice(r * Parameter.Columns, Parameter.Columns).CopyTo(Writable(r));
        }
    }
}

namespace TransformerGen.Model;

/// <summary>A tensor inside a flat buffer (values, gradients), in the shape and order of the checkpoint.</summary>
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

    /// <summary>The extents in the checkpoint, outermost first.</summary>
    public IReadOnlyList<long> Shape => Parameter.StoredShape;

    /// <summary>Elements.</summary>
    public long Length => (long)Parameter.Rows * Parameter.Columns;

    /// <summary>One row in the checkpoint's order, without a copy: [Columns]. Of a tensor of three dimensions, the rows of all experts are counted through; a vector is one row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="NotSupportedException">The checkpoint's rows do not lie together in memory (it stores the tensor transposed, or a vector in groups); <see cref="CopyTo(long, Span{float})"/> copies them.</exception>
    /// <exception cref="ObjectDisposedException">Who owns the memory is disposed.</exception>
    public ReadOnlySpan<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Parameter.Rows);
        StoredTensor tensor = Stored();
        if (Parameter.Rank == 1 && Parameter.Layout.IsPlain)
        {
            return new ReadOnlySpan<float>(_buffer.Start + Parameter.Offset, Parameter.Columns);
        }

        float* start = tensor.Row(row);
        return start != null
            ? new ReadOnlySpan<float>(start, Parameter.Columns)
            : throw new NotSupportedException($"The rows of {Parameter.Name} [{string.Join(", ", Shape)}] as the checkpoint stores them do not lie together in memory. Copy them with CopyTo or ToArray.");
    }

    /// <summary>Copies all elements in the checkpoint's order, row-major, without padding.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="ObjectDisposedException">Who owns the memory is disposed.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length < Length)
        {
            throw new ArgumentException($"{Parameter.Name} has {Length} elements; the destination has room for {destination.Length}.", nameof(destination));
        }

        CopyTo(0, destination[..(int)Length]);
    }

    /// <summary>Copies a run of elements in the checkpoint's order, row-major, without padding.</summary>
    /// <param name="firstElement">Number of the first one.</param>
    /// <param name="destination">As long as the run.</param>
    /// <exception cref="ArgumentOutOfRangeException">The run leaves the tensor.</exception>
    /// <exception cref="ObjectDisposedException">Who owns the memory is disposed.</exception>
    public void CopyTo(long firstElement, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement, Length - destination.Length);
        Stored().Read(firstElement, destination);
        GC.KeepAlive(_buffer);
    }

    /// <summary>All elements in an array, in the checkpoint's order, row-major, without padding.</summary>
    /// <exception cref="ObjectDisposedException">Who owns the memory is disposed.</exception>
    public float[] ToArray()
    {
        var elements = new float[Length];
        CopyTo(elements);
        return elements;
    }

    /// <summary>The map behind the view.</summary>
    internal StoredTensor Stored() => _buffer.Start != null
        ? new StoredTensor(Parameter, _buffer.Start)
        : throw new ObjectDisposedException(_owner, $"The memory that {Parameter.Name} is a view of has been freed. Copy what is to outlive it with ToArray.");

    internal void Write(ReadOnlySpan<float> elements)
    {
        if (elements.Length != Length)
        {
            throw new ArgumentException($"{Parameter.Name} is [{string.Join(", ", Shape)}] and takes {Length} elements, not {elements.Length}.", nameof(elements));
        }

        Stored().Write(0, elements);
        GC.KeepAlive(_buffer);
    }
}

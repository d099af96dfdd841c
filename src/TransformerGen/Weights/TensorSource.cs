using System.Runtime.InteropServices;

namespace TransformerGen.Weights;

/// <summary>A tensor to be written: name, type, shape, and where its elements come from, a chunk at a time.</summary>
public sealed class TensorSource
{
    /// <summary>The most elements (of floats) or bytes (of raw data) that a fill is asked for at once.</summary>
    public const int ChunkLength = 32 * 1024;

    private readonly TensorFill? floats;
    private readonly TensorByteFill? bytes;

    private TensorSource(string name, TensorType type, IReadOnlyList<long> shape, TensorFill? floats, TensorByteFill? bytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count > SafeTensorsHeader.MaxRank)
            throw new ArgumentException($"Tensor '{name}' has {shape.Count} dimensions; at most {SafeTensorsHeader.MaxRank} are supported.", nameof(shape));
        long[] copy = [.. shape];
        ElementCount = TensorTypes.ElementCount(copy)
            ?? throw new ArgumentException($"Tensor '{name}' has the impossible shape {TensorInfo.Describe(copy)}; extents must not be negative and their product must be below 2^63.", nameof(shape));
        ByteLength = type.ByteLength(ElementCount)
            ?? throw new ArgumentException($"Tensor '{name}', {type.HeaderName()} {TensorInfo.Describe(copy)}, does not fill whole bytes or has more than 2^63 of them.", nameof(shape));
        Name = name;
        Type = type;
        Shape = Array.AsReadOnly(copy);
        this.floats = floats;
        this.bytes = bytes;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The element type in the file.</summary>
    public TensorType Type { get; }

    /// <summary>The extents, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The bytes that the elements take in the file.</summary>
    public long ByteLength { get; }

    /// <summary>A tensor of floats that a callback provides.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">F32, F64 (both exact), F16 or BF16 (rounded to nearest, ties to even; what is too large becomes infinity).</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="fill">Provides the elements.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException"><paramref name="type"/> is none of the four, or the shape is impossible.</exception>
    public static TensorSource Floats(string name, TensorType type, IReadOnlyList<long> shape, TensorFill fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        return type.ConvertsToFloat()
            ? new TensorSource(name, type, shape, fill, null)
            : throw new ArgumentException($"Tensor '{name}' cannot be {type.HeaderName()}: floats are written as F32, F16, BF16 or F64. Use Raw for other types.", nameof(type));
    }

    /// <summary>A tensor of floats that are in memory.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">As for <see cref="Floats(string, TensorType, IReadOnlyList{long}, TensorFill)"/>.</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="values">All elements, row-major; not copied.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException"><paramref name="type"/> is no float type that converts, or the shape does not fit the values.</exception>
    public static TensorSource Floats(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
    {
        TensorSource source = Floats(name, type, shape, (first, destination) => values.Span.Slice((int)first, destination.Length).CopyTo(destination));
        return source.ElementCount == values.Length ? source : throw LengthMismatch(source, source.ElementCount, values.Length, "elements", nameof(values));
    }

    /// <summary>A tensor of floats in native rows that may be longer than the tensor's last dimension (padded).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">As for <see cref="Floats(string, TensorType, IReadOnlyList{long}, TensorFill)"/>.</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="first">The first element of the first row; rows are the last dimension, all others counted through. Must stay valid until the file is written.</param>
    /// <param name="stride">Floats from the start of one row to the start of the next; at least the last dimension.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException"><paramref name="type"/> is no float type that converts, the shape is impossible, or <paramref name="stride"/> is shorter than a row.</exception>
    public static unsafe TensorSource Rows(string name, TensorType type, IReadOnlyList<long> shape, float* first, long stride)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long columns = shape.Count == 0 ? 1 : shape[^1];
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, columns);
        return Floats(name, type, shape, (firstElement, destination) =>
        {
            while (!destination.IsEmpty)
            {
                (long row, long column) = Math.DivRem(firstElement, columns);
                int count = (int)Math.Min(destination.Length, columns - column);
                new ReadOnlySpan<float>(first + (row * stride) + column, count).CopyTo(destination);
                destination = destination[count..];
                firstElement += count;
            }
        });
    }

    /// <summary>A tensor of 64-bit integers (I64).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="values">All elements, row-major; not copied.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">The shape does not fit the values.</exception>
    public static TensorSource Int64s(string name, IReadOnlyList<long> shape, ReadOnlyMemory<long> values)
    {
        TensorSource source = Raw(name, TensorType.I64, shape, (first, destination) => MemoryMarshal.AsBytes(values.Span[(int)(first / sizeof(long))..])[..destination.Length].CopyTo(destination));
        return source.ElementCount == values.Length ? source : throw LengthMismatch(source, source.ElementCount, values.Length, "elements", nameof(values));
    }

    /// <summary>A tensor of any type whose bytes a callback provides as they shall stand in the file.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="fill">Provides the bytes; every run but the last is <see cref="ChunkLength"/> bytes, so no element is torn.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">The shape is impossible.</exception>
    public static TensorSource Raw(string name, TensorType type, IReadOnlyList<long> shape, TensorByteFill fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        return new TensorSource(name, type, shape, null, fill);
    }

    /// <summary>A tensor of any type whose bytes are in memory as they shall stand in the file.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The extents, outermost first; copied.</param>
    /// <param name="values">All bytes, little-endian, row-major; not copied.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">The shape does not fit the bytes.</exception>
    public static TensorSource Raw(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> values)
    {
        TensorSource source = Raw(name, type, shape, (first, destination) => values.Span.Slice((int)first, destination.Length).CopyTo(destination));
        return source.ByteLength == values.Length ? source : throw LengthMismatch(source, source.ByteLength, values.Length, "bytes", nameof(values));
    }

    /// <summary>Writes all elements, chunk by chunk.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="floatBuffer">Scratch of <see cref="ChunkLength"/> floats.</param>
    /// <param name="byteBuffer">Scratch of <see cref="ChunkLength"/> times 8 bytes.</param>
    internal void WriteTo(Stream stream, Span<float> floatBuffer, Span<byte> byteBuffer)
    {
        long total = floats is null ? ByteLength : ElementCount;
        long longest = ChunkLength;
        if (floats is not null && Shape.Count > 0 && Shape[^1] is > 0 and <= ChunkLength)
            longest -= ChunkLength % Shape[^1];
        for (long first = 0; first < total; first += longest)
        {
            int count = (int)Math.Min(longest, total - first);
            int length = count;
            if (floats is not null)
            {
                Span<float> chunk = floatBuffer[..count];
                chunk.Clear();
                floats(first, chunk);
                length = count * Type.BitSize() / 8;
                FloatConversions.FromSingle(Type, chunk, byteBuffer[..length]);
            }
            else
            {
                byteBuffer[..count].Clear();
                bytes!(first, byteBuffer[..count]);
            }

            stream.Write(byteBuffer[..length]);
        }
    }

    private static ArgumentException LengthMismatch(TensorSource source, long expected, int found, string unit, string parameter) =>
        new($"Tensor '{source.Name}', {source.Type.HeaderName()} {TensorInfo.Describe(source.Shape)}, needs {expected} {unit}; {found} were given.", parameter);
}

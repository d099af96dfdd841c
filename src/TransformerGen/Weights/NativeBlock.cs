using System.Runtime.InteropServices;

namespace TransformerGen.Weights;

/// <summary>Native memory that grows with the bytes that really arrive from a stream, never by what a header promises.</summary>
internal sealed unsafe class NativeBlock : ByteBlock
{
    private const long FirstCapacity = 64 * 1024;
    private const int LongestRead = 1 << 20;

    private byte* start;
    private long capacity;
    private long length;

    ~NativeBlock() => Free();

    public override long Length => length;

    public override ReadOnlySpan<byte> Slice(long offset, int length) => new(start + offset, length);

    /// <summary>Appends bytes until <paramref name="count"/> have been read or the stream ends.</summary>
    /// <returns>The bytes read.</returns>
    public long Append(Stream stream, long count)
    {
        long before = length;
        long limit = count > long.MaxValue - length ? long.MaxValue : length + count;
        while (length < limit)
        {
            if (length == capacity)
                Grow(limit);
            int read = stream.Read(new Span<byte>(start + length, (int)Math.Min(LongestRead, Math.Min(capacity, limit) - length)));
            if (read == 0)
                break;
            length += read;
        }

        return length - before;
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Grow(long limit)
    {
        long wanted = Math.Min(limit, Math.Max(FirstCapacity, checked(capacity * 2)));
        start = (byte*)NativeMemory.Realloc(start, checked((nuint)wanted));
        capacity = wanted;
    }

    private void Free()
    {
        NativeMemory.Free(start);
        start = null;
        capacity = length = 0;
    }
}

using System.IO.MemoryMappedFiles;

namespace TransformerGen.Weights;

/// <summary>Bytes that may be more than a span can hold: a mapped file, native memory or somebody's <see cref="ReadOnlyMemory{T}"/>.</summary>
internal abstract class ByteBlock : IDisposable
{
    /// <summary>The number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>A view of a part; valid until the block is disposed. The caller has checked the bounds.</summary>
    public abstract ReadOnlySpan<byte> Slice(long offset, int length);

    public abstract void Dispose();
}

/// <summary>Managed memory; the caller keeps ownership.</summary>
internal sealed class ManagedBlock(ReadOnlyMemory<byte> memory) : ByteBlock
{
    public override long Length => memory.Length;

    public override ReadOnlySpan<byte> Slice(long offset, int length) => memory.Span.Slice((int)offset, length);

    public override void Dispose()
    {
    }
}

/// <summary>A whole file, mapped read-only. Pages are loaded when they are touched and shared between processes.</summary>
internal sealed unsafe class MappedBlock : ByteBlock
{
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;

    public MappedBlock(MemoryMappedFile mapping, long length)
    {
        this.mapping = mapping;
        Length = length;
        try
        {
            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            mapping.Dispose();
            throw;
        }

        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    public override long Length { get; }

    public override ReadOnlySpan<byte> Slice(long offset, int length) => new(start + offset, length);

    public override void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        mapping.Dispose();
    }
}

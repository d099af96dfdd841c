using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>Floats outside the garbage collector's heap, on 64-byte boundaries. It grows and is reused; nothing is allocated in steady state.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const int Alignment = 64;

    private static long s_allocations;

    /// <summary>Creates a buffer.</summary>
    /// <param name="length">Floats; all start at zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    public NativeBuffer(long length = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Grow(length);
    }

    /// <summary>Frees the memory of a buffer that nobody disposed of.</summary>
    ~NativeBuffer() => Free();

    /// <summary>How often any buffer has asked for memory since the process began: what tests of steady state look at.</summary>
    internal static long Allocations => Volatile.Read(ref s_allocations);

    /// <summary>The first float.</summary>
    public float* Start { get; private set; }

    /// <summary>Floats.</summary>
    public long Length { get; private set; }

    /// <summary>The buffer, or its first 2³¹ - 1 floats.</summary>
    public Span<float> Span => new(Start, (int)Math.Min(Length, int.MaxValue));

    /// <summary>Makes room for <paramref name="length"/> floats. What was in the buffer is lost when it has to grow; new memory is zero.</summary>
    /// <returns>Whether the memory moved.</returns>
    public bool Grow(long length)
    {
        if (length <= Length && Start != null)
        {
            return false;
        }

        Free();
        nuint bytes = checked((nuint)Math.Max(length, 16) * sizeof(float));
        bytes = (bytes + Alignment - 1) / Alignment * Alignment;
        Interlocked.Increment(ref s_allocations);
        bool huge = HugePages.Suit(bytes);
        Start = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePages.Bytes : (nuint)Alignment);
        if (huge)
        {
            HugePages.Ask(Start, bytes);
        }

        NativeMemory.Clear(Start, bytes);
        Length = length;
        return true;
    }

    /// <summary>Sets everything to zero.</summary>
    public void Clear() => NativeMemory.Clear(Start, (nuint)Length * sizeof(float));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
        Length = 0;
    }
}

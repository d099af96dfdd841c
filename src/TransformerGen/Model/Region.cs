using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace TransformerGen.Model;

/// <summary>
/// The part of an arena that belongs to one symbol (source rows, target rows, label rows, sequences): every value in it has as many rows as
/// the symbol counts, so a value with the literal offset o per row begins at start + o · count. For generated code.
/// </summary>
/// <param name="start">First float of the region.</param>
/// <param name="count">How many rows the symbol stands for in this batch.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct Region(float* start, int count)
{
    private readonly float* _start = start;
    private readonly long _count = count;

    /// <summary>Rows.</summary>
    public int Count => (int)_count;

    /// <summary>The value at this offset (floats per row): [Count, width rounded up to 16].</summary>
    public float* this[int offset]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _start + (offset * _count);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>
/// Keys and values of every layer for some sequences (slots). Per slot and layer, for H heads of width K:
/// keys as [H][capacity / 16][K][16] (panels of 16 positions, so that scores of 16 keys are one vector whatever the hardware) and values as
/// [H][capacity][K rounded up to 16].
/// </summary>
/// <remarks>
/// One head's keys, and one head's values, are a block: w floats per position, and 16 positions lie together. The first n positions of a block,
/// n a multiple of 16, are therefore its first n · w floats, and moving or copying what a slot holds is one copy per block.
/// </remarks>
public sealed unsafe class KeyValueCache : IDisposable
{
    /// <summary>Positions in one panel of keys.</summary>
    public const int Panel = Padding.Floats;

    private readonly int _floatsPerPosition;
    private readonly int[] _blocks;     // width of each block, in the order in which they lie in a slot
    private NativeBuffer _memory = new();
    private int _lengthsCapacity;

    /// <summary>Creates a cache that is filled anew each time: its slots cannot be copied or extended.</summary>
    /// <param name="floatsPerPosition">Floats that all layers together hold for one position (a constant of the generated class).</param>
    public KeyValueCache(int floatsPerPosition)
    {
        _floatsPerPosition = floatsPerPosition;
        _blocks = [];
    }

    /// <summary>Creates a cache whose slots can be copied and extended.</summary>
    /// <param name="layers">The attentions whose keys and values it holds.</param>
    public KeyValueCache(IReadOnlyList<CacheLayerInfo> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        _floatsPerPosition = layers.Sum(layer => layer.Floats);
        _blocks = [.. layers.SelectMany(layer => Enumerable.Repeat(layer.HeadWidth, layer.Heads).Concat(Enumerable.Repeat(layer.ValueWidth, layer.Heads)))];
    }

    /// <summary>Frees the memory of a cache that nobody disposed of.</summary>
    ~KeyValueCache() => FreeLengths();

    /// <summary>Sequences that fit.</summary>
    public int Slots { get; private set; }

    /// <summary>Positions per slot, a multiple of 16.</summary>
    public int Capacity { get; private set; }

    /// <summary>Positions that each slot holds, [Slots]; kept by whoever fills the cache.</summary>
    public int* Lengths { get; private set; }

    /// <summary>Floats that the cache has memory for.</summary>
    public long Floats => _memory.Length;

    /// <summary>Empties the cache and lays it out anew. Memory that is there already is divided among the slots, so it may have room for more positions than asked for.</summary>
    /// <param name="slots">Sequences that have to fit.</param>
    /// <param name="positions">Positions that each has to have room for.</param>
    public void Reserve(int slots, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        long floats = Math.Max(1, (long)slots * _floatsPerPosition);
        int capacity = Padding.RoundUp(positions);
        _memory.Grow(floats * capacity);
        Slots = slots;
        Capacity = (int)Math.Max(capacity, Math.Min(_memory.Length / floats, int.MaxValue / 2) / Panel * Panel);
        ReserveLengths(slots);
        new Span<int>(Lengths, slots).Clear();
    }

    /// <summary>Makes room for more positions in each slot, in new memory, and keeps the first <see cref="Lengths"/> of each.</summary>
    /// <param name="positions">Positions that each slot has to have room for.</param>
    /// <exception cref="InvalidOperationException">The cache was created without its layers, so it does not know what lies where.</exception>
    public void Extend(int positions)
    {
        if (positions <= Capacity)
        {
            return;
        }

        RequireBlocks();
        int before = Capacity, capacity = Padding.RoundUp(positions);
        using NativeBuffer source = _memory;
        _memory = new NativeBuffer((long)Slots * _floatsPerPosition * capacity);
        for (int slot = 0; slot < Slots; slot++)
        {
            long filled = Padding.RoundUp(Lengths[slot]), offset = (long)slot * _floatsPerPosition;
            foreach (int width in _blocks)
            {
                long bytes = filled * width * sizeof(float);
                Buffer.MemoryCopy(source.Start + (offset * before), _memory.Start + (offset * capacity), bytes, bytes);
                offset += width;
            }
        }

        Capacity = capacity;
    }

    /// <summary>Where a layer's keys or values of one slot begin.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="offset">Floats per position before it (a literal of the generated code).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int slot, int offset) => _memory.Start + ((((long)slot * _floatsPerPosition) + offset) * Capacity);

    /// <summary>Copies what one slot holds, its first <see cref="Lengths"/> positions, to another.</summary>
    /// <param name="from">The slot to copy.</param>
    /// <param name="to">The slot whose content is replaced.</param>
    /// <exception cref="InvalidOperationException">The cache was created without its layers, so it does not know what lies where.</exception>
    public void Copy(int from, int to)
    {
        RequireBlocks();
        float* source = At(from, 0), target = At(to, 0);
        long filled = Padding.RoundUp(Lengths[from]);
        foreach (int width in _blocks)
        {
            long bytes = filled * width * sizeof(float);
            Buffer.MemoryCopy(source, target, bytes, bytes);
            source += (long)width * Capacity;
            target += (long)width * Capacity;
        }

        Lengths[to] = Lengths[from];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        FreeLengths();
        GC.SuppressFinalize(this);
    }

    private void RequireBlocks()
    {
        if (_blocks.Length == 0 && _floatsPerPosition > 0)
        {
            throw new InvalidOperationException("The cache was created from its size alone. Create it from its layers to copy or extend slots.");
        }
    }

    private void ReserveLengths(int slots)
    {
        if (slots > _lengthsCapacity || Lengths == null)
        {
            FreeLengths();
            _lengthsCapacity = Math.Max(slots, 8);
            Lengths = (int*)NativeMemory.AllocZeroed((nuint)_lengthsCapacity, sizeof(int));
        }
    }

    private void FreeLengths()
    {
        NativeMemory.Free(Lengths);
        Lengths = null;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>
/// Keys and values of every layer for some sequences (slots). Per slot and layer, for H heads of width K:
/// keys as [H][capacity / 16][K][16] (panels of 16 positions, so that scores of 16 keys are one vector whatever the hardware) and values as
/// [H][capacity][K rounded up to 16].
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    /// <summary>Positions in one panel of keys.</summary>
    public const int Panel = 16;

    private readonly NativeBuffer _memory = new();
    private readonly int _floatsPerPosition;

    /// <summary>Creates a cache.</summary>
    /// <param name="floatsPerPosition">Floats that all layers together hold for one position (a constant of the generated class).</param>
    public KeyValueCache(int floatsPerPosition) => _floatsPerPosition = floatsPerPosition;

    /// <summary>Frees the memory of a cache that nobody disposed of.</summary>
    ~KeyValueCache() => FreeLengths();

    /// <summary>Sequences that fit.</summary>
    public int Slots { get; private set; }

    /// <summary>Positions per slot, a multiple of 16.</summary>
    public int Capacity { get; private set; }

    /// <summary>Positions that each slot holds, [Slots]; kept by whoever fills the cache.</summary>
    public int* Lengths { get; private set; }

    /// <summary>Makes room. What is cached is lost when the memory grows.</summary>
    public void Reserve(int slots, int positions)
    {
        int capacity = (positions + Panel - 1) / Panel * Panel;
        if (slots <= Slots && capacity <= Capacity)
        {
            return;
        }

        Slots = Math.Max(slots, Slots);
        Capacity = Math.Max(capacity, Capacity);
        _memory.Grow((long)Slots * Capacity * _floatsPerPosition);
        NativeMemory.Free(Lengths);
        Lengths = (int*)NativeMemory.AllocZeroed((nuint)Slots, sizeof(int));
    }

    /// <summary>Where a layer's keys or values of one slot begin.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="offset">Floats per position before it (a literal of the generated code).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int slot, int offset) => _memory.Start + ((((long)slot * _floatsPerPosition) + offset) * Capacity);

    /// <summary>Copies everything that one slot holds to another.</summary>
    public void Copy(int from, int to)
    {
        long length = (long)_floatsPerPosition * Capacity;
        Buffer.MemoryCopy(At(from, 0), At(to, 0), length * sizeof(float), length * sizeof(float));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        FreeLengths();
        GC.SuppressFinalize(this);
    }

    private void FreeLengths()
    {
        NativeMemory.Free(Lengths);
        Lengths = null;
    }
}

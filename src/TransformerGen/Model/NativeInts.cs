using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>Integers outside the garbage collector's heap, for sets of rows that grow.</summary>
internal static unsafe class NativeInts
{
    /// <summary>Moves integers to memory for more of them; what is not used yet is zero.</summary>
    /// <param name="old">The memory so far, which is freed; null is none.</param>
    /// <param name="used">Integers to keep.</param>
    /// <param name="capacity">Integers that fit.</param>
    public static int* Resize(int* old, int used, int capacity)
    {
        int* memory = (int*)NativeMemory.AllocZeroed((nuint)capacity, sizeof(int));
        if (old != null)
        {
            new ReadOnlySpan<int>(old, used).CopyTo(new Span<int>(memory, capacity));
            NativeMemory.Free(old);
        }

        return memory;
    }
}

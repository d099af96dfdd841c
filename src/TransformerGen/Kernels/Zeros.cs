using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TransformerGen.Kernels;

/// <summary>Clears memory with all threads: one core alone does not fill the memory's bandwidth. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class Zeros
{
    private const int BlockFloats = 64 * 1024;

    /// <summary>Sets floats to zero.</summary>
    /// <param name="team">Who does it.</param>
    /// <param name="start">The first float.</param>
    /// <param name="floats">How many.</param>
    public static void Fill(Team team, float* start, int floats)
    {
        ArgumentNullException.ThrowIfNull(team);
        var work = new Work { Start = start, Floats = floats };
        team.Run((int)(((long)floats + BlockFloats - 1) / BlockFloats), &FillPart, &work);
    }

    private static void FillPart(int first, int end, void* state)
    {
        var work = (Work*)state;
        long from = (long)first * BlockFloats, to = Math.Min((long)end * BlockFloats, work->Floats);
        NativeMemory.Clear(work->Start + from, (nuint)(to - from) * sizeof(float));
    }

    private struct Work
    {
        public float* Start;
        public int Floats;
    }
}

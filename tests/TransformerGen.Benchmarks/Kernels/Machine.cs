using System.Diagnostics;
using System.Runtime.CompilerServices;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Benchmarks.Kernels;

/// <summary>What the machine gives: the peak of fused multiply-adds and the rate of reading memory, with the widest vectors that there are.</summary>
internal static unsafe class Machine
{
    private const int ProbeSteps = 20_000;
    private const int Chains = 12;

    /// <summary>Multiply-add operations per second (two each) of all threads together, measured for about a third of a millisecond.</summary>
    public static double Peak(Team team)
    {
        int threads = team.Threads;
        long start = Stopwatch.GetTimestamp();
        team.Run(threads, &PeakPart, null);
        return 2.0 * Lanes * Chains * ProbeSteps * threads / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Bytes per second that the team reads from a buffer of this many floats, which it has read before.</summary>
    public static double Read(Team team, NativeBuffer buffer, long floats, int repeats)
    {
        var state = new ReadState { Start = buffer.Start, Floats = floats, Repeats = repeats, Threads = team.Threads };
        long start = Stopwatch.GetTimestamp();
        team.Run(team.Threads, &ReadPart, &state);
        return (double)floats * sizeof(float) * repeats / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static int Lanes => System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 16 : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 8 : 4;

    private static void PeakPart(int first, int end, void* state)
    {
        for (int i = first; i < end; i++)
        {
            float sum = Lanes switch
            {
                16 => Multiply<Lanes512>(),
                8 => Multiply<Lanes256>(),
                _ => Multiply<Lanes128>(),
            };
            if (float.IsNaN(sum))
            {
                throw new InvalidOperationException("The probe's numbers ran away.");
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Multiply<V>()
        where V : unmanaged, ILanes<V>
    {
        V a = V.Create(0.999f), b = V.Create(0.001f);
        V s0 = V.Create(0), s1 = V.Create(1), s2 = V.Create(2), s3 = V.Create(3), s4 = V.Create(4), s5 = V.Create(5);
        V s6 = V.Create(6), s7 = V.Create(7), s8 = V.Create(8), s9 = V.Create(9), s10 = V.Create(10), s11 = V.Create(11);
        for (int i = 0; i < ProbeSteps; i++)
        {
            s0 = V.MultiplyAdd(s0, a, b);
            s1 = V.MultiplyAdd(s1, a, b);
            s2 = V.MultiplyAdd(s2, a, b);
            s3 = V.MultiplyAdd(s3, a, b);
            s4 = V.MultiplyAdd(s4, a, b);
            s5 = V.MultiplyAdd(s5, a, b);
            s6 = V.MultiplyAdd(s6, a, b);
            s7 = V.MultiplyAdd(s7, a, b);
            s8 = V.MultiplyAdd(s8, a, b);
            s9 = V.MultiplyAdd(s9, a, b);
            s10 = V.MultiplyAdd(s10, a, b);
            s11 = V.MultiplyAdd(s11, a, b);
        }

        return V.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    private struct ReadState
    {
        public float* Start;
        public long Floats;
        public int Repeats;
        public int Threads;
        public float Sum;
    }

    private static void ReadPart(int first, int end, void* state)
    {
        var read = (ReadState*)state;
        long from = read->Floats * first / read->Threads / 128 * 128, to = read->Floats * end / read->Threads / 128 * 128;
        for (int i = 0; i < read->Repeats; i++)
        {
            float sum = Lanes switch
            {
                16 => Sum<Lanes512>(read->Start + from, read->Start + to),
                8 => Sum<Lanes256>(read->Start + from, read->Start + to),
                _ => Sum<Lanes128>(read->Start + from, read->Start + to),
            };
            if (sum < 0)
            {
                read->Sum = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum<V>(float* from, float* to)
        where V : unmanaged, ILanes<V>
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, s4 = V.Zero, s5 = V.Zero, s6 = V.Zero, s7 = V.Zero;
        for (; from + (8 * V.Count) <= to; from += 8 * V.Count)
        {
            s0 += V.Load(from);
            s1 += V.Load(from + V.Count);
            s2 += V.Load(from + (2 * V.Count));
            s3 += V.Load(from + (3 * V.Count));
            s4 += V.Load(from + (4 * V.Count));
            s5 += V.Load(from + (5 * V.Count));
            s6 += V.Load(from + (6 * V.Count));
            s7 += V.Load(from + (7 * V.Count));
        }

        return V.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
    }
}

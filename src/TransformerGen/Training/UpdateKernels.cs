using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Arguments of one pass over the blocks.</summary>
internal unsafe struct UpdateWork
{
    public float* Weights, Gradients, First, Second;
    public UpdateBlock* Blocks;
    public SegmentRates* Rates;
    public byte* Touched;
    public double* Sums;

    /// <summary>A handle of the weights, whose panels are derived as blocks are updated.</summary>
    public nint Owner;

    /// <summary>How many blocks there are, and the first that nobody has taken.</summary>
    public int Count, Next;

    /// <summary>Clipping: every gradient is multiplied with it.</summary>
    public float GradientScale;

    /// <summary>β of the first moment, or the momentum; 1 - β; the same of the second moment.</summary>
    public float Beta1, OneMinusBeta1, Beta2, OneMinusBeta2;

    /// <summary>√(1 - β2^t) and ε.</summary>
    public float RootCorrection, Epsilon;
}

/// <summary>How one chunk is updated.</summary>
internal unsafe interface IUpdateRule
{
    /// <summary>Whether weights change.</summary>
    static virtual bool Writes => true;

    /// <summary>Updates weights and moments of floats [0, length); returns the sum of the squared gradients, before clipping.</summary>
    static abstract float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
        where V : unmanaged, ILanes<V>;
}

/// <summary>The passes of an optimiser step over all parameters: one that reads weights, gradients and moments once and writes what changed.</summary>
internal static unsafe class UpdateKernels
{
    /// <summary>Floats of the widest vector.</summary>
    private const int Tail = 16;

    /// <summary>Sums of squared gradients for each block.</summary>
    public static void Square(Team team, int blocks, UpdateWork* work) => Run<SquareRule>(team, blocks, work);

    /// <summary>One step of Adam or AdamW.</summary>
    public static void Adam(Team team, int blocks, UpdateWork* work) => Run<AdamRule>(team, blocks, work);

    /// <summary>One step of gradient descent without momentum.</summary>
    public static void Descent(Team team, int blocks, UpdateWork* work) => Run<DescentRule>(team, blocks, work);

    /// <summary>One step of gradient descent with momentum.</summary>
    public static void Momentum(Team team, int blocks, UpdateWork* work) => Run<MomentumRule>(team, blocks, work);

    /// <summary>One step of gradient descent with Nesterov's momentum.</summary>
    public static void Nesterov(Team team, int blocks, UpdateWork* work) => Run<NesterovRule>(team, blocks, work);

    private static void Run<TRule>(Team team, int blocks, UpdateWork* work)
        where TRule : struct, IUpdateRule
    {
        work->Count = blocks;
        work->Next = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            team.Run(Math.Min(team.Threads, blocks), &Blocks<Lanes512, TRule>, work);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            team.Run(Math.Min(team.Threads, blocks), &Blocks<Lanes256, TRule>, work);
        }
        else
        {
            team.Run(Math.Min(team.Threads, blocks), &Blocks<Lanes128, TRule>, work);
        }
    }

    /// <summary>Threads take blocks by turns: those of an embedding table cost almost nothing while their tokens have not come up, so equal shares would not be equal work.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blocks<V, TRule>(int thread, int threads, void* state)
        where V : unmanaged, ILanes<V>
        where TRule : struct, IUpdateRule
    {
        var work = (UpdateWork*)state;
        int b;
        while ((b = Interlocked.Increment(ref work->Next) - 1) < work->Count)
        {
            bool changed = false;
            UpdateBlock block = work->Blocks[b];
            SegmentRates rates = work->Rates[block.Segment];
            double sum = 0;
            for (int at = 0, chunk = block.FirstChunk; at < block.Length; at += UpdateBlocks.ChunkFloats, chunk++)
            {
                int offset = block.Offset + at, length = Math.Min(UpdateBlocks.ChunkFloats, block.Length - at);
                if (work->Touched[chunk] == 0)
                {
                    // No gradient so far: moments are zero, and the update of a zero gradient would write back what it read. The pass over the squares has looked.
                    if (rates.CanSkip && (TRule.Writes || !new ReadOnlySpan<int>(work->Gradients + offset, length).ContainsAnyExcept(0)))
                    {
                        continue;
                    }

                    work->Touched[chunk] = 1;
                }

                changed = true;
                int whole = length & ~(Tail - 1);
                sum += TRule.Update<V>(work, in rates, offset, whole);
                if (length > whole)
                {
                    sum += UpdateTail<V, TRule>(work, in rates, offset + whole, length - whole);
                }
            }

            work->Sums[b] = sum;
            if (TRule.Writes && changed && block.HasPanels)
            {
                // While the rows are in the cache: reading them again later would cost as much as the update.
                GCHandle<ModelWeights>.FromIntPtr(work->Owner).Target.PackRows(block.Offset, block.Offset + block.Length);
            }
        }
    }

    /// <summary>The last floats of a tensor whose row goes on with another tensor (biases of a fused projection): updated apart, so that the neighbour is not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float UpdateTail<V, TRule>(UpdateWork* work, in SegmentRates rates, int offset, int length)
        where V : unmanaged, ILanes<V>
        where TRule : struct, IUpdateRule
    {
        float* scratch = stackalloc float[4 * Tail];
        new Span<float>(scratch, 4 * Tail).Clear();
        UpdateWork apart = *work;
        apart.Weights = scratch;
        apart.Gradients = scratch + Tail;
        apart.First = work->First == null ? null : scratch + (2 * Tail);
        apart.Second = work->Second == null ? null : scratch + (3 * Tail);
        Copy(work->Weights, offset, apart.Weights, 0, length);
        Copy(work->Gradients, offset, apart.Gradients, 0, length);
        Copy(work->First, offset, apart.First, 0, length);
        Copy(work->Second, offset, apart.Second, 0, length);
        float sum = TRule.Update<V>(&apart, in rates, 0, Tail);
        Copy(apart.Weights, 0, work->Weights, offset, length);
        Copy(apart.First, 0, work->First, offset, length);
        Copy(apart.Second, 0, work->Second, offset, length);
        return sum;
    }

    /// <summary>Copies floats; an optimiser without that moment has no memory for it.</summary>
    private static void Copy(float* from, int fromOffset, float* to, int toOffset, int length)
    {
        if (from != null && to != null)
        {
            new ReadOnlySpan<float>(from + fromOffset, length).CopyTo(new Span<float>(to + toOffset, length));
        }
    }

    private readonly struct SquareRule : IUpdateRule
    {
        public static bool Writes => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
            where V : unmanaged, ILanes<V>
        {
            float* g = work->Gradients + offset;
            V squares = V.Zero;
            for (int i = 0; i < length; i += V.Count)
            {
                V d = V.Load(g + i);
                squares = V.MultiplyAdd(d, d, squares);
            }

            return V.Sum(squares);
        }
    }

    private readonly struct AdamRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
            where V : unmanaged, ILanes<V>
        {
            float* w = work->Weights + offset, g = work->Gradients + offset, m = work->First + offset, v = work->Second + offset;
            V scale = V.Create(work->GradientScale), step = V.Create(rates.Step), keep = V.Create(rates.Keep), decay = V.Create(rates.GradientDecay);
            V share1 = V.Create(work->OneMinusBeta1), beta2 = V.Create(work->Beta2), share2 = V.Create(work->OneMinusBeta2);
            V correction = V.Create(1f / work->RootCorrection), epsilon = V.Create(work->Epsilon), squares = V.Zero;
            for (int i = 0; i < length; i += V.Count)
            {
                V d = V.Load(g + i), weight = V.Load(w + i);
                squares = V.MultiplyAdd(d, d, squares);
                d = V.MultiplyAdd(decay, weight, d * scale);

                // m ← m + (1 - β1)(g - m), v ← β2·v + (1 - β2)·g²
                V mean = V.Load(m + i), variance = V.Load(v + i);
                mean = V.MultiplyAdd(d - mean, share1, mean);
                variance = V.MultiplyAdd(d * d, share2, variance * beta2);

                // w ← keep·w - rate/(1 - β1^t) · m / (√v / √(1 - β2^t) + ε)
                V root = V.MultiplyAdd(V.Sqrt(variance), correction, epsilon);
                V.Store(mean, m + i);
                V.Store(variance, v + i);
                V.Store((weight * keep) - (step * (mean / root)), w + i);
            }

            return V.Sum(squares);
        }
    }

    private readonly struct DescentRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
            where V : unmanaged, ILanes<V>
        {
            float* w = work->Weights + offset, g = work->Gradients + offset;
            V scale = V.Create(work->GradientScale), step = V.Create(rates.Step), decay = V.Create(rates.GradientDecay), squares = V.Zero;
            for (int i = 0; i < length; i += V.Count)
            {
                V d = V.Load(g + i), weight = V.Load(w + i);
                squares = V.MultiplyAdd(d, d, squares);
                d = V.MultiplyAdd(decay, weight, d * scale);
                V.Store(weight - (step * d), w + i);
            }

            return V.Sum(squares);
        }
    }

    private readonly struct MomentumRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
            where V : unmanaged, ILanes<V> => WithMomentum<V>(work, in rates, offset, length, nesterov: false);
    }

    private readonly struct NesterovRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Update<V>(UpdateWork* work, in SegmentRates rates, int offset, int length)
            where V : unmanaged, ILanes<V> => WithMomentum<V>(work, in rates, offset, length, nesterov: true);
    }

    /// <summary>b ← μ·b + g; w ← w - rate·b, or with Nesterov's look ahead w ← w - rate·(g + μ·b).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float WithMomentum<V>(UpdateWork* work, in SegmentRates rates, int offset, int length, bool nesterov)
        where V : unmanaged, ILanes<V>
    {
        float* w = work->Weights + offset, g = work->Gradients + offset, b = work->First + offset;
        V scale = V.Create(work->GradientScale), step = V.Create(rates.Step), decay = V.Create(rates.GradientDecay);
        V momentum = V.Create(work->Beta1), squares = V.Zero;
        for (int i = 0; i < length; i += V.Count)
        {
            V d = V.Load(g + i), weight = V.Load(w + i);
            squares = V.MultiplyAdd(d, d, squares);
            d = V.MultiplyAdd(decay, weight, d * scale);
            V velocity = V.MultiplyAdd(momentum, V.Load(b + i), d);
            V.Store(velocity, b + i);
            V.Store(weight - (step * (nesterov ? V.MultiplyAdd(momentum, velocity, d) : velocity)), w + i);
        }

        return V.Sum(squares);
    }
}

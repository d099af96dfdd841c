using System.Runtime.InteropServices;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>The moments of an optimiser, laid out like the parameters, and its step. Padding stays zero: it never has a gradient.</summary>
internal sealed unsafe class OptimizerState : IDisposable
{
    private readonly ModelWeights _weights;
    private readonly Optimizer _optimizer;
    private readonly UpdateBlocks _blocks;

    public OptimizerState(ModelWeights weights, TrainerOptions options)
    {
        _weights = weights;
        _optimizer = options.Optimizer;
        _blocks = new UpdateBlocks(weights.Info, options);
        First = _optimizer.HasFirst ? new NativeBuffer(weights.Info.ValueFloats) : null;
        Second = _optimizer.HasSecond ? new NativeBuffer(weights.Info.ValueFloats) : null;
    }

    /// <summary>Mean of gradients (Adam) or velocity (SGD); null where the optimiser has none.</summary>
    public NativeBuffer? First { get; }

    /// <summary>Mean of squared gradients (Adam); null where the optimiser has none.</summary>
    public NativeBuffer? Second { get; }

    /// <summary>Chunks that have had a gradient, of all chunks; for tests of what is skipped.</summary>
    public (int Touched, int All) Chunks => (_blocks.Touched.AsSpan().Count((byte)1), _blocks.Touched.Length);

    /// <summary>One step, panels included. Weights that never had a gradient keep their bits, unless they decay.</summary>
    /// <param name="gradients">The gradients, laid out like the parameters.</param>
    /// <param name="step">Steps including this one.</param>
    /// <param name="rate">The schedule's rate.</param>
    /// <param name="clipNorm">Largest norm; null does not clip.</param>
    /// <param name="team">Who computes.</param>
    /// <returns>The norm of all gradients that are trained on, before clipping. When it is not finite, nothing was updated.</returns>
    public double Step(NativeBuffer gradients, long step, double rate, double? clipNorm, Team team)
    {
        UpdateBlocks blocks = _blocks;
        double norm;
        using var owner = new GCHandle<ModelWeights>(_weights);
        fixed (UpdateBlock* block = blocks.Blocks)
        fixed (SegmentRates* rates = blocks.Rates)
        fixed (byte* touched = blocks.Touched)
        fixed (double* sums = blocks.Sums)
        {
            var work = new UpdateWork
            {
                Weights = _weights.Values.Start,
                Gradients = gradients.Start,
                First = Start(First),
                Second = Start(Second),
                Blocks = block,
                Rates = rates,
                Touched = touched,
                Sums = sums,
                Owner = GCHandle<ModelWeights>.ToIntPtr(owner),
                GradientScale = 1f,
            };
            Prepare(step, rate, ref work);
            UpdateKernels.Square(team, blocks.Blocks.Length, &work);
            norm = Norm();
            if (!double.IsFinite(norm))
            {
                return norm;
            }

            if (clipNorm is { } limit)
            {
                work.GradientScale = (float)Math.Min(1, limit / (norm + 1e-6));
            }

            switch (_optimizer)
            {
                case AdamOptimizer:
                    UpdateKernels.Adam(team, blocks.Blocks.Length, &work);
                    break;
                case SgdOptimizer { Momentum: 0 }:
                    UpdateKernels.Descent(team, blocks.Blocks.Length, &work);
                    break;
                case SgdOptimizer { Nesterov: false }:
                    UpdateKernels.Momentum(team, blocks.Blocks.Length, &work);
                    break;
                default:
                    UpdateKernels.Nesterov(team, blocks.Blocks.Length, &work);
                    break;
            }
        }

        return norm;
    }

    /// <summary>Leaves nothing out any more: what the steps would be without that.</summary>
    public void TouchAll() => _blocks.Touched.AsSpan().Fill(1);

    /// <summary>After moments have been written from outside: finds out what has had a gradient.</summary>
    public void FindTouched()
    {
        foreach (UpdateBlock block in _blocks.Blocks)
        {
            for (int at = 0, chunk = block.FirstChunk; at < block.Length; at += UpdateBlocks.ChunkFloats, chunk++)
            {
                int length = Math.Min(UpdateBlocks.ChunkFloats, block.Length - at);
                _blocks.Touched[chunk] = (byte)(Holds(First, block.Offset + at, length) || Holds(Second, block.Offset + at, length) ? 1 : 0);
            }
        }
    }

    public void Dispose()
    {
        First?.Dispose();
        Second?.Dispose();
    }

    private static float* Start(NativeBuffer? buffer) => buffer is null ? null : buffer.Start;

    private static bool Holds(NativeBuffer? buffer, int offset, int length) =>
        buffer is not null && new ReadOnlySpan<int>(buffer.Start + offset, length).ContainsAnyExcept(0);

    /// <summary>Sums of blocks in their order: the same at any number of threads.</summary>
    private double Norm()
    {
        double sum = 0;
        foreach (double part in _blocks.Sums)
        {
            sum += part;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The numbers of a step that do not depend on gradients, computed in double precision.</summary>
    private void Prepare(long step, double rate, ref UpdateWork work)
    {
        double correction1 = 1;
        bool decoupled = false;
        if (_optimizer is AdamOptimizer adam)
        {
            correction1 = 1 - Math.Pow(adam.Beta1, step);
            work.RootCorrection = (float)Math.Sqrt(1 - Math.Pow(adam.Beta2, step));
            work.OneMinusBeta1 = (float)(1 - adam.Beta1);
            work.Beta2 = (float)adam.Beta2;
            work.OneMinusBeta2 = (float)(1 - adam.Beta2);
            work.Epsilon = (float)adam.Epsilon;
            decoupled = adam.IsDecoupled;
        }
        else
        {
            work.Beta1 = (float)((SgdOptimizer)_optimizer).Momentum;
        }

        for (int s = 0; s < _blocks.Segments.Length; s++)
        {
            UpdateSegment segment = _blocks.Segments[s];
            double own = rate * segment.RateFactor;
            _blocks.Rates[s] = new SegmentRates
            {
                Step = (float)(own / correction1),
                Keep = decoupled ? (float)(1 - (own * segment.Decay)) : 1f,
                GradientDecay = decoupled ? 0f : (float)segment.Decay,
                CanSkip = segment.Decay == 0,
            };
        }
    }
}

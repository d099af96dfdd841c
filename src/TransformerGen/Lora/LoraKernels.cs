using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Lora;

/// <summary>
/// The products of adapters. Work is split by rows of W, and for dA by its columns, in pieces of fixed size: nobody adds to what another thread adds to, so results have the same
/// bits at any number of threads. Rows are padded with zeros to whole vectors, and stay so.
/// </summary>
internal sealed unsafe class LoraKernels
{
    /// <summary>Columns of dA that one thread sums over all rows of dW.</summary>
    private const int PieceColumns = 64;

    private readonly LoraTarget[] _targets;
    private readonly (int Target, int First, int Count)[] _rows, _columns;

    public LoraKernels(LoraTarget[] targets)
    {
        _targets = targets;
        var rows = new List<(int, int, int)>();
        var columns = new List<(int, int, int)>();
        for (int t = 0; t < targets.Length; t++)
        {
            ParameterInfo weight = targets[t].Weight;
            int block = RowBlocks.FloatsOf(weight) / weight.Stride;
            for (int row = 0; row < weight.Rows; row += block)
            {
                rows.Add((t, row, Math.Min(block, weight.Rows - row)));
            }

            for (int column = 0; column < weight.Stride; column += PieceColumns)
            {
                columns.Add((t, column, Math.Min(PieceColumns, weight.Stride - column)));
            }
        }

        (_rows, _columns) = ([.. rows], [.. columns]);
    }

    /// <summary>W = kept + s·B·A, panels included.</summary>
    public void Merge(ModelWeights model, ModelWeights adapter, NativeBuffer kept, Team team)
    {
        using var model0 = new GCHandle<ModelWeights>(model);
        Run<MergeRule>(_rows.Length, team, new Work { Weights = model.Values.Start, Adapter = adapter.Values.Start, Kept = kept.Start, Model = GCHandle<ModelWeights>.ToIntPtr(model0) });
        GC.KeepAlive(adapter);
    }

    /// <summary>dB = s·dW·Aᵀ, dA = s·Bᵀ·dW.</summary>
    public void Differentiate(NativeBuffer gradients, ModelWeights adapter, NativeBuffer own, Team team)
    {
        var work = new Work { Weights = gradients.Start, Adapter = adapter.Values.Start, Own = own.Start };
        Run<RowsRule>(_rows.Length, team, work);
        Run<ColumnsRule>(_columns.Length, team, work);
        GC.KeepAlive(adapter);
    }

    private void Run<TRule>(int units, Team team, Work work)
        where TRule : struct, IRule
    {
        using var self = new GCHandle<LoraKernels>(this);
        work.Self = GCHandle<LoraKernels>.ToIntPtr(self);
        if (Vector512.IsHardwareAccelerated)
        {
            team.Run(units, &Units<Lanes512, TRule>, &work);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            team.Run(units, &Units<Lanes256, TRule>, &work);
        }
        else
        {
            team.Run(units, &Units<Lanes128, TRule>, &work);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Units<V, TRule>(int first, int end, void* state)
        where V : unmanaged, ILanes<V>
        where TRule : struct, IRule
    {
        var work = (Work*)state;
        LoraKernels self = GCHandle<LoraKernels>.FromIntPtr(work->Self).Target;
        for (int unit = first; unit < end; unit++)
        {
            (int target, int from, int count) = TRule.ByColumns ? self._columns[unit] : self._rows[unit];
            TRule.Compute<V>(work, self._targets[target], from, count);
        }
    }

    private struct Work
    {
        /// <summary>W or dW; A and B; dA and dB; W as it was.</summary>
        public float* Weights, Adapter, Own, Kept;

        /// <summary>Handles of the kernels and of the model, whose panels are derived.</summary>
        public nint Self, Model;
    }

    private interface IRule
    {
        static virtual bool ByColumns => false;

        static abstract void Compute<V>(Work* work, LoraTarget target, int first, int count)
            where V : unmanaged, ILanes<V>;
    }

    private readonly struct MergeRule : IRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Compute<V>(Work* work, LoraTarget target, int first, int count)
            where V : unmanaged, ILanes<V>
        {
            int rank = target.Rank, stride = target.Weight.Stride, place = target.Weight.Offset + (first * stride);
            float* a = work->Adapter + target.A.Offset;
            var scale = V.Create(target.Scale);
            for (int row = first; row < first + count; row++)
            {
                float* b = work->Adapter + target.B.Offset + ((long)row * target.B.Stride);
                float* weight = work->Weights + target.Weight.Offset + ((long)row * stride), kept = work->Kept + target.Kept + ((long)row * stride);
                for (int i = 0; i < stride; i += V.Count)
                {
                    V sum = V.Zero;
                    for (int r = 0; r < rank; r++)
                    {
                        sum = V.MultiplyAdd(V.Create(b[r]), V.Load(a + ((long)r * stride) + i), sum);
                    }

                    V.Store(V.MultiplyAdd(scale, sum, V.Load(kept + i)), weight + i);
                }
            }

            // While the rows are in the cache.
            GCHandle<ModelWeights>.FromIntPtr(work->Model).Target.PackRows(place, place + (count * stride));
        }
    }

    private readonly struct RowsRule : IRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Compute<V>(Work* work, LoraTarget target, int first, int count)
            where V : unmanaged, ILanes<V>
        {
            int rank = target.Rank, stride = target.Weight.Stride;
            float* a = work->Adapter + target.A.Offset;
            for (int row = first; row < first + count; row++)
            {
                float* gradient = work->Weights + target.Weight.Offset + ((long)row * stride), db = work->Own + target.B.Offset + ((long)row * target.B.Stride);
                for (int r = 0; r < rank; r++)
                {
                    V sum = V.Zero;
                    for (int i = 0; i < stride; i += V.Count)
                    {
                        sum = V.MultiplyAdd(V.Load(gradient + i), V.Load(a + ((long)r * stride) + i), sum);
                    }

                    db[r] = target.Scale * V.Sum(sum);
                }
            }
        }
    }

    private readonly struct ColumnsRule : IRule
    {
        public static bool ByColumns => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Compute<V>(Work* work, LoraTarget target, int first, int count)
            where V : unmanaged, ILanes<V>
        {
            int rank = target.Rank, stride = target.Weight.Stride, rows = target.Weight.Rows;
            float* gradient = work->Weights + target.Weight.Offset + first, b = work->Adapter + target.B.Offset, da = work->Own + target.A.Offset + first;
            var scale = V.Create(target.Scale);
            for (int r = 0; r < rank; r++)
            {
                for (int i = 0; i < count; i += V.Count)
                {
                    V sum = V.Zero;
                    for (int row = 0; row < rows; row++)
                    {
                        sum = V.MultiplyAdd(V.Create(b[((long)row * target.B.Stride) + r]), V.Load(gradient + ((long)row * stride) + i), sum);
                    }

                    V.Store(scale * sum, da + ((long)r * stride) + i);
                }
            }
        }
    }
}

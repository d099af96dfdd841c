using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>One step of the online softmax.</summary>
/// <param name="HeadWidth">K.</param>
/// <param name="Dropout">Probabilities are dropped between the softmax and the sum of values.</param>
internal sealed record HeadAdvance(int HeadWidth, bool Dropout) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "5 advance" + (Dropout ? " dropout" : "");

    public override IEnumerable<Kernel> Needs => [new HeadSoften(HeadWidth), HeadSum.Rescale(HeadWidth), .. Dropout ? [new HeadDropout(HeadWidth)] : (Kernel[])[]];

    /// <summary>The method that a call site names.</summary>
    public string Method => Dropout ? "AdvanceDropout" : "Advance";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>4 queries meet the panels panel..end of a block, whose scores [4, 64] are given: output ← output · 2^(old top - top) + {{(Dropout ? "dropout(p)" : "p")}}·V, p = 2^(score - top).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void {{Method}}<V>(KeyBlock* block, int panel, int end, float* scores, float* tops, float* sums, float* output{{(Dropout ? ", DropoutKey dropout, int site, int unit, int position, int start" : "")}})
            where V : unmanaged, ILanes<V>
        {
            Soften<V>(panel, end, scores, tops, sums);
            float* first = scores + (panel * Panel);{{(Dropout ? "\n    Drop<V>(dropout, site, unit, position, start + (panel * Panel), (end - panel) * Panel, first);" : "")}}
            int keys = Math.Min(block->Count, end * Panel) - (panel * Panel);
            Rescale<V>(first, block->Values + (panel * Panel * Padded), keys, scores + (TileRows * BlockKeys), output);
        }
        """);
}

/// <summary>The softmax itself.</summary>
internal sealed record HeadSoften(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "5 soften";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>
        /// One step of the online softmax: 4 queries meet some keys. In scores [4, 64] stands s; then p = 2^(s - top), and sum ← sum · 2^(old top - top) + Σ p.
        /// The four factors 2^(old top - top) stand behind the scores then.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Soften<V>(int panel, int end, float* scores, float* tops, float* sums)
            where V : unmanaged, ILanes<V>
        {
            float* first = scores + (panel * Panel);
            int width = (end - panel) * Panel;
            V top0 = V.Create(tops[0]), top1 = V.Create(tops[1]), top2 = V.Create(tops[2]), top3 = V.Create(tops[3]);
            for (int j = 0; j < width; j += V.Count)
            {
                top0 = V.Max(top0, V.Load(first + j));
                top1 = V.Max(top1, V.Load(first + j + BlockKeys));
                top2 = V.Max(top2, V.Load(first + j + (2 * BlockKeys)));
                top3 = V.Max(top3, V.Load(first + j + (3 * BlockKeys)));
            }

            float largest0 = V.Largest(top0), largest1 = V.Largest(top1), largest2 = V.Largest(top2), largest3 = V.Largest(top3);
            top0 = V.Create(largest0);
            top1 = V.Create(largest1);
            top2 = V.Create(largest2);
            top3 = V.Create(largest3);
            V sum0 = V.Zero, sum1 = V.Zero, sum2 = V.Zero, sum3 = V.Zero;
            for (int j = 0; j < width; j += V.Count)
            {
                V p0 = V.Exp2(V.Load(first + j) - top0), p1 = V.Exp2(V.Load(first + j + BlockKeys) - top1);
                V p2 = V.Exp2(V.Load(first + j + (2 * BlockKeys)) - top2), p3 = V.Exp2(V.Load(first + j + (3 * BlockKeys)) - top3);
                V.Store(p0, first + j);
                V.Store(p1, first + j + BlockKeys);
                V.Store(p2, first + j + (2 * BlockKeys));
                V.Store(p3, first + j + (3 * BlockKeys));
                sum0 += p0;
                sum1 += p1;
                sum2 += p2;
                sum3 += p3;
            }

            // What came before was relative to the old tops; the four differences share one vector behind the scores. Nothing came before the first
            // step: there is nothing to scale, and no need to wait for 2^x.
            float* scale = scores + (TileRows * BlockKeys);
            V factor = V.Zero;
            if (tops[0] > Lowest || tops[1] > Lowest || tops[2] > Lowest || tops[3] > Lowest)
            {
                scale[0] = tops[0] - largest0;
                scale[1] = tops[1] - largest1;
                scale[2] = tops[2] - largest2;
                scale[3] = tops[3] - largest3;
                factor = V.Exp2(V.Load(scale));
            }

            V.Store(factor, scale);
            tops[0] = largest0;
            tops[1] = largest1;
            tops[2] = largest2;
            tops[3] = largest3;
            sums[0] = (sums[0] * scale[0]) + V.Sum(sum0);
            sums[1] = (sums[1] * scale[1]) + V.Sum(sum1);
            sums[2] = (sums[2] * scale[2]) + V.Sum(sum2);
            sums[3] = (sums[3] * scale[3]) + V.Sum(sum3);
        }
        """);
}

/// <summary>The softmax's gradient.</summary>
internal sealed record HeadDifferentiate(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "6 differentiate";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Turns scores into P and dP into dS = P ∘ (dP - delta), for 4 queries and the panels panel..end.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Differentiate<V>(int panel, int end, float* statistics, float* deltas, float* scores, float* dScores)
            where V : unmanaged, ILanes<V>
        {
            for (int row = 0; row < TileRows; row++)
            {
                V logSumExp = V.Create(statistics[row]), delta = V.Create(deltas[row]);
                for (int key = panel * Panel; key < end * Panel; key += V.Count)
                {
                    V p = V.Exp2(V.Load(scores + key) - logSumExp);
                    V.Store(p, scores + key);
                    V.Store(p * (V.Load(dScores + key) - delta), dScores + key);
                }

                scores += BlockKeys;
                dScores += BlockKeys;
            }
        }

        /// <summary>The inner product of one head's columns of two rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static float Dot<V>(float* left, float* right)
            where V : unmanaged, ILanes<V>
        {
            V sum = V.Zero;
            int column = 0;
            for (; column + V.Count <= HeadWidth; column += V.Count)
            {
                sum = V.MultiplyAdd(V.Load(left + column), V.Load(right + column), sum);
            }

            float dot = V.Sum(sum);
            for (; column < HeadWidth; column++)
            {
                dot += left[column] * right[column];
            }

            return dot;
        }
        """);
}

/// <summary>Dropout of probabilities.</summary>
internal sealed record HeadDropout(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "6 dropout";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>
        /// Dropout of 4 rows [4, 64] of probabilities, or of their gradient: the queries at position, position + 1 ... and width keys from position key on.
        /// Every head of every sequence (its number is unit) decides by itself.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Drop<V>(DropoutKey dropout, int site, int unit, int position, int key, int width, float* values)
            where V : unmanaged, ILanes<V>
        {
            V scale = V.Create(dropout.Scale);
            for (int row = 0; row < TileRows; row++)
            {
                uint rowKey = dropout.Row(site, unit, position + row);
                for (int j = 0; j < width; j += V.Count)
                {
                    V.Store(V.Keep(V.Load(values + j), rowKey, (uint)(key + j), dropout.Threshold) * scale, values + j);
                }

                values += BlockKeys;
            }
        }
        """);
}

using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>Top-k attention: a first walk over the keys that finds the smallest score each query keeps. The walks after it compute the same bits again.</summary>
internal sealed record AttentionThresholds(AttentionShape Shape, bool Cached) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 thresholds" + (Cached ? " cached" : "");

    public override IEnumerable<Kernel> Needs => [new AttentionSelection(Shape), .. ScoreKernels];

    public static IEnumerable<Kernel> Of(AttentionShape shape, bool cached) => shape.IsTopK ? [new AttentionThresholds(shape, cached)] : [];

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>thresholds[query] = the {{Shape.Pattern.Top}}th largest score among the keys that it may see, minus infinity where it sees fewer. 64 queries at a time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void {{(Cached ? "CachedThresholds" : "Thresholds")}}<V>(KeyBlock* block, int queries, {{(Cached ? "int past, " : "")}}int keys, float* q, float* k, {{(Cached ? "float* v, " : "")}}{{Additive("float* score, ")}}{{Biased("float* distances, ")}}float* rows, float* scores, float* all, float* thresholds)
            where V : unmanaged, ILanes<V>
        {
            {{(Cached ? "float* scratch = block->Keys;" : "const int past = 0;")}}
            int width = (keys + BlockKeys - 1) & -BlockKeys;
            new Span<float>(thresholds, queries + TileRows).Fill(float.NegativeInfinity);
            for (int group = 0; group < queries; group += BlockKeys)
            {
                int groupEnd = Math.Min(group + BlockKeys, queries);
                new Span<float>(all, BlockKeys * width).Fill(float.NegativeInfinity);
                KeysOf(past + group, past + groupEnd - 1, keys, out int start, out int end);
                for (; start < end; start += BlockKeys)
                {
                    {{(Cached ? "LoadCached" : "LoadKeys")}}(block, start, Math.Min(BlockKeys, end - start), k{{(Cached ? ", v, scratch" : "")}});
                    for (int row = group; row < groupEnd; row += TileRows)
                    {
                        int position = past + row, present = Math.Min(TileRows, groupEnd - row);
                        if (!block->Trim(position, position + TileRows - 1, out int panel, out int endPanel))
                        {
                            continue;
                        }

                        {{Tiles}}PackRows<V>(q + ((long)row * QueryStride), QueryStride, present, TileRows, QueryScale, rows);
                        {{Indented(Score("rows", "scores", "position"), 4)}}
                        {{Mask("position", "row", "scores").TrimEnd()}}
                        for (int r = 0; r < present; r++)
                        {
                            float* from = scores + (r * BlockKeys) + (panel * Panel), to = all + ((row - group + r) * width) + start + (panel * Panel);
                            new Span<float>(from, (endPanel - panel) * Panel).CopyTo(new Span<float>(to, (endPanel - panel) * Panel));
                        }
                    }
                }

                for (int row = group; row < groupEnd; row++)
                {
                    thresholds[row] = SmallestKept<V>(all + ((row - group) * width), width);
                }
            }
        }
        """);
}

/// <summary>Selection of the k-th largest of some scores.</summary>
internal sealed record AttentionSelection(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 selection";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>Floats of scratch for 64 rows of scores.</summary>
        private static int ThresholdScratch(int keys) => BlockKeys * ((keys + BlockKeys - 1) & -BlockKeys);

        /// <summary>The {{Shape.Pattern.Top}}th largest of some scores; minus infinity where there are fewer. Bisection over the order of floats: exact, in at most 32 counts.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float SmallestKept<V>(float* scores, int count)
            where V : unmanaged, ILanes<V>
        {
            const int Kept = {{Shape.Pattern.Top}};
            V largest = V.Load(scores), zero = V.Zero, one = V.Create(1f);
            for (int j = V.Count; j < count; j += V.Count)
            {
                largest = V.Max(largest, V.Load(scores + j));
            }

            // Invariant: at least Kept scores are not below 'low' (or it is minus infinity), fewer than that reach 'high'.
            long low = OrderOf(float.NegativeInfinity), high = OrderOf(V.Largest(largest)) + 1L;
            while (high - low > 1)
            {
                long middle = (low + high) >> 1;
                V candidate = V.Create(FloatAt((int)middle)), reached = zero;
                for (int j = 0; j < count; j += V.Count)
                {
                    reached += V.WhereGreater(candidate, V.Load(scores + j), zero, one);
                }

                if (V.Sum(reached) >= Kept)
                {
                    low = middle;
                }
                else
                {
                    high = middle;
                }
            }

            return FloatAt((int)low);
        }

        /// <summary>An integer that orders floats as they are ordered.</summary>
        private static int OrderOf(float value)
        {
            int bits = BitConverter.SingleToInt32Bits(value);
            return bits >= 0 ? bits : bits ^ int.MaxValue;
        }

        /// <summary>The float of an order.</summary>
        private static float FloatAt(int order) => BitConverter.Int32BitsToSingle(order >= 0 ? order : order ^ int.MaxValue);
        """);
}

using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>The attention weights themselves, for pictures and tests.</summary>
internal sealed record AttentionProbabilitiesKernel(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "5 probabilities";

    public override IEnumerable<Kernel> Needs => new AttentionForwardKernel(Shape, true).Needs;

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>The probabilities of every sequence, one behind the other: [{{Shape.Heads}}][its queries][its keys], zero where a query does not see a key.</summary>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        {{Additive("/// <param name=\"score\">As the forward pass read it.</param>\n")}}/// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="destination">Receives the probabilities.</param>
        public static void Probabilities(int sequences, int* queryOffsets, int* keyOffsets, float* q, float* k, {{Additive("float* score, ")}}float* logSumExp, float* destination)
        {
            for (int sequence = 0; sequence < sequences; sequence++)
            {
                int row = queryOffsets[sequence], queries = queryOffsets[sequence + 1] - row, key = keyOffsets[sequence], keys = keyOffsets[sequence + 1] - key;
                for (int head = 0; head < Heads; head++)
                {
                    for (int i = 0; i < queries; i++)
                    {
                        new Span<float>(destination + ((long)i * keys), keys).Clear();
                    }

                    for (int residue = 0; residue < RowStep && residue < queries; residue++)
                    {
                        float* rows = q + ((long)(row + residue) * QueryStride) + (head * HeadWidth), keyRows = k + ((long)(key + residue) * KeyStride) + (head * HeadWidth);
                        float* statistics = logSumExp + ((long)(row + residue) * StatisticsStride) + head;
                        {{Indented(Dispatch("ProbabilitiesOf", $"(queries - residue + RowStep - 1) / RowStep, (keys - residue + RowStep - 1) / RowStep, rows, keyRows, {Additive("score + (head * Padded), ")}statistics, keys, destination + ((long)residue * keys) + residue"), 4)}}
                    }

                    destination += (long)queries * keys;
                }
            }
        }

        private static void ProbabilitiesOf<V>(int queries, int keys, float* q, float* k, {{Additive("float* score, ")}}float* logSumExp, int stride, float* destination)
            where V : unmanaged, ILanes<V>
        {
            int perQuery = (queries + TileRows + Panel) & -Panel;
            float* scratch = KernelScratch.Get((BlockKeys * (HeadWidth + Padded + 2)) + (TileRows * (Padded + BlockKeys)) + perQuery{{(Shape.IsTopK ? " + ThresholdScratch(keys)" : "")}});
            KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
            KeyBlock* block = &memory;
            block->First = block->Values + (BlockKeys * Padded);
            block->Last = block->First + BlockKeys;
            float* packed = block->Last + BlockKeys, scores = packed + (TileRows * Padded){{TopK(", thresholds = scores + (TileRows * BlockKeys)")}};
            {{TopK($"Thresholds<V>(block, queries, keys, q, k, {Additive("score, ")}packed, scores, thresholds + perQuery, thresholds);\n    ")}}for (int pass = 0; pass < Passes; pass++)
            {
                KeysOf(pass, 0, queries - 1, keys, out int start, out int end);
                for (; start < end; start += BlockKeys)
                {
                    LoadKeys(block, pass, start, Math.Min(BlockKeys, end - start), k);
                    for (int row = 0; row < queries; row += TileRows)
                    {
                        int count = Math.Min(TileRows, queries - row);
                        if (!block->Trim(row, row + TileRows - 1, out int panel, out int endPanel))
                        {
                            continue;
                        }

                        PackRows<V>(q + ((long)row * RowStep * QueryStride), RowStep * QueryStride, count, TileRows, QueryScale, packed);
                        {{AttentionTile.Score(Shape, "packed", "scores")}}
                        Mask<V>(block, row, panel, endPanel, {{TopK("thresholds + row, ")}}scores);
                        for (int r = 0; r < count; r++)
                        {
                            long i = (long)(row + r) * RowStep;
                            V statistic = V.Create(logSumExp[i * StatisticsStride]);
                            float* of = scores + (r * BlockKeys);
                            for (int n = panel * Panel; n < endPanel * Panel; n += V.Count)
                            {
                                V.Store(V.Exp2(V.Load(of + n) - statistic), of + n);
                            }

                            for (int n = panel * Panel; n < Math.Min(endPanel * Panel, block->Count); n++)
                            {
                                // A key that this query sees in another pass must not be overwritten with zero.
                                if (of[n] > 0)
                                {
                                    destination[(i * stride) + ((FirstKey(pass) + ((start + n) * KeyStep(pass))) * RowStep)] = of[n];
                                }
                            }
                        }
                    }
                }
            }
        }
        """);
}

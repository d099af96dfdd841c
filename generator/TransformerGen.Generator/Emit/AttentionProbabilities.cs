using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>The attention weights themselves, for pictures and tests.</summary>
internal sealed record AttentionProbabilitiesKernel(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "5 probabilities";

    public override IEnumerable<Kernel> Needs => [.. ScoreKernels, new AttentionRows(Shape), .. AttentionThresholds.Of(Shape, false)];

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>The probabilities of every sequence, one behind the other: [{{Shape.Heads}}][its queries][its keys], zero where a query does not see a key.</summary>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        {{TermReminders}}/// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="destination">Receives the probabilities.</param>
        public static void Probabilities(int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, {{TermParameters}}float* logSumExp, float* destination)
        {
            for (int sequence = 0; sequence < sequences; sequence++)
            {
                int row = queryOffsets[sequence], queries = queryOffsets[sequence + 1] - row, key = keyOffsets[sequence];
                int keys = keyEnds[sequence] - key, columns = keyOffsets[sequence + 1] - key;
                for (int head = 0; head < Heads; head++)
                {
                    for (int i = 0; i < queries; i++)
                    {
                        new Span<float>(destination + ((long)i * columns), columns).Clear();
                    }

                    float* rows = q + ((long)row * QueryStride) + (head * HeadWidth), keyRows = k + ((long)key * KeyStride) + ({{KeyHead}} * HeadWidth);
                    float* statistics = logSumExp + ((long)row * StatisticsStride) + head;
                    {{Indented(Residues(), 3)}}
                    destination += (long)queries * columns;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void ProbabilitiesOf<V>(int queries, int keys, float* q, float* k, {{HeadParameters}}float* logSumExp, int stride, float* destination)
            where V : unmanaged, ILanes<V>
        {
            int perQuery = (queries + TileRows + Panel) & -Panel;
            float* scratch = KernelScratch.Get((BlockKeys * (HeadWidth + Padded + 2)) + (TileRows * (Padded + BlockKeys)) + perQuery{{TopK(" + ThresholdScratch(keys)")}}{{DistanceFloats}});
            KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
            KeyBlock* block = &memory;
            block->First = block->Values + (BlockKeys * Padded);
            block->Last = block->First + BlockKeys;
            float* packed = block->Last + BlockKeys, scores = packed + (TileRows * Padded){{TopK(", thresholds = scores + (TileRows * BlockKeys)")}};
            {{Indented(FillDistances(Area, "", "float* distances") + TopK($"Thresholds<V>(block, queries, keys, q, k, {Additive("score, ")}{Biased("distances, ")}packed, scores, thresholds + perQuery, thresholds);\n") + EachPass(Blocks()), 1)}}
        }
        """);

    private string Area => "scores + (TileRows * BlockKeys)" + TopK(" + perQuery + ThresholdScratch(keys)");

    private string Residues()
    {
        return Shape.RowStep == 1
            ? Dispatch("ProbabilitiesOf", $"queries, keys, rows, keyRows, {HeadShares}statistics, columns, destination")
            : $$"""
              for (int residue = 0; residue < RowStep && residue < queries; residue++)
              {
                  int rowCount = (queries - residue + RowStep - 1) / RowStep, keyCount = (keys - residue + RowStep - 1) / RowStep;
                  {{Indented(Dispatch("ProbabilitiesOf", $"rowCount, keyCount, rows + (residue * QueryStride), keyRows + (residue * KeyStride), {HeadShares}statistics + (residue * StatisticsStride), columns, destination + ((long)residue * columns) + residue"), 1)}}
              }
              """;
    }

    private string Blocks() =>
        $$"""
        KeysOf({{PassArgument}}0, queries - 1, keys, out int start, out int end);
        for (; start < end; start += BlockKeys)
        {
            LoadKeys(block, {{PassArgument}}start, Math.Min(BlockKeys, end - start), {{Marked("globals, keys, ")}}k);
            long firstKey = {{KeyRows.First}};
            for (int row = 0; row < queries; row += TileRows)
            {
                int present = Math.Min(TileRows, queries - row);
                if (!block->Trim(row, row + TileRows - 1, out int panel, out int endPanel))
                {
                    continue;
                }

                {{Tiles}}PackRows<V>({{Row("q", "row", "QueryStride")}}, {{Step("QueryStride")}}, present, TileRows, QueryScale, packed);
                {{Indented(Score("packed", "scores", "row"), 2)}}
                {{Tiles}}{{(Shape.IsTopK ? "MaskTop" : "Mask")}}<V>(block, row, panel, endPanel, {{TopK("thresholds + row, ")}}scores);
                for (int r = 0; r < present; r++)
                {
                    long i = {{(Shape.RowStep == 1 ? "row + r" : "(row + r) * (long)RowStep")}};
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
                            destination[(i * stride) + firstKey + {{(KeyRows.Step == "1" ? "n" : $"(n * {KeyRows.Step})")}}] = of[n];
                        }
                    }
                }
            }
        }
        """;
}

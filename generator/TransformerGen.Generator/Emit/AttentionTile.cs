namespace TransformerGen.Generator.Emit;

/// <summary>One step of the online softmax.</summary>
internal sealed record AttentionTile(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 tile";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>
        /// One step of the online softmax: 4 queries meet the panels panel..end of a block. In scores [4, 64] stands s; then p = 2^(s - top), and
        /// sum, output ← both times 2^(old top - top), plus Σ p and p·V.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Advance<V>(KeyBlock* block, int panel, int end, float* scores, float* tops, float* sums, float* output)
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
            int keys = Math.Min(block->Count, end * Panel) - (panel * Panel);
            Rescale<V>(first, block->Values + (panel * Panel * Padded), keys, scale, output);
        }
        """);
}

/// <summary>The walk over the blocks of keys that the forward pass (keys from rows) and the cached one are.</summary>
internal sealed record AttentionAttend(AttentionShape Shape, bool Cached) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 attend" + (Cached ? " cached" : "");

    private string Past => Cached ? "past + " : "";

    private string Parameters => Cached
        ? $"int queries, int past, int keys, {(Shape.RowStep > 1 ? "int residue, " : "")}float* q, float* k, float* v, {Additive("float* score, ")}float* output"
        : $"int queries, int keys, float* q, float* k, float* v, {Additive("float* score, ")}float* output, float* logSumExp";

    private string Load => Cached
        ? $"LoadCached(block, {PassArgument}start, Math.Min(BlockKeys, end - start), {(Shape.RowStep > 1 ? "residue, " : "")}k, v, scratch);"
        : $"LoadKeys(block, {PassArgument}start, Math.Min(BlockKeys, end - start), k);\nLoadValues<V>(block, {PassArgument}start, v);";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>One head of one sequence{{(Cached ? " behind a cache: the queries stand at positions past, past + 1 and so on" : "")}}. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void {{(Cached ? "AttendCached" : "AttendRows")}}<V>({{Parameters}})
            where V : unmanaged, ILanes<V>
        {
            // Scratch: the block, 4 packed queries, their scores; per query the running maximum, sum and output{{TopK(", and its threshold")}}.
            int perQuery = (queries + TileRows + Panel) & -Panel;
            float* scratch = KernelScratch.Get((BlockKeys * (HeadWidth + Padded + 2)) + (TileRows * (Padded + BlockKeys)) + Panel + (perQuery * (2L + Padded)){{TopK(" + perQuery + ThresholdScratch(keys)")}});
            KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
            KeyBlock* block = &memory;
            block->First = block->Values + (BlockKeys * Padded);
            block->Last = block->First + BlockKeys;
            float* rows = block->Last + BlockKeys, scores = rows + (TileRows * Padded);
            float* tops = scores + (TileRows * BlockKeys) + Panel, sums = tops + perQuery, outputs = sums + perQuery;
            new Span<float>(tops, perQuery).Fill(Lowest);
            new Span<float>(sums, perQuery * (1 + Padded)).Clear();{{Thresholds()}}
            {{Indented(EachPass(Blocks()), 1)}}

            for (int row = 0; row < queries; row++)
            {
                UnpackRow<V>(outputs + ((long)row * Padded), sums[row] > 0 ? 1 / sums[row] : 0, false, {{Row("output", "row", "OutputStride")}});
            }{{(Cached ? "" : Keep())}}
        }
        """);

    private string Thresholds() => TopK(
        $"\n    float* thresholds = outputs + ((long)perQuery * Padded);\n    {(Cached ? "CachedThresholds" : "Thresholds")}<V>(block, queries, {(Cached ? "past, " : "")}keys, q, k, {(Cached ? "v, " : "")}{Additive("score, ")}rows, scores, thresholds + perQuery, thresholds);");

    private string Blocks() =>
        $$"""
        KeysOf({{PassArgument}}{{(Cached ? "past" : "0")}}, {{Past}}queries - 1, keys, out int start, out int end);
        for (; start < end; start += BlockKeys)
        {
            {{Indented(Load, 1)}}
            int row = Math.Max({{(Cached ? "block->FirstQuery - past" : "block->FirstQuery")}}, 0);
            for (; row < queries && {{Past}}row <= block->LastQuery; row += TileRows)
            {
                int position = {{Past}}row, present = Math.Min(TileRows, queries - row);
                if (!block->Trim(position, position + TileRows - 1, out int panel, out int endPanel))
                {
                    continue;
                }

                PackRows<V>({{Row("q", "row", "QueryStride")}}, {{Step("QueryStride")}}, present, TileRows, QueryScale, rows);
                {{Score("rows", "scores")}}
                {{Indented(Mask("position", "row", "scores"), 2)}}
                Advance<V>(block, panel, endPanel, scores, tops + row, sums + row, outputs + ((long)row * Padded));
            }
        }
        """;

    private string Keep() =>
        $$"""


            if (logSumExp != null)
            {
                for (int row = 0; row < queries; row++)
                {
                    // Infinity where no key was seen: 2^(s - infinity) is zero, whoever asks.
                    {{(Shape.RowStep == 1 ? "logSumExp[(long)row * StatisticsStride]" : "logSumExp[(long)row * RowStep * StatisticsStride]")}} = sums[row] > 0 ? tops[row] + MathF.Log2(sums[row]) : float.PositiveInfinity;
                }
            }
        """;
}

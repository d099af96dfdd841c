using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>The walk over the blocks of keys that the forward pass (keys from rows) and the cached one are.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Cached">Keys come from the cache.</param>
/// <param name="Dropout">Probabilities are dropped.</param>
internal sealed record AttentionAttend(AttentionShape Shape, bool Cached, bool Dropout = false) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 rows attend" + (Cached ? " cached" : "") + (Dropout ? " dropout" : "");

    public override IEnumerable<Kernel> Needs =>
    [
        .. ScoreKernels, Advance, Cached ? new AttentionCachedRows(Shape) : new AttentionRows(Shape),
        .. AttentionThresholds.Of(Shape, Cached),
    ];

    /// <summary>The method that a call site names.</summary>
    public string Method => Cached ? "AttendCached" : Dropout ? "AttendRowsDropout" : "AttendRows";

    private HeadAdvance Advance => new(Shape.HeadWidth, Dropout);

    private string Past => Cached ? "past + " : "";

    private string Parameters => Cached
        ? $"int queries, int past, int keys, {(Shape.RowStep > 1 ? "int residue, " : "")}float* q, float* k, float* v, {HeadParameters}float* output"
        : $"int queries, int keys, float* q, float* k, float* v, {HeadParameters}float* output, float* logSumExp{(Dropout ? ", DropoutKey dropout, int site, int unit, int origin" : "")}";

    private string Load => Cached
        ? $"LoadCached(block, {PassArgument}start, Math.Min(BlockKeys, end - start), {(Shape.RowStep > 1 ? "residue, " : "")}k, v, scratch);"
        : $"LoadKeys(block, {PassArgument}start, Math.Min(BlockKeys, end - start), {Marked("globals, keys, ")}k);\n{SkipUnseen}{Tiles}PackRows<V>(v + ({KeyRow} * ValueStride), {KeyStepOf("ValueStride")}, block->Count, block->Count, 1f, block->Values);";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>One head of one sequence{{(Cached ? " behind a cache: the queries stand at positions past, past + 1 and so on" : Dropout ? ", with dropout of its probabilities; the first query stands at position origin" : "")}}. Blocks of 64 keys outside, tiles of 4 queries inside: a block stays in the L1 cache while all queries pass.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void {{Method}}<V>({{Parameters}})
            where V : unmanaged, ILanes<V>
        {
            // Scratch: the block, 4 packed queries, their scores; per query the running maximum, sum and output{{TopK(", and its threshold")}}{{Biased("; the bias by distance")}}.
            int perQuery = (queries + TileRows + Panel) & -Panel;
            float* scratch = KernelScratch.Get((BlockKeys * (HeadWidth + Padded + 2)) + (TileRows * (Padded + BlockKeys)) + Panel + (perQuery * (2L + Padded)){{TopK(" + perQuery + ThresholdScratch(keys)")}}{{DistanceFloats}});
            KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
            KeyBlock* block = &memory;
            block->First = block->Values + (BlockKeys * Padded);
            block->Last = block->First + BlockKeys;
            float* rows = block->Last + BlockKeys, scores = rows + (TileRows * Padded);
            float* tops = scores + (TileRows * BlockKeys) + Panel, sums = tops + perQuery, outputs = sums + perQuery;
            new Span<float>(tops, perQuery).Fill({{Tiles}}Lowest);
            new Span<float>(sums, perQuery * (1 + Padded)).Clear();{{Indented(Areas(), 1)}}
            {{Indented(EachPass(Blocks()), 1)}}

            for (int row = 0; row < queries; row++)
            {
                {{Tiles}}UnpackRow<V>(outputs + ((long)row * Padded), sums[row] > 0 ? 1 / sums[row] : 0, false, {{Row("output", "row", "OutputStride")}});
            }{{(Cached ? "" : Keep())}}
        }
        """);

    private string Areas()
    {
        string area = "outputs + ((long)perQuery * Padded)", distances = FillDistances(Shape.IsTopK ? area + " + perQuery + ThresholdScratch(keys)" : area, Past, "float* distances");
        string thresholds = TopK(
            $"float* thresholds = {area};\n{(Cached ? "CachedThresholds" : "Thresholds")}<V>(block, queries, {(Cached ? "past, " : "")}keys, q, k, {(Cached ? "v, " : "")}{Additive("score, ")}{Biased("distances, ")}rows, scores, thresholds + perQuery, thresholds);\n");
        return ("\n" + distances + thresholds).TrimEnd();
    }

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

                {{Tiles}}PackRows<V>({{Row("q", "row", "QueryStride")}}, {{Step("QueryStride")}}, present, TileRows, QueryScale, rows);
                {{Indented(Score("rows", "scores", "position"), 2)}}
                {{Indented(Mask("position", "row", "scores"), 2)}}
                {{Tiles}}{{Advance.Method}}<V>(block, panel, endPanel, scores, tops + row, sums + row, outputs + ((long)row * Padded){{(Dropout ? ", dropout, site, unit, origin + position, start" : "")}});
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

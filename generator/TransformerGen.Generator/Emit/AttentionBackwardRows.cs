using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The backward pass of one head of one sequence.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Dropout">The forward pass dropped probabilities.</param>
/// <param name="Adding">Gradients of keys and values may be added to what is there, even where each head has its own.</param>
internal sealed record AttentionBackwardRows(AttentionShape Shape, bool Dropout, bool Adding) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 rows backward" + Suffix;

    public override IEnumerable<Kernel> Needs =>
    [
        .. ScoreKernels, new AttentionRows(Shape), new HeadDifferentiate(Shape.HeadWidth), HeadSum.Scatter(Shape.HeadWidth), .. AttentionThresholds.Of(Shape, false),
        Shape.IsAdditive ? new HeadAdditiveGradient(Shape.HeadWidth) : HeadSum.Gather(Shape.HeadWidth),
        .. Shape.SoftCap > 0 || Shape.Bias == BiasKind.Distance ? [new AttentionTermsBackward(Shape)] : (Kernel[])[], .. Dropout ? [new HeadDropout(Shape.HeadWidth)] : (Kernel[])[],
    ];

    /// <summary>The method that a call site names.</summary>
    public string Method => "BackwardRows" + Suffix;

    private string Suffix => (Dropout ? "Dropout" : "") + (Adding ? "Adding" : "");

    private bool Chooses => Adding || Shape.Group > 1;

    private string Dropped(string text) => Dropout ? text : "";

    // dQ = scale·dS·K, dK = scale·dSᵀ·Q, dS the gradient of what the tangent of a soft cap is taken of times the cap; Q was packed with a factor of its own.
    private float QueryGradientScale => Shape.IsAdditive ? 1f : (float)Shape.ExactScale;

    private float KeyGradientScale => Shape.IsAdditive ? 1f : (float)(Shape.ExactScale / AttentionConstants.QueryScale(Shape));

    /// <summary>Scratch of a query's bias by distance, and of its gradient.</summary>
    private string DistancesFloats => Biased($" + {(Shape.Bias == BiasKind.Distance ? "(2 * (queries + keys + TileRows + Panel))" : "queries + keys + TileRows + Panel")}");

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(
            $$"""
            private const float QueryGradientScale{{Suffix}} = {{Literal.Of(QueryGradientScale)}}, KeyGradientScale{{Suffix}} = {{Literal.Of(KeyGradientScale)}};

            /// <summary>What a head needs beside a block of keys: rows of 64 queries packed, P and dS [64, 64], gradients that grow.</summary>
            private struct BackwardScratch{{Suffix}}
            {
                /// <summary>64 rows of Q, scaled, and of dO; values in panels; dK and dV of the block.</summary>
                public float* Rows, DRows, ValuePanels, DKeys, DValues;

                /// <summary>S, then P; dP, then dS: [64, 64] each.</summary>
                public float* Scores, DScores;

                /// <summary>Of every query: logSumExp, rowsum(dO ∘ O), dQ{{TopK(", the smallest score it keeps")}}.</summary>
                public float* Statistics, Deltas, DQueries{{TopK(", Thresholds")}};{{Additive("\n\n    /// <summary>The score's weights, and their gradient in lanes [K, 16].</summary>\n    public float* Score, DScore;")}}{{Biased("\n\n    /// <summary>The bias by distance.</summary>\n    public float* Distances;")}}{{Distance("\n\n    /// <summary>The gradient of the bias by distance.</summary>\n    public float* DDistances;")}}{{Capped("\n\n    /// <summary>1 - tanh² of the soft cap, for 4 queries.</summary>\n    public float* Slopes;")}}{{Dropped("\n\n    /// <summary>Which dropout, of which head of which sequence, and where its first query stands.</summary>\n    public DropoutKey Dropout;\n    public int Site, Unit, Origin;")}}
            }

            """);
        EmitHead(writer);
        writer.Blank();
        EmitChunk(writer);
    }

    private void EmitHead(SourceWriter writer)
    {
        string blocks =
            $$"""
            // Every key once, those that nobody sees too: their gradient is zero.
            {{(Shape.Passes == 1
                ? "int start = 0, end = keys;"
                : "int start = 0, end = keys;\nif (pass > 0)\n{\n    KeysOf(pass, 0, queries - 1, keys, out start, out end);\n}\n")}}
            for (; start < end; start += BlockKeys)
            {
                int count = Math.Min(BlockKeys, end - start);
                long first = {{KeyRows.First}};
                LoadKeys(block, {{PassArgument}}start, count, {{Marked("globals, keys, ")}}k);
                {{Indented(SkipUnseen, 1)}}                KeyPanels.Pack(v + (first * ValueStride), {{KeyStepOf("ValueStride")}}, count, HeadWidth, s.ValuePanels);{{(Shape.IsAdditive ? "" : $"\n    {Tiles}PackRows<V>(k + (first * KeyStride), {KeyStepOf("KeyStride")}, count, count, 1f, block->Values);")}}
                new Span<float>(s.DKeys, 2 * BlockKeys * Padded).Clear();
                int stop = (int)Math.Min(queries, block->LastQuery + 1L);
                for (int chunk = Math.Max(block->FirstQuery, 0); chunk < stop; chunk += BlockKeys)
                {
                    int size = Math.Min(BlockKeys, (stop - chunk + TileRows - 1) & -TileRows), present = Math.Min(size, queries - chunk);
                    {{Tiles}}PackRows<V>({{Row("q", "chunk", "QueryStride")}}, {{Step("QueryStride")}}, present, size, QueryScale, s.Rows);
                    {{Tiles}}PackRows<V>({{Row("dOutput", "chunk", "OutputStride")}}, {{Step("OutputStride")}}, present, size, 1f, s.DRows);
                    BackwardChunk{{Suffix}}<V>(block, &s, {{(AttentionTerms.Serves(Shape) || Dropout ? "start, " : "")}}chunk, size, present);
                }

                for (int n = 0; n < count; n++)
                {
                    long row = first + {{(KeyRows.Step == "1" ? "n" : $"((long)n * {KeyRows.Step})")}};
                    {{Tiles}}UnpackRow<V>(s.DValues + (n * Padded), 1f, {{Adds}}, dv + (row * ValueStride));
                    {{Tiles}}{{(Shape.IsAdditive ? "UnpackLane(s.DKeys, n, " : $"UnpackRow<V>(s.DKeys + (n * Padded), KeyGradientScale{Suffix}, ")}}{{Adds}}, dk + (row * KeyStride));
                }
            }
            """;
        writer.Lines(
            $$"""
            /// <summary>
            /// One head of one sequence, blocks of 64 keys outside, chunks of 64 queries inside. dK and dV of a block are complete when all queries have
            /// passed; dQ grows until the last block.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void BackwardRows{{Suffix}}<V>(int queries, int keys, float* q, float* k, float* v, {{HeadParameters}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv{{Additive(", float* part")}}{{Distance(", float* biasPart")}}{{(Chooses ? ", bool add" : "")}}{{Dropped(", DropoutKey dropout, int site, int unit, int origin")}})
                where V : unmanaged, ILanes<V>
            {
                int perQuery = (Math.Max(queries, 0) + TileRows + Panel) & -Panel;
                float* scratch = KernelScratch.Get(
                    (BlockKeys * ((2L * HeadWidth) + (5 * Padded) + 2 + (2 * BlockKeys))) + (perQuery * (2L + Padded)){{Additive(" + (Padded * Panel)")}}{{TopK(" + (TileRows * BlockKeys) + Panel + perQuery + ThresholdScratch(keys)")}}{{Capped(" + (TileRows * BlockKeys)")}}{{DistancesFloats}});

                // As Values the block holds its keys by rows: what dQ is made of.
                KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
                KeyBlock* block = &memory;
                block->First = block->Values + (BlockKeys * Padded);
                block->Last = block->First + BlockKeys;
                BackwardScratch{{Suffix}} s = default;
                s.ValuePanels = block->Last + BlockKeys;
                s.DKeys = s.ValuePanels + (BlockKeys * HeadWidth);
                s.DValues = s.DKeys + (BlockKeys * Padded);
                s.Rows = s.DValues + (BlockKeys * Padded);
                s.DRows = s.Rows + (BlockKeys * Padded);
                s.Scores = s.DRows + (BlockKeys * Padded);
                s.DScores = s.Scores + (BlockKeys * BlockKeys);
                s.Statistics = s.DScores + (BlockKeys * BlockKeys);
                s.Deltas = s.Statistics + perQuery;
                s.DQueries = s.Deltas + perQuery;
                new Span<float>(s.DQueries, perQuery * Padded).Clear();{{Additive("\n    s.Score = score;\n    s.DScore = s.DQueries + ((long)perQuery * Padded);\n    new Span<float>(s.DScore, Padded * Panel).Clear();")}}{{Indented(Areas(), 1)}}
                for (int row = 0; row < queries + TileRows; row++)
                {
                    // A tile may reach behind the last query: infinity makes its P zero.
                    s.Statistics[row] = row < queries ? logSumExp[(long)row * {{Step("StatisticsStride")}}] : float.PositiveInfinity;
                    s.Deltas[row] = row < queries ? {{Tiles}}Dot<V>({{Row("dOutput", "row", "OutputStride")}}, {{Row("output", "row", "OutputStride")}}) : 0f;
                }

                {{Indented(EachPass(blocks), 1)}}

                for (int row = 0; row < queries; row++)
                {
                    {{Tiles}}UnpackRow<V>(s.DQueries + ((long)row * Padded), QueryGradientScale{{Suffix}}, false, {{Row("dq", "row", "QueryStride")}});
                }{{Additive("\n\n    for (int d = 0; d < HeadWidth; d++)\n    {\n        part[d] += V.Sum(V.Load(s.DScore + (d * Panel)));\n    }")}}{{Distance("\n\n    GatherDistances(s.DDistances, -(queries + TileRows), queries + keys + TileRows + Panel, biasPart);")}}
            }
            """);
    }

    private void EmitChunk(SourceWriter writer)
    {
        string toQueries = Shape.IsAdditive
            ? Tiles + "AdditiveGradient<V>(block, panel, endPanel, s->Rows + (r * Padded), s->Score, dScores, s->DQueries + ((long)position * Padded), s->DKeys, s->DScore);"
            : Tiles + "Gather<V>(dScores + (panel * Panel), block->Values + (panel * Panel * Padded), Math.Min(block->Count, endPanel * Panel) - (panel * Panel), s->DQueries + ((long)position * Padded));";
        string score = Score("s->Rows + (r * Padded)", "scores", "position", "s->Distances", Capped(", s->Slopes + (panel * Panel)")).Replace("present", "present - r").Replace(", score,", ", s->Score,");
        writer.Lines(
            $$"""
            /// <summary>
            /// A block of keys and up to 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O)); then dV += Pᵀ·dO{{(Shape.IsAdditive ? ", and the\n/// gradient of the score" : ", dQ += dS·K,\n/// dK += dSᵀ·Q")}}. S has the same bits as in the forward pass.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void BackwardChunk{{Suffix}}<V>(KeyBlock* block, BackwardScratch{{Suffix}}* s, {{(AttentionTerms.Serves(Shape) || Dropout ? "int start, " : "")}}int chunk, int size, int present)
                where V : unmanaged, ILanes<V>
            {
                // The queries that meet each panel: rows from..to of the chunk.
                int* from = stackalloc int[] { BlockKeys, BlockKeys, BlockKeys, BlockKeys }, to = stackalloc int[] { 0, 0, 0, 0 };
                for (int r = 0; r < size; r += TileRows)
                {
                    int position = chunk + r;
                    float* scores = s->Scores + (r * BlockKeys), dScores = s->DScores + (r * BlockKeys);
                    bool meets = block->Trim(position, position + TileRows - 1, out int panel, out int endPanel);
                    if (endPanel - panel < block->Panels)
                    {
                        new Span<float>(scores, TileRows * BlockKeys).Clear();
                        new Span<float>(dScores, TileRows * BlockKeys).Clear();
                    }

                    if (!meets)
                    {
                        continue;
                    }

                    {{Indented(score, 2)}}
                    {{Indented(Mask("position", "position", "scores", "s->Thresholds"), 2)}}
                    {{Tiles}}Products<V>(s->DRows + (r * Padded), s->ValuePanels + (panel * Panel * HeadWidth), endPanel - panel, dScores + (panel * Panel));
                    {{Dropped(Drop("dScores"))}}{{Tiles}}Differentiate<V>(panel, endPanel, s->Statistics + position, s->Deltas + position, scores, dScores);
                    {{Dropped(Drop("scores"))}}{{Indented(Terms(), 2)}}                    {{toQueries}}
                    for (int p = panel; p < endPanel; p++)
                    {
                        from[p] = Math.Min(from[p], r);
                        to[p] = r + TileRows;
                    }
                }

                for (int key = 0; key < block->Count; key += TileRows)
                {
                    int first = from[key / Panel], count = to[key / Panel] - first;
                    if (count > 0)
                    {
                        {{Tiles}}Scatter<V>(s->Scores + (first * BlockKeys) + key, s->DRows + (first * Padded), count, s->DValues + (key * Padded));{{(Shape.IsAdditive ? "" : $"\n            {Tiles}Scatter<V>(s->DScores + (first * BlockKeys) + key, s->Rows + (first * Padded), count, s->DKeys + (key * Padded));")}}
                    }
                }
            }
            """);
    }

    // Whether gradients of keys and values are added to what is there.
    private string Adds => (!Chooses, Shape.Passes == 1) switch
    {
        (true, true) => "false",
        (true, false) => "pass > 0",
        (false, true) => "add",
        _ => "add || pass > 0",
    };

    private string Areas()
    {
        string area = "s.DQueries + ((long)perQuery * Padded)" + Additive(" + (Padded * Panel)");
        string text = "";
        if (Shape.SoftCap > 0)
        {
            text += $"s.Slopes = {area};\n";
            area += " + (TileRows * BlockKeys)";
        }

        string distances = area;
        text += FillDistances(area, "", "s.Distances");
        area += Distance(" + queries + keys + TileRows + Panel");
        text += Distance($"s.DDistances = s.Distances + queries + keys + TileRows + Panel;\nnew Span<float>({area}, queries + keys + TileRows + Panel).Clear();\n");
        area = distances + DistancesFloats;
        text += TopK($"s.Thresholds = {area};\nThresholds<V>(block, queries, keys, q, k, {Additive("score, ")}{Biased("s.Distances, ")}s.Rows, s.Scores, s.Thresholds + perQuery, s.Thresholds);\n");
        return ("\n" + text + Dropped("(s.Dropout, s.Site, s.Unit, s.Origin) = (dropout, site, unit, origin);\n")).TrimEnd();
    }

    private string Drop(string values) =>
        $"{Tiles}Drop<V>(s->Dropout, s->Site, s->Unit, s->Origin + position, start + (panel * Panel), (endPanel - panel) * Panel, {values} + (panel * Panel));\n        ";

    private string Terms() =>
        Distance("AddToDistances<V>(s->DDistances + start + (panel * Panel) - position, (endPanel - panel) * Panel, dScores + (panel * Panel));\n")
        + Capped("Scale<V>((endPanel - panel) * Panel, s->Slopes + (panel * Panel), dScores + (panel * Panel));\n");
}

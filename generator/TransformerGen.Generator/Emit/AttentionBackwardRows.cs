using System;

namespace TransformerGen.Generator.Emit;

/// <summary>The backward pass of one head of one sequence.</summary>
internal sealed record AttentionBackwardRows(AttentionShape Shape) : AttentionKernel(Shape)
{
    // Products of dot-product attention: dQ = dS·K / √K, dK = dSᵀ·Q / √K; Q was packed with log2(e) / √K, hence ln 2.
    private const double Ln2 = 0.6931471805599453;

    public override string MemberKey => "1 rows backward";

    private string ScoreParameter => Additive("float* score, ");

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(
            $$"""
            private const float QueryGradientScale = {{Literal.Of(Shape.IsAdditive ? 1f : (float)(1 / Math.Sqrt(Shape.HeadWidth)))}}, KeyGradientScale = {{Literal.Of(Shape.IsAdditive ? 1f : (float)Ln2)}};

            /// <summary>What a head needs beside a block of keys: rows of 64 queries packed, P and dS [64, 64], gradients that grow.</summary>
            private struct BackwardScratch
            {
                /// <summary>64 rows of Q, scaled, and of dO; values in panels; dK and dV of the block.</summary>
                public float* Rows, DRows, ValuePanels, DKeys, DValues;

                /// <summary>S, then P; dP, then dS: [64, 64] each.</summary>
                public float* Scores, DScores;

                /// <summary>Of every query: logSumExp, rowsum(dO ∘ O), dQ{{TopK(", the smallest score it keeps")}}.</summary>
                public float* Statistics, Deltas, DQueries{{TopK(", Thresholds")}};{{Additive("\n\n    /// <summary>The score's weights, and their gradient in lanes [K, 16].</summary>\n    public float* Score, DScore;")}}
            }

            """);
        EmitHead(writer);
        writer.Blank();
        EmitChunk(writer);
        writer.Blank();
        EmitHelpers(writer);
        if (Shape.IsAdditive)
        {
            writer.Blank();
            AttentionAdditive.EmitGradient(writer);
        }
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
                LoadKeys(block, {{PassArgument}}start, count, k);
                KeyPanels.Pack(v + (first * ValueStride), {{KeyStepOf("ValueStride")}}, count, HeadWidth, s.ValuePanels);{{(Shape.IsAdditive ? "" : $"\n    PackRows<V>(k + (first * KeyStride), {KeyStepOf("KeyStride")}, count, count, 1f, block->Values);")}}
                new Span<float>(s.DKeys, 2 * BlockKeys * Padded).Clear();
                int stop = (int)Math.Min(queries, block->LastQuery + 1L);
                for (int chunk = Math.Max(block->FirstQuery, 0); chunk < stop; chunk += BlockKeys)
                {
                    int size = Math.Min(BlockKeys, (stop - chunk + TileRows - 1) & -TileRows), present = Math.Min(size, queries - chunk);
                    PackRows<V>({{Row("q", "chunk", "QueryStride")}}, {{Step("QueryStride")}}, present, size, QueryScale, s.Rows);
                    PackRows<V>({{Row("dOutput", "chunk", "OutputStride")}}, {{Step("OutputStride")}}, present, size, 1f, s.DRows);
                    BackwardChunk<V>(block, &s, chunk, size, present);
                }

                for (int n = 0; n < count; n++)
                {
                    long row = first + {{(KeyRows.Step == "1" ? "n" : $"((long)n * {KeyRows.Step})")}};
                    UnpackRow<V>(s.DValues + (n * Padded), 1f, {{(Shape.Passes == 1 ? "false" : "pass > 0")}}, dv + (row * ValueStride));
                    {{(Shape.IsAdditive ? "UnpackLane(s.DKeys, n, " : "UnpackRow<V>(s.DKeys + (n * Padded), KeyGradientScale, ")}}{{(Shape.Passes == 1 ? "false" : "pass > 0")}}, dk + (row * KeyStride));
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
            private static void BackwardRows<V>(int queries, int keys, float* q, float* k, float* v, {{ScoreParameter}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv{{Additive(", float* part")}})
                where V : unmanaged, ILanes<V>
            {
                int perQuery = (Math.Max(queries, 0) + TileRows + Panel) & -Panel;
                float* scratch = KernelScratch.Get(
                    (BlockKeys * ((2L * HeadWidth) + (5 * Padded) + 2 + (2 * BlockKeys))) + (perQuery * (2L + Padded)){{Additive(" + (Padded * Panel)")}}{{TopK(" + (TileRows * BlockKeys) + Panel + perQuery + ThresholdScratch(keys)")}});

                // As Values the block holds its keys by rows: what dQ is made of.
                KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
                KeyBlock* block = &memory;
                block->First = block->Values + (BlockKeys * Padded);
                block->Last = block->First + BlockKeys;
                BackwardScratch s = default;
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
                new Span<float>(s.DQueries, perQuery * Padded).Clear();{{Additive("\n    s.Score = score;\n    s.DScore = s.DQueries + ((long)perQuery * Padded);\n    new Span<float>(s.DScore, Padded * Panel).Clear();")}}{{TopK($"\n    s.Thresholds = s.DQueries + ((long)perQuery * Padded){Additive(" + (Padded * Panel)")};\n    Thresholds<V>(block, queries, keys, q, k, {Additive("score, ")}s.Rows, s.Scores, s.Thresholds + perQuery, s.Thresholds);")}}
                for (int row = 0; row < queries + TileRows; row++)
                {
                    // A tile may reach behind the last query: infinity makes its P zero.
                    s.Statistics[row] = row < queries ? logSumExp[(long)row * {{Step("StatisticsStride")}}] : float.PositiveInfinity;
                    s.Deltas[row] = row < queries ? Dot<V>({{Row("dOutput", "row", "OutputStride")}}, {{Row("output", "row", "OutputStride")}}) : 0f;
                }

                {{Indented(EachPass(blocks), 1)}}

                for (int row = 0; row < queries; row++)
                {
                    UnpackRow<V>(s.DQueries + ((long)row * Padded), QueryGradientScale, false, {{Row("dq", "row", "QueryStride")}});
                }{{Additive("\n\n    for (int d = 0; d < HeadWidth; d++)\n    {\n        part[d] += V.Sum(V.Load(s.DScore + (d * Panel)));\n    }")}}
            }
            """);
    }

    private void EmitChunk(SourceWriter writer)
    {
        string toQueries = Shape.IsAdditive
            ? "AdditiveGradient<V>(block, panel, endPanel, s->Rows + (r * Padded), s->Score, dScores, s->DQueries + ((long)position * Padded), s->DKeys, s->DScore);"
            : "Gather<V>(dScores + (panel * Panel), block->Values + (panel * Panel * Padded), Math.Min(block->Count, endPanel * Panel) - (panel * Panel), s->DQueries + ((long)position * Padded));";
        string score = Score("s->Rows + (r * Padded)", "scores").Replace("present", "present - r").Replace(", score,", ", s->Score,");
        writer.Lines(
            $$"""
            /// <summary>
            /// A block of keys and up to 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O)); then dV += Pᵀ·dO{{(Shape.IsAdditive ? ", and the\n/// gradient of the score" : ", dQ += dS·K,\n/// dK += dSᵀ·Q")}}. S has the same bits as in the forward pass.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void BackwardChunk<V>(KeyBlock* block, BackwardScratch* s, int chunk, int size, int present)
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

                    {{score}}
                    {{Indented(Mask("position", "position", "scores").Replace("thresholds", "s->Thresholds"), 2)}}
                    Products<V>(s->DRows + (r * Padded), s->ValuePanels + (panel * Panel * HeadWidth), endPanel - panel, dScores + (panel * Panel));
                    Differentiate<V>(panel, endPanel, s->Statistics + position, s->Deltas + position, scores, dScores);
                    {{toQueries}}
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
                        Scatter<V>(s->Scores + (first * BlockKeys) + key, s->DRows + (first * Padded), count, s->DValues + (key * Padded));{{(Shape.IsAdditive ? "" : "\n            Scatter<V>(s->DScores + (first * BlockKeys) + key, s->Rows + (first * Padded), count, s->DKeys + (key * Padded));")}}
                    }
                }
            }
            """);
    }

    private static void EmitHelpers(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Turns scores into P and dP into dS = P ∘ (dP - delta), for 4 queries and the panels panel..end.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Differentiate<V>(int panel, int end, float* statistics, float* deltas, float* scores, float* dScores)
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
        private static float Dot<V>(float* left, float* right)
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

using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>Gradients of whole sequences: probabilities are computed again from q, k and logSumExp.</summary>
internal sealed record AttentionBackwardKernel(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "3 backward";

    public override IEnumerable<Kernel> Needs =>
    [
        new AttentionTiles(Shape), new AttentionPattern(Shape), new AttentionRows(Shape), new AttentionTile(Shape), new AttentionBackwardRows(Shape),
        .. AttentionThresholds.Of(Shape, false), .. AttentionAdditive.Of(Shape),
    ];

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(
            $$"""
            /// <summary>The gradients of q, k and v from that of the output: stored, not added, in the column ranges and strides of q, k and v.{{DescribeTails()}}</summary>
            /// <param name="team">Work is split by sequence and head.</param>
            /// <param name="sequences">Sequences.</param>
            /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
            /// <param name="keyOffsets">The same of the key rows.</param>
            /// <param name="q">As the forward pass read it.</param>
            /// <param name="k">As the forward pass read it.</param>
            /// <param name="v">As the forward pass read it.</param>
            {{Additive("/// <param name=\"score\">As the forward pass read it.</param>\n")}}/// <param name="output">As the forward pass wrote it.</param>
            /// <param name="logSumExp">As the forward pass wrote it.</param>
            /// <param name="dOutput">Gradient of the output, stride {{Shape.OutputStride}}.</param>
            /// <param name="dq">Receives the gradient of q, stride {{Shape.QueryStride}}.</param>
            /// <param name="dk">Receives the gradient of k, stride {{Shape.KeyStride}}.</param>
            /// <param name="dv">Receives the gradient of v, stride {{Shape.ValueStride}}.</param>{{Additive($"\n/// <param name=\"dScore\">Receives the gradient of score, [{Shape.Heads}, {Shape.PaddedHeadWidth}].</param>\n/// <param name=\"add\">Add to dScore instead of storing.</param>\n/// <param name=\"parts\">Scratch, [sequences, {Shape.Heads * Shape.PaddedHeadWidth}]: each sequence's part of dScore; they are summed in order.</param>")}}
            public static void Backward(Team team, int sequences, int* queryOffsets, int* keyOffsets, float* q, float* k, float* v, {{Additive("float* score, ")}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv{{Additive(", float* dScore, bool add, float* parts")}})
            {
                BackwardWork work = new()
                {
                    QueryOffsets = queryOffsets, KeyOffsets = keyOffsets, Q = q, K = k, V = v, {{Additive("Score = score, Parts = parts, ")}}Output = output, LogSumExp = logSumExp,
                    DOutput = dOutput, DQ = dq, DK = dk, DV = dv,
                };
                int units = sequences * Heads;
                if (IsSmall(sequences, queryOffsets, keyOffsets))
                {
                    BackwardHeads(0, units, &work);
                }
                else
                {
                    team.Run(units, &BackwardHeads, &work);
                }{{Additive("\n\n    SumParts(sequences, parts, add, dScore);")}}
            }

            private struct BackwardWork
            {
                public int* QueryOffsets, KeyOffsets;
                public float* Q, K, V, {{Additive("Score, Parts, ")}}Output, LogSumExp, DOutput, DQ, DK, DV;
            }

            private static void BackwardHeads(int first, int end, void* state)
            {
                {{Indented(Dispatch("BackwardHeads", "first, end, (BackwardWork*)state"), 1)}}
            }

            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void BackwardHeads<V>(int first, int end, BackwardWork* work)
                where V : unmanaged, ILanes<V>
            {
                for (int unit = first; unit < end; unit++)
                {
                    int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth;
                    int row = work->QueryOffsets[sequence], queries = work->QueryOffsets[sequence + 1] - row;
                    int key = work->KeyOffsets[sequence], keys = work->KeyOffsets[sequence + 1] - key;
                    long atQ = ((long)row * QueryStride) + column, atK = ((long)key * KeyStride) + column, atV = ((long)key * ValueStride) + column;
                    long atOutput = ((long)row * OutputStride) + column;
                    float* q = work->Q + atQ, k = work->K + atK, v = work->V + atV, output = work->Output + atOutput, dOutput = work->DOutput + atOutput;
                    float* dq = work->DQ + atQ, dk = work->DK + atK, dv = work->DV + atV, logSumExp = work->LogSumExp + ((long)row * StatisticsStride) + head;
                    {{Additive("float* score = work->Score + (head * Padded), part = work->Parts + (((sequence * Heads) + head) * Padded);\n        new Span<float>(part, Padded).Clear();\n        ")}}{{Indented(Residues(), 2)}}{{Tails()}}
                }
            }
            """);
        if (Shape.IsAdditive)
        {
            writer.Blank();
            EmitSumParts(writer);
        }
    }

    private string DescribeTails() => (Shape.QueryTail + Shape.KeyTail + Shape.ValueTail) == 0 ? "" : " Padding columns behind the last range of a row become zero.";

    private string Residues()
    {
        string score = Additive("score, "), part = Additive(", part");
        if (Shape.RowStep == 1)
        {
            return $"BackwardRows<V>(queries, keys, q, k, v, {score}output, logSumExp, dOutput, dq, dk, dv{part});";
        }

        return
            $$"""
            for (int residue = 0; residue < RowStep && residue < Math.Max(queries, keys); residue++)
            {
                // The rows residue, residue + {{Shape.RowStep}} ... see only each other: a window over every {{Shape.RowStep}}th row.
                int toQ = residue * QueryStride, toK = residue * KeyStride, toV = residue * ValueStride, toOutput = residue * OutputStride;
                BackwardRows<V>((queries - residue + RowStep - 1) / RowStep, (keys - residue + RowStep - 1) / RowStep, q + toQ, k + toK, v + toV, {{score}}output + toOutput, logSumExp + (residue * StatisticsStride), dOutput + toOutput, dq + toQ, dk + toK, dv + toV{{part}});
            }
            """;
    }

    private string Tails()
    {
        if (Shape.QueryTail + Shape.KeyTail + Shape.ValueTail == 0)
        {
            return "";
        }

        string clear = "";
        foreach ((string name, string stride, int tail, string rows) in new[]
        {
            ("dq", "QueryStride", Shape.QueryTail, "queries"), ("dk", "KeyStride", Shape.KeyTail, "keys"), ("dv", "ValueStride", Shape.ValueTail, "keys"),
        })
        {
            clear += tail == 0 ? "" : $"\n            ClearBehind({name} + HeadWidth, {stride}, {tail}, {rows});";
        }

        return $"\n\n        if (head == Heads - 1)\n        {{{clear}\n        }}";
    }

    private static void EmitSumParts(SourceWriter writer) => writer.Lines(
        """
        /// <summary>dScore = (dScore +) the sum of the sequences' parts, in order.</summary>
        private static void SumParts(int sequences, float* parts, bool add, float* dScore)
        {
            for (int i = 0; i < Heads * Padded; i++)
            {
                float sum = 0f;
                for (int sequence = 0; sequence < sequences; sequence++)
                {
                    sum += parts[((long)sequence * Heads * Padded) + i];
                }

                dScore[i] = add ? dScore[i] + sum : sum;
            }
        }
        """);
}

/// <summary>The backward pass of one head of one sequence.</summary>
internal sealed record AttentionBackwardRows(AttentionShape Shape) : AttentionKernel(Shape)
{
    // Products of dot-product attention: dQ = dS·K / √K, dK = dSᵀ·Q / √K; Q was packed with log2(e) / √K, hence ln 2.
    private const double Ln2 = 0.6931471805599453;

    public override string MemberKey => "1 rows backward";

    public override void Emit(SourceWriter writer)
    {
        string queryFactor = AttentionShape.Literal(Shape.IsAdditive ? 1 : 1 / Math.Sqrt(Shape.HeadWidth)), keyFactor = AttentionShape.Literal(Shape.IsAdditive ? 1 : Ln2);
        string afterScores = Shape.IsAdditive
            ? "AdditiveGradient<V>(block, panel, endPanel, rows + (r * Padded), score, dScores + (r * BlockKeys), dQueries + ((long)position * Padded), dKeys, dScore);"
            : "Gather<V>(dScores + (r * BlockKeys) + (panel * Panel), block->Values + (panel * Panel * Padded), Math.Min(block->Count, endPanel * Panel) - (panel * Panel), dQueries + ((long)position * Padded));";
        writer.Lines(
            $$"""
            private const float QueryGradientScale = {{queryFactor}}, KeyGradientScale = {{keyFactor}};

            /// <summary>
            /// One head of one sequence. For a block of 64 keys and 64 queries: P = 2^(S - logSumExp), dP = dO·Vᵀ, dS = P ∘ (dP - rowsum(dO ∘ O));
            /// then dV += Pᵀ·dO{{(Shape.IsAdditive ? ", and the gradient of the score" : ", dQ += dS·K, dK += dSᵀ·Q")}}. S has the same bits as in the forward pass.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void BackwardRows<V>(int queries, int keys, float* q, float* k, float* v, {{Additive("float* score, ")}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv{{Additive(", float* part")}})
                where V : unmanaged, ILanes<V>
            {
                // Scratch: the block (as Values its keys by rows), values in panels, dK, dV, 64 packed rows of Q and dO, P and dS, statistics and dQ of all queries.
                int perQuery = (Math.Max(queries, 0) + TileRows + Panel) & -Panel;
                float* scratch = KernelScratch.Get((BlockKeys * ((2 * HeadWidth) + (5 * Padded) + 2 + (2 * BlockKeys))) + ({{(Shape.IsAdditive ? "Padded * Panel" : "0")}}) + (TileRows * (Padded + BlockKeys)) + ((long)perQuery * (2 + Padded)){{(Shape.IsTopK ? " + perQuery + ThresholdScratch(keys)" : "")}});
                KeyBlock memory = new() { Keys = scratch, Values = scratch + (BlockKeys * HeadWidth) };
                KeyBlock* block = &memory;
                block->First = block->Values + (BlockKeys * Padded);
                block->Last = block->First + BlockKeys;
                float* valuePanels = block->Last + BlockKeys, dKeys = valuePanels + (BlockKeys * HeadWidth), dValues = dKeys + (BlockKeys * Padded);
                float* rows = dValues + (BlockKeys * Padded), dRows = rows + (BlockKeys * Padded), scores = dRows + (BlockKeys * Padded), dScores = scores + (BlockKeys * BlockKeys);
                float* statistics = dScores + (BlockKeys * BlockKeys), deltas = statistics + perQuery, dQueries = deltas + perQuery;
                {{Additive("float* dScore = dQueries + ((long)perQuery * Padded);\n    new Span<float>(dScore, Padded * Panel).Clear();\n    ")}}new Span<float>(dQueries, perQuery * Padded).Clear();
                {{(Shape.IsTopK ? $"float* thresholds = dQueries + ((long)perQuery * Padded){Additive(" + (Padded * Panel)")};\n    Thresholds<V>(block, queries, keys, q, k, {Additive("score, ")}rows, scores, thresholds + perQuery, thresholds);\n    " : "")}}for (int row = 0; row < queries + TileRows; row++)
                {
                    long at = (long)row * RowStep;
                    statistics[row] = row < queries ? logSumExp[at * StatisticsStride] : float.PositiveInfinity;
                    deltas[row] = row < queries ? Dot<V>(dOutput + (at * OutputStride), output + (at * OutputStride)) : 0f;
                }

                int* seenFrom = stackalloc int[2 * (BlockKeys / Panel)], seenTo = seenFrom + (BlockKeys / Panel);
                for (int pass = 0; pass < Passes; pass++)
                {
                    KeysOf(pass, 0, queries - 1, keys, out int start, out int end);
                    if (pass == 0)
                    {
                        // All keys: those that nobody sees get a gradient of zero.
                        start = 0;
                        end = keys;
                    }

                    for (; start < end; start += BlockKeys)
                    {
                        int count = Math.Min(BlockKeys, end - start), step = KeyStep(pass) * RowStep;
                        long first = (FirstKey(pass) + ((long)start * KeyStep(pass))) * RowStep;
                        LoadKeys(block, pass, start, count, k);
                        KeyPanels.Pack(v + (first * ValueStride), (nint)step * ValueStride, count, HeadWidth, valuePanels);
                        {{(Shape.IsAdditive ? "" : "PackRows<V>(k + (first * KeyStride), step * KeyStride, count, count, 1f, block->Values);\n            ")}}                        new Span<float>(dKeys, 2 * BlockKeys * Padded).Clear();
                        int stop = (int)Math.Min(queries, block->LastQuery + 1L);
                        for (int chunk = Math.Max(block->FirstQuery, 0); chunk < stop; chunk += BlockKeys)
                        {
                            int size = Math.Min(BlockKeys, (stop - chunk + TileRows - 1) & -TileRows), present = Math.Min(size, queries - chunk);
                            PackRows<V>(q + ((long)chunk * RowStep * QueryStride), RowStep * QueryStride, present, size, QueryScale, rows);
                            PackRows<V>(dOutput + ((long)chunk * RowStep * OutputStride), RowStep * OutputStride, present, size, 1f, dRows);
                            for (int p = 0; p < BlockKeys / Panel; p++)
                            {
                                seenFrom[p] = BlockKeys;
                                seenTo[p] = 0;
                            }

                            for (int r = 0; r < size; r += TileRows)
                            {
                                int position = chunk + r;
                                block->Trim(position, position + TileRows - 1, out int panel, out int endPanel);
                                if (endPanel - panel < block->Panels)
                                {
                                    new Span<float>(scores + (r * BlockKeys), TileRows * BlockKeys).Clear();
                                    new Span<float>(dScores + (r * BlockKeys), TileRows * BlockKeys).Clear();
                                    if (panel == endPanel)
                                    {
                                        continue;
                                    }
                                }

                                {{AttentionTile.Score(Shape, "rows + (r * Padded)", "scores + (r * BlockKeys)")}}
                                {{AttentionTile.Mask(Shape, "position", "position", "scores + (r * BlockKeys)")}}

                                Products<V>(dRows + (r * Padded), valuePanels + (panel * Panel * HeadWidth), endPanel - panel, dScores + (r * BlockKeys) + (panel * Panel));
                                Differentiate<V>(panel, endPanel, statistics + position, deltas + position, scores + (r * BlockKeys), dScores + (r * BlockKeys));
                                {{afterScores}}
                                for (int p = panel; p < endPanel; p++)
                                {
                                    seenFrom[p] = Math.Min(seenFrom[p], r);
                                    seenTo[p] = r + TileRows;
                                }
                            }

                            for (int key = 0; key < count; key += TileRows)
                            {
                                int from = seenFrom[key / Panel], seen = seenTo[key / Panel] - from;
                                if (seen > 0)
                                {
                                    Scatter<V>(scores + (from * BlockKeys) + key, dRows + (from * Padded), seen, dValues + (key * Padded));{{(Shape.IsAdditive ? "" : "\n                        Scatter<V>(dScores + (from * BlockKeys) + key, rows + (from * Padded), seen, dKeys + (key * Padded));")}}
                                }
                            }
                        }

                        for (int n = 0; n < count; n++)
                        {
                            long at = first + ((long)n * step);
                            UnpackRow<V>(dValues + (n * Padded), 1f, pass > 0, dv + (at * ValueStride));
                            {{(Shape.IsAdditive ? "UnpackLane(dKeys, n, pass > 0, dk + (at * KeyStride));" : "UnpackRow<V>(dKeys + (n * Padded), KeyGradientScale, pass > 0, dk + (at * KeyStride));")}}
                        }
                    }
                }

                for (int row = 0; row < queries; row++)
                {
                    UnpackRow<V>(dQueries + ((long)row * Padded), QueryGradientScale, false, dq + ((long)row * RowStep * QueryStride));
                }{{Additive("\n\n    for (int d = 0; d < HeadWidth; d++)\n    {\n        part[d] += V.Sum(V.Load(dScore + (d * Panel)));\n    }")}}
            }

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
        if (Shape.IsAdditive)
        {
            writer.Blank();
            AttentionAdditive.EmitGradient(writer);
        }
    }
}

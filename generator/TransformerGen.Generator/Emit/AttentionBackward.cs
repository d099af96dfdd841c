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
                    {{Additive("float* score = work->Score + (head * Padded), part = work->Parts + (((sequence * Heads) + head) * Padded);\n        new Span<float>(part, Padded).Clear();\n        ")}}{{Indented(Residues(), 2)}}{{Indented(ClearPadding(("dq + HeadWidth", "QueryStride", Shape.QueryTail, "queries"), ("dk + HeadWidth", "KeyStride", Shape.KeyTail, "keys"), ("dv + HeadWidth", "ValueStride", Shape.ValueTail, "keys")), 2)}}
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

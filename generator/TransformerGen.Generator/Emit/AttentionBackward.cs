using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Gradients of whole sequences: probabilities are computed again from q, k and logSumExp.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Dropout">The forward pass dropped probabilities.</param>
internal sealed record AttentionBackwardKernel(AttentionShape Shape, bool Dropout = false) : AttentionKernel(Shape)
{
    public override string MemberKey => "3 backward" + Suffix;

    /// <summary>The method that a call site names.</summary>
    public string Method => "Backward" + Suffix;

    private string Suffix => Dropout ? "Dropout" : "";

    private string Dropped(string text) => Dropout ? text : "";

    public override IEnumerable<Kernel> Needs =>
    [
        new AttentionConstants(Shape), new AttentionRows(Shape), new HeadPacking(Shape.HeadWidth), new AttentionBackwardRows(Shape, Dropout, false),
        .. Shape.IsAdditive || Shape.Bias == BiasKind.Distance ? [new AttentionParts(Shape)] : (Kernel[])[],
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
            /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
            /// <param name="q">As the forward pass read it.</param>
            /// <param name="k">As the forward pass read it.</param>
            /// <param name="v">As the forward pass read it.</param>
            {{TermReminders}}/// <param name="output">As the forward pass wrote it.</param>
            /// <param name="logSumExp">As the forward pass wrote it.</param>
            /// <param name="dOutput">Gradient of the output, stride {{Shape.OutputStride}}.</param>
            /// <param name="dq">Receives the gradient of q, stride {{Shape.QueryStride}}.</param>
            /// <param name="dk">Receives the gradient of k, stride {{Shape.KeyStride}}.</param>
            /// <param name="dv">Receives the gradient of v, stride {{Shape.ValueStride}}.</param>{{Additive($"\n/// <param name=\"dScore\">Receives the gradient of score, [{Shape.Heads}, {Shape.PaddedHeadWidth}].</param>\n/// <param name=\"add\">Add to dScore instead of storing.</param>\n/// <param name=\"parts\">Scratch, [sequences, {Shape.Heads * Shape.PaddedHeadWidth}]: each sequence's part of dScore; they are summed in order.</param>")}}{{Distance($"\n/// <param name=\"dBias\">Receives the gradient of bias.</param>\n/// <param name=\"addBias\">Add to dBias instead of storing.</param>\n/// <param name=\"biasParts\">Scratch, [sequences, {BiasStride}]: each sequence's part of dBias; they are summed in order.</param>")}}{{Dropped("\n/// <param name=\"dropout\">As the forward pass got it.</param>\n/// <param name=\"site\">As the forward pass got it.</param>")}}
            public static void {{Method}}(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, {{TermParameters}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv{{Additive(", float* dScore, bool add, float* parts")}}{{Distance(", float* dBias, bool addBias, float* biasParts")}}{{Dropped(", DropoutKey dropout, int site")}})
            {
                {{Method}}Work work = new()
                {
                    QueryOffsets = queryOffsets, KeyOffsets = keyOffsets, KeyEnds = keyEnds, Q = q, K = k, V = v, {{TermValues}}{{Additive("Parts = parts, ")}}{{Distance("BiasParts = biasParts, ")}}Output = output, LogSumExp = logSumExp,
                    DOutput = dOutput, DQ = dq, DK = dk, DV = dv,{{Dropped(" Dropout = dropout, Site = site,")}}
                };
                int units = sequences * {{(Shape.Group == 1 ? "Heads" : "KeyHeads")}};
                if (IsSmall(sequences, queryOffsets, keyOffsets))
                {
                    {{Method}}Heads(0, units, &work);
                }
                else
                {
                    team.Run(units, &{{Method}}Heads, &work);
                }{{Additive("\n\n    SumParts(sequences, Heads * Padded, parts, add, dScore);")}}{{Distance($"\n\n    SumParts(sequences, {BiasStride}, biasParts, addBias, dBias);")}}
            }

            private struct {{Method}}Work
            {
                public int* QueryOffsets, KeyOffsets, KeyEnds{{Marked(", Globals")}};
                public float* Q, K, V, {{TermFields}}{{Additive("Parts, ")}}{{Distance("BiasParts, ")}}Output, LogSumExp, DOutput, DQ, DK, DV;{{Dropped("\n    public DropoutKey Dropout;\n    public int Site;")}}
            }

            private static void {{Method}}Heads(int first, int end, void* state)
            {
                {{Indented(Dispatch(Method + "Heads", $"first, end, ({Method}Work*)state"), 1)}}
            }

            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void {{Method}}Heads<V>(int first, int end, {{Method}}Work* work)
                where V : unmanaged, ILanes<V>
            {
                for (int unit = first; unit < end; unit++)
                {
                    {{Indented(Shape.Group == 1 ? One() : Grouped(), 2)}}
                }
            }
            """);
    }

    private int BiasStride => AttentionShape.Pad(Shape.Heads * Shape.BiasSpan);

    private string One() =>
        $$"""
        int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth;
        int row = work->QueryOffsets[sequence], queries = work->QueryOffsets[sequence + 1] - row;
        int key = work->KeyOffsets[sequence], keys = work->KeyEnds[sequence] - key, keyRows = work->KeyOffsets[sequence + 1] - key;
        long atQ = ((long)row * QueryStride) + column, atK = ((long)key * KeyStride) + column, atV = ((long)key * ValueStride) + column;
        {{Indented(Head(), 0)}}
        {{Indented(ClearHidden("dk", "dv"), 0)}}{{Indented(Clear("head == Heads - 1"), 0)}}
        """;

    // The heads of a group one after the other: gradients of keys and values have one writer.
    private string Grouped() =>
        $$"""
        int sequence = unit / KeyHeads, keyHead = unit % KeyHeads, row = work->QueryOffsets[sequence], queries = work->QueryOffsets[sequence + 1] - row;
        int key = work->KeyOffsets[sequence], keys = work->KeyEnds[sequence] - key, keyRows = work->KeyOffsets[sequence + 1] - key;
        long atK = ((long)key * KeyStride) + (keyHead * HeadWidth), atV = ((long)key * ValueStride) + (keyHead * HeadWidth);
        for (int head = keyHead * Group; head < (keyHead + 1) * Group; head++)
        {
            // The first head of the group stores the gradients of its keys and values, the others add to them.
            int column = head * HeadWidth;
            bool add = head > keyHead * Group;
            long atQ = ((long)row * QueryStride) + column;
            {{Indented(Head(), 1)}}{{Indented(Clear("head == Heads - 1"), 1)}}
        }

        {{Indented(ClearHidden("work->DK + atK", "work->DV + atV"), 0)}}
        """;

    private string Head() =>
        $$"""
        long atOutput = ((long)row * OutputStride) + column;
        float* q = work->Q + atQ, k = work->K + atK, v = work->V + atV, output = work->Output + atOutput, dOutput = work->DOutput + atOutput;
        float* dq = work->DQ + atQ, dk = work->DK + atK, dv = work->DV + atV, logSumExp = work->LogSumExp + ((long)row * StatisticsStride) + head;
        {{HeadLocals("work->")}}{{Additive("float* part = work->Parts + (((sequence * Heads) + head) * Padded);\nnew Span<float>(part, Padded).Clear();\n")}}{{Distance(
            $"float* biasPart = work->BiasParts + ((long)sequence * {BiasStride}) + (head * {Shape.BiasSpan});\nnew Span<float>(biasPart, {Shape.BiasSpan}).Clear();\n{ClearBiasPadding}")}}{{Residues()}}
        """;

    private string ClearBiasPadding => BiasStride == Shape.Heads * Shape.BiasSpan ? ""
        : $"if (head == Heads - 1)\n{{\n    new Span<float>(biasPart + {Shape.BiasSpan}, {BiasStride - (Shape.Heads * Shape.BiasSpan)}).Clear();\n}}\n\n";

    private string Clear(string last) => ClearPadding(
        last, ("dq + HeadWidth", "QueryStride", Shape.QueryTail, "queries"), ("dk + HeadWidth", "KeyStride", Shape.KeyTail, "keyRows"), ("dv + HeadWidth", "ValueStride", Shape.ValueTail, "keyRows"));

    // Nobody has seen padding rows: their gradient is zero, and it is written like any other.
    private string ClearHidden(string dk, string dv) =>
        $$"""
        if (keyRows > keys)
        {
            {{Tiles}}ClearBehind({{dk}} + ((long)keys * KeyStride), KeyStride, HeadWidth, keyRows - keys);
            {{Tiles}}ClearBehind({{dv}} + ((long)keys * ValueStride), ValueStride, HeadWidth, keyRows - keys);
        }
        """;

    private string DescribeTails() => (Shape.QueryTail + Shape.KeyTail + Shape.ValueTail) == 0 ? "" : " Padding columns behind the last range of a row become zero.";

    private string Residues()
    {
        string part = Additive(", part") + Distance(", biasPart") + (Shape.Group == 1 ? "" : ", add") + Dropped($", work->Dropout, work->Site, {(Shape.Group == 1 ? "unit" : "(sequence * Heads) + head")}, 0");
        if (Shape.RowStep == 1)
        {
            return $"BackwardRows{Suffix}<V>(queries, keys, q, k, v, {HeadArguments}output, logSumExp, dOutput, dq, dk, dv{part});";
        }

        return
            $$"""
            for (int residue = 0; residue < RowStep && residue < Math.Max(queries, keys); residue++)
            {
                // The rows residue, residue + {{Shape.RowStep}} ... see only each other: a window over every {{Shape.RowStep}}th row.
                int toQ = residue * QueryStride, toK = residue * KeyStride, toV = residue * ValueStride, toOutput = residue * OutputStride;
                BackwardRows{{Suffix}}<V>((queries - residue + RowStep - 1) / RowStep, (keys - residue + RowStep - 1) / RowStep, q + toQ, k + toK, v + toV, {{HeadArguments}}output + toOutput, logSumExp + (residue * StatisticsStride), dOutput + toOutput, dq + toQ, dk + toK, dv + toV{{part}});
            }
            """;
    }
}

/// <summary>Gradients of parameters that every sequence has a part of.</summary>
internal sealed record AttentionParts(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "3 sum";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>gradient = (gradient +) the sum of the sequences' parts, in order.</summary>
        private static void SumParts(int sequences, int count, float* parts, bool add, float* gradient)
        {
            for (int i = 0; i < count; i++)
            {
                float sum = 0f;
                for (int sequence = 0; sequence < sequences; sequence++)
                {
                    sum += parts[((long)sequence * count) + i];
                }

                gradient[i] = add ? gradient[i] + sum : sum;
            }
        }
        """);
}

using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>Attention of whole sequences: keys and values come from rows.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Keep">Write logSumExp, which the backward pass and the capture of probabilities read.</param>
/// <param name="Dropout">Drop probabilities.</param>
internal sealed record AttentionForwardKernel(AttentionShape Shape, bool Keep, bool Dropout = false) : AttentionKernel(Shape)
{
    public override string MemberKey => "2 forward" + (Keep ? " keep" : "") + (Dropout ? " dropout" : "");

    public override IEnumerable<Kernel> Needs => [new AttentionConstants(Shape), new AttentionRows(Shape), new HeadPacking(Shape.HeadWidth), Attend];

    /// <summary>The method that a call site names.</summary>
    public string Method => (Keep ? "ForwardKeep" : "Forward") + (Dropout ? "Dropout" : "");

    private AttentionAttend Attend => new(Shape, false, Dropout);

    private string Kept(string text) => Keep ? text : "";

    private string Dropped(string text) => Dropout ? text : "";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>output[rows, {{Shape.Width}}] = the attention of every query row, heads side by side, padding columns zero; a query that sees no key yields zeros.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="queryOffsets">First query row of each sequence, and the end of the last.</param>
        /// <param name="keyOffsets">The same of the key rows.</param>
        /// <param name="keyEnds">End of the key rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride {{Shape.QueryStride}}.</param>
        /// <param name="k">The same of the keys; stride {{Shape.KeyStride}}.</param>
        /// <param name="v">The same of the values; stride {{Shape.ValueStride}}.</param>
        {{TermDocumentation}}/// <param name="output">Receives the rows; stride {{Shape.OutputStride}}.</param>{{Kept($"\n/// <param name=\"logSumExp\">Receives the base-2 logarithm of each softmax's denominator, [rows, {Shape.StatisticsStride}].</param>")}}{{Dropped("\n/// <param name=\"dropout\">Dropout of this pass.</param>\n/// <param name=\"site\">Which dropout of the model.</param>")}}
        public static void {{Method}}(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, {{TermParameters}}float* output{{Kept(", float* logSumExp")}}{{Dropped(", DropoutKey dropout, int site")}})
        {
            {{Method}}Work work = new() { QueryOffsets = queryOffsets, KeyOffsets = keyOffsets, KeyEnds = keyEnds, Q = q, K = k, V = v, {{TermValues}}Output = output{{Kept(", LogSumExp = logSumExp")}}{{Dropped(", Dropout = dropout, Site = site")}} };
            int units = sequences * Heads;
            if (IsSmall(sequences, queryOffsets, keyOffsets))
            {
                {{Method}}Heads(0, units, &work);
            }
            else
            {
                team.Run(units, &{{Method}}Heads, &work);
            }
        }

        private struct {{Method}}Work
        {
            public int* QueryOffsets, KeyOffsets, KeyEnds{{Marked(", Globals")}};
            public float* Q, K, V, {{TermFields}}Output{{Kept(", LogSumExp")}};{{Dropped("\n    public DropoutKey Dropout;\n    public int Site;")}}
        }

        private static void {{Method}}Heads(int first, int end, void* state)
        {
            {{Indented(Dispatch(Method + "Heads", "first, end, (" + Method + "Work*)state"), 1)}}
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void {{Method}}Heads<V>(int first, int end, {{Method}}Work* work)
            where V : unmanaged, ILanes<V>
        {
            for (int unit = first; unit < end; unit++)
            {
                int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth;
                int row = work->QueryOffsets[sequence], queries = work->QueryOffsets[sequence + 1] - row;
                int key = work->KeyOffsets[sequence], keys = work->KeyEnds[sequence] - key;
                float* q = work->Q + ((long)row * QueryStride) + column, output = work->Output + ((long)row * OutputStride) + column;
                float* k = work->K + ((long)key * KeyStride) + {{KeyColumn}}, v = work->V + ((long)key * ValueStride) + {{KeyColumn}};
                {{Indented(Kept("float* logSumExp = work->LogSumExp + ((long)row * StatisticsStride) + head;\n") + HeadLocals("work->") + Residues(), 2)}}{{Indented(ClearPadding("head == Heads - 1", ("output + HeadWidth", "OutputStride", Shape.OutputStride - Shape.Width, "queries"), ("logSumExp + 1", "StatisticsStride", Keep ? Shape.StatisticsStride - Shape.Heads : 0, "queries")), 2)}}
            }
        }
        """);

    private string Residues()
    {
        string statistics = Keep ? "logSumExp" : "null";
        if (Shape.RowStep == 1)
        {
            return $"{Attend.Method}<V>(queries, keys, q, k, v, {HeadArguments}output, {statistics}{Dropped(", work->Dropout, work->Site, unit, 0")});";
        }

        string next = Keep ? $"logSumExp + (residue * StatisticsStride)" : "null";
        return
            $$"""
            for (int residue = 0; residue < RowStep && residue < queries; residue++)
            {
                // The rows residue, residue + {{Shape.RowStep}} ... see only each other: a window over every {{Shape.RowStep}}th row.
                AttendRows<V>((queries - residue + RowStep - 1) / RowStep, (keys - residue + RowStep - 1) / RowStep, q + (residue * QueryStride), k + (residue * KeyStride), v + (residue * ValueStride), {{HeadArguments}}output + (residue * OutputStride), {{next}});
            }
            """;
    }
}

/// <summary>What the kernels over rows share.</summary>
internal sealed record AttentionRows(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 rows";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>Whether the work is not worth a second thread: below about 2 µs.</summary>
        private static bool IsSmall(int sequences, int* queryOffsets, int* keyOffsets)
        {
            if (sequences == 0)
            {
                return true;
            }

            long queries = queryOffsets[sequences] - queryOffsets[0], keys = (keyOffsets[sequences] - keyOffsets[0]) / sequences;
            return queries * keys * {{(Shape.IsAdditive ? 16 : 2) * Shape.Width}} < 100_000;
        }

        /// <summary>Packs the keys number start ... from rows, and notes who sees them.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void LoadKeys(KeyBlock* block, {{PassParameter}}int start, int count, {{Marked("int* globals, int keys, ")}}float* k)
        {
            {{Indented(Body(), 1)}}
        }
        """);

    private string Body()
    {
        string pack = $"KeyPanels.Pack(k + ({KeyRow} * KeyStride), {KeyStepOf("KeyStride")}, count, HeadWidth, block->Keys);";
        return Shape.Globals
            ? $"See(block, pass, start, count, globals, keys);\nif (pass == 0 || block->FirstQuery <= block->LastQuery)\n{{\n    {pack}\n}}"
            : $"{pack}\nSee(block, {PassArgument}start, count);";
    }
}

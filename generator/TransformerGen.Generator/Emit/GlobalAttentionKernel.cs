using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>Attention of the rows that the batch marks as global tokens, each run of neighbours at once; the other rows are copied.</summary>
/// <param name="Shape">What it is specialised for: every query sees every key.</param>
/// <param name="Keep">Write logSumExp.</param>
/// <param name="Dropout">Drop probabilities.</param>
internal sealed record GlobalAttentionKernel(AttentionShape Shape, bool Keep, bool Dropout) : AttentionKernel(Shape)
{
    public override string MemberKey => "6 global" + (Keep ? " keep" : "") + (Dropout ? " dropout" : "");

    public override IEnumerable<Kernel> Needs => [new AttentionConstants(Shape), new HeadPacking(Shape.HeadWidth), Attend];

    /// <summary>The method that a call site names.</summary>
    public string Method => "Global" + (Keep ? "Keep" : "") + (Dropout ? "Dropout" : "");

    private AttentionAttend Attend => new(Shape, false, Dropout);

    private string Kept(string text) => Keep ? text : "";

    private string Dropped(string text) => Dropout ? text : "";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>output[rows, {{Shape.Width}}] = the attention of the rows that are global to every key of their sequence; the others are those of local.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="keyEnds">End of the rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="globals">Whether each row is global: 0 or 1.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride {{Shape.QueryStride}}.</param>
        /// <param name="k">The same of the keys; stride {{Shape.KeyStride}}.</param>
        /// <param name="v">The same of the values; stride {{Shape.ValueStride}}.</param>
        /// <param name="local">The rows that are not global; stride {{Shape.OutputStride}}.</param>
        /// <param name="output">Receives the rows; may be local.</param>{{Kept($"\n/// <param name=\"logSumExp\">Receives the base-2 logarithm of each softmax's denominator, [rows, {Shape.StatisticsStride}], 0 where a row is not global.</param>")}}{{Dropped("\n/// <param name=\"dropout\">Dropout of this pass.</param>\n/// <param name=\"site\">Which dropout of the model.</param>")}}
        public static void {{Method}}(Team team, int sequences, int* offsets, int* keyEnds, int* globals, float* q, float* k, float* v, float* local, float* output{{Kept(", float* logSumExp")}}{{Dropped(", DropoutKey dropout, int site")}})
        {
            {{Method}}Work work = new() { Offsets = offsets, KeyEnds = keyEnds, Globals = globals, Q = q, K = k, V = v, Local = local, Output = output{{Kept(", LogSumExp = logSumExp")}}{{Dropped(", Dropout = dropout, Site = site")}} };
            team.Run(sequences * Heads, &{{Method}}Heads, &work);
        }

        private struct {{Method}}Work
        {
            public int* Offsets, KeyEnds, Globals;
            public float* Q, K, V, Local, Output{{Kept(", LogSumExp")}};{{Dropped("\n    public DropoutKey Dropout;\n    public int Site;")}}
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
                int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth, row = work->Offsets[sequence], rows = work->Offsets[sequence + 1] - row, keys = work->KeyEnds[sequence] - row;
                int* globals = work->Globals + row;
                float* q = work->Q + ((long)row * QueryStride) + column, k = work->K + ((long)row * KeyStride) + column, v = work->V + ((long)row * ValueStride) + column;
                float* local = work->Local + ((long)row * OutputStride) + column, output = work->Output + ((long)row * OutputStride) + column;
                {{Kept("float* logSumExp = work->LogSumExp + ((long)row * StatisticsStride) + head;\n        ")}}for (int i = 0, run; i < rows; i += run)
                {
                    run = 1;
                    if (globals[i] == 0)
                    {
                        new Span<float>(local + ((long)i * OutputStride), HeadWidth).CopyTo(new Span<float>(output + ((long)i * OutputStride), HeadWidth));{{Kept("\n                logSumExp[(long)i * StatisticsStride] = 0f;")}}
                        continue;
                    }

                    while (i + run < rows && globals[i + run] != 0)
                    {
                        run++;
                    }

                    {{Attend.Method}}<V>(run, keys, q + ((long)i * QueryStride), k, v, output + ((long)i * OutputStride), {{(Keep ? "logSumExp + ((long)i * StatisticsStride)" : "null")}}{{Dropped(", work->Dropout, work->Site, unit, i")}});
                }{{Indented(ClearPadding("head == Heads - 1", ("output + HeadWidth", "OutputStride", Shape.OutputStride - Shape.Width, "rows"), ("logSumExp + 1", "StatisticsStride", Keep ? Shape.StatisticsStride - Shape.Heads : 0, "rows")), 2)}}
            }
        }
        """);
}

/// <summary>The gradient of the attention of global tokens.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Dropout">The forward pass dropped probabilities.</param>
internal sealed record GlobalAttentionBackwardKernel(AttentionShape Shape, bool Dropout) : AttentionKernel(Shape)
{
    public override string MemberKey => "7 global backward" + (Dropout ? " dropout" : "");

    public override IEnumerable<Kernel> Needs => [new AttentionConstants(Shape), new HeadPacking(Shape.HeadWidth), Rows];

    /// <summary>The method that a call site names.</summary>
    public string Method => "GlobalBackward" + (Dropout ? "Dropout" : "");

    private AttentionBackwardRows Rows => new(Shape, Dropout, true);

    private string Dropped(string text) => Dropout ? text : "";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>The gradients of q, k and v from the global rows of the output's, stored; that of local is the output's in the other rows, zero in the global ones.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="keyEnds">End of the rows of each sequence that are seen; those behind it are padding.</param>
        /// <param name="globals">Whether each row is global: 0 or 1.</param>
        /// <param name="q">As the forward pass read it.</param>
        /// <param name="k">As the forward pass read it.</param>
        /// <param name="v">As the forward pass read it.</param>
        /// <param name="output">As the forward pass wrote it.</param>
        /// <param name="logSumExp">As the forward pass wrote it.</param>
        /// <param name="dOutput">Gradient of the output, stride {{Shape.OutputStride}}.</param>
        /// <param name="dLocal">Receives the gradient of local; may be dOutput.</param>
        /// <param name="dq">Receives the gradient of q, stride {{Shape.QueryStride}}.</param>
        /// <param name="dk">Receives the gradient of k, stride {{Shape.KeyStride}}.</param>
        /// <param name="dv">Receives the gradient of v, stride {{Shape.ValueStride}}.</param>{{Dropped("\n/// <param name=\"dropout\">As the forward pass got it.</param>\n/// <param name=\"site\">As the forward pass got it.</param>")}}
        public static void {{Method}}(Team team, int sequences, int* offsets, int* keyEnds, int* globals, float* q, float* k, float* v, float* output, float* logSumExp, float* dOutput, float* dLocal, float* dq, float* dk, float* dv{{Dropped(", DropoutKey dropout, int site")}})
        {
            {{Method}}Work work = new()
            {
                Offsets = offsets, KeyEnds = keyEnds, Globals = globals, Q = q, K = k, V = v, Output = output, LogSumExp = logSumExp, DOutput = dOutput, DLocal = dLocal, DQ = dq, DK = dk, DV = dv,{{Dropped(" Dropout = dropout, Site = site,")}}
            };
            team.Run(sequences * Heads, &{{Method}}Heads, &work);
        }

        private struct {{Method}}Work
        {
            public int* Offsets, KeyEnds, Globals;
            public float* Q, K, V, Output, LogSumExp, DOutput, DLocal, DQ, DK, DV;{{Dropped("\n    public DropoutKey Dropout;\n    public int Site;")}}
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
                int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth, row = work->Offsets[sequence], rows = work->Offsets[sequence + 1] - row, keys = work->KeyEnds[sequence] - row;
                int* globals = work->Globals + row;
                long atQ = ((long)row * QueryStride) + column, atK = ((long)row * KeyStride) + column, atV = ((long)row * ValueStride) + column, atOutput = ((long)row * OutputStride) + column;
                float* q = work->Q + atQ, k = work->K + atK, v = work->V + atV, output = work->Output + atOutput, logSumExp = work->LogSumExp + ((long)row * StatisticsStride) + head;
                float* dOutput = work->DOutput + atOutput, dLocal = work->DLocal + atOutput, dq = work->DQ + atQ, dk = work->DK + atK, dv = work->DV + atV;
                bool add = false;
                for (int i = 0, run; i < rows; i += run)
                {
                    run = 1;
                    if (globals[i] == 0)
                    {
                        new Span<float>(dq + ((long)i * QueryStride), HeadWidth).Clear();
                        new Span<float>(dOutput + ((long)i * OutputStride), HeadWidth).CopyTo(new Span<float>(dLocal + ((long)i * OutputStride), HeadWidth));
                        continue;
                    }

                    while (i + run < rows && globals[i + run] != 0)
                    {
                        run++;
                    }

                    long queryAt = (long)i * QueryStride, outputAt = (long)i * OutputStride;
                    {{Rows.Method}}<V>(run, keys, q + queryAt, k, v, output + outputAt, logSumExp + ((long)i * StatisticsStride), dOutput + outputAt, dq + queryAt, dk, dv, add{{Dropped(", work->Dropout, work->Site, unit, i")}});
                    add = true;
                    {{Tiles}}ClearBehind(dLocal + outputAt, OutputStride, HeadWidth, run);
                }

                // Rows that nobody has seen: padding, or all of them.
                int seen = add ? keys : 0;
                {{Tiles}}ClearBehind(dk + ((long)seen * KeyStride), KeyStride, HeadWidth, rows - seen);
                {{Tiles}}ClearBehind(dv + ((long)seen * ValueStride), ValueStride, HeadWidth, rows - seen);{{Indented(ClearPadding("head == Heads - 1", ("dv + HeadWidth", "ValueStride", Shape.ValueTail, "rows"), ("dLocal + HeadWidth", "OutputStride", Shape.OutputStride - Shape.Width, "rows")), 2)}}
            }
        }
        """);
}

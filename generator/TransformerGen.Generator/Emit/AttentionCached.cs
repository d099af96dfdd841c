using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Attention of new rows behind a filled cache: prefill, a decoding step, or anything between.</summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Cross">The cache holds the encoder's keys: all of them are seen. Else the new rows' own keys were appended before.</param>
internal sealed record AttentionCachedKernel(AttentionShape Shape, bool Cross) : AttentionKernel(Shape)
{
    public override string MemberKey => "4 cached" + (Cross ? " cross" : "");

    /// <summary>The method that a call site names.</summary>
    public string Method => Cross ? "ForwardCachedCross" : "ForwardCached";

    public override IEnumerable<Kernel> Needs =>
    [
        new AttentionConstants(Shape), new HeadPacking(Shape.HeadWidth), new AttentionAttend(Shape, true), .. StepKernels,
    ];

    // A decoding step has kernels of its own, where the pattern is one range of keys.
    private IEnumerable<Kernel> StepKernels => !AttentionOne.Serves(Shape) ? [] : Shape.Group == 1 ? [new AttentionOne(Shape)] : AttentionGroup.Of(Shape);

    private string Keys => Cross ? "work->Lengths[slot]" : "past + queries";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>output[rows, {{Shape.Width}}] = the attention of new rows, {{(Cross ? "to the keys of each sequence's source" : "which stand behind what the cache holds and whose own keys and values were appended")}}. Padding columns are zero.</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Position of the first row of each sequence.</param>
        /// <param name="slots">Place of each sequence{{(Cross ? "'s source" : "")}} in the cache.</param>
        /// <param name="cache">The cache.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="q">Column of head 0 in the first row of queries; stride {{Shape.QueryStride}}.</param>
        {{TermDocumentation}}/// <param name="output">Receives the rows; stride {{Shape.OutputStride}}.</param>
        public static void {{Method}}(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* q, {{TermParameters}}float* output)
        {
            if (sequences == 0)
            {
                return;
            }

            {{Method}}Work work = new()
            {
                Offsets = offsets, Past = past, Slots = slots, Capacity = cache.Capacity,{{(Cross ? " Lengths = cache.Lengths," : "")}}
                K = cache.At(0, keyOffset), V = cache.At(0, valueOffset), FloatsPerSlot = cache.At(1, 0) - cache.At(0, 0), Q = q, {{TermValues}}Output = output,
            };
            long pairs = 0;
            for (int sequence = 0; sequence < sequences; sequence++)
            {
                int queries = offsets[sequence + 1] - offsets[sequence];
                pairs += (long)queries * {{(Cross ? "cache.Lengths[slots[sequence]]" : "(past[sequence] + queries)")}};
            }

            if (pairs * {{(Shape.IsAdditive ? 16 : 2) * Shape.Width}} < 100_000)
            {
                {{Method}}Heads(0, sequences * Heads, &work);
            }
            else
            {
                team.Run(sequences * Heads, &{{Method}}Heads, &work);
            }
        }

        private struct {{Method}}Work
        {
            public int* Offsets, Past, Slots{{(Cross ? ", Lengths" : "")}};
            public long FloatsPerSlot;
            public int Capacity;
            public float* K, V, Q, {{TermFields}}Output;
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
                int sequence = unit / Heads, head = unit % Heads, column = head * HeadWidth;
                int row = work->Offsets[sequence], queries = work->Offsets[sequence + 1] - row, past = work->Past[sequence], slot = work->Slots[sequence];
                int keys = {{Keys}};
                float* q = work->Q + ((long)row * QueryStride) + column, output = work->Output + ((long)row * OutputStride) + column;
                float* k = work->K + (slot * work->FloatsPerSlot) + ((long){{KeyHead}} * work->Capacity * HeadWidth);
                float* v = work->V + (slot * work->FloatsPerSlot) + ((long){{KeyHead}} * work->Capacity * Padded);
                {{Indented(HeadLocals("work->") + Residues(), 2)}}{{Indented(ClearPadding("head == Heads - 1", ("output + HeadWidth", "OutputStride", Shape.OutputStride - Shape.Width, "queries")), 2)}}
            }
        }
        """);

    private string Residues()
    {
        if (Shape.RowStep == 1)
        {
            string any = $"AttendCached<V>(queries, past, keys, q, k, v, {HeadArguments}output);";
            return !AttentionOne.Serves(Shape) ? any :
                $$"""
                if (queries == 1 && keys > 0)
                {
                    {{Indented(OneQuery(Cross ? "0" : AttentionOne.FirstKey(Shape)), 1)}}
                }
                else
                {
                    {{any}}
                }
                """;
        }

        return
            $$"""
            for (int residue = 0; residue < RowStep; residue++)
            {
                // Positions residue, residue + {{Shape.RowStep}} ... see only each other: a window over every {{Shape.RowStep}}th position.
                int skip = (residue - (past % RowStep) + RowStep) % RowStep;
                if (skip < queries)
                {
                    AttendCached<V>((queries - skip + RowStep - 1) / RowStep, (past + skip) / RowStep, (keys - residue + RowStep - 1) / RowStep, residue, q + ((long)skip * QueryStride), k, v, {{HeadArguments}}output + ((long)skip * OutputStride));
                }
            }
            """;
    }

    private string OneQuery(string firstKey)
    {
        if (Shape.Group == 1)
        {
            return $"AttendOne<V>({firstKey}, keys, q, k, v, {HeadArguments}output);";
        }

        (int part, int last) = AttentionGroup.Parts(Shape.Group);
        string arguments = $"<V>({firstKey}, keys, q, k, v, {(Shape.Bias == BiasKind.Linear ? "head, " : HeadArguments)}output);";
        if (part == Shape.Group)
        {
            return
                $$"""
                // The first head does the work of its group: the cache is read once for all of them.
                if (head % Group == 0)
                {
                    AttendGroup{{part}}{{arguments}}
                }
                """;
        }

        string rest = part == last ? $"AttendGroup{part}{arguments}" :
            $$"""
            if ((head % Group) + {{part}} <= Group)
            {
                AttendGroup{{part}}{{arguments}}
            }
            else
            {
                AttendGroup{{last}}{{arguments}}
            }
            """;
        return
            $$"""
            // The first of {{part}} heads does the work of all: the cache is read once for them.
            if (head % Group % {{part}} == 0)
            {
                {{Indented(rest, 1)}}
            }
            """;
    }
}

/// <summary>One head of one sequence behind a cache.</summary>
internal sealed record AttentionCachedRows(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 rows cached";

    public override void Emit(SourceWriter writer)
    {
        bool gathers = Shape.RowStep > 1 || Shape.Pattern.Kind == PatternKind.Strided;
        string gather = !gathers ? "" :
            $$"""
            int step = {{(Shape.RowStep > 1 ? "RowStep, first = residue + (start * RowStep)" : "KeyStep(pass), first = FirstKey(pass) + (start * step)")}};
            if (step > 1)
            {
                // Keys apart from each other: gather them.
                block->Keys = scratch;
                block->Values = scratch + (BlockKeys * HeadWidth);
                KeyPanels.Gather(k, first, step, count, HeadWidth, block->Keys);
                for (int n = 0; n < count; n++)
                {
                    new Span<float>(v + ((first + ((long)n * step)) * Padded), Padded).CopyTo(new Span<float>(block->Values + (n * Padded), Padded));
                }

                return;
            }

            
            """;
        writer.Lines(
            $$"""
            /// <summary>The keys number start ... from the cache{{(gathers ? "" : ", where they lie packed already; start is a multiple of 16")}}. Lanes behind the last key may hold anything: See masks them.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void LoadCached(KeyBlock* block, {{PassParameter}}int start, int count, {{(Shape.RowStep > 1 ? "int residue, " : "")}}float* k, float* v, float* scratch)
            {
                See(block, {{PassArgument}}start, count);
                {{Indented(gather, 1)}}block->Keys = k + ((long)start * HeadWidth);
                block->Values = v + ((long)start * Padded);
            }
            """);
    }
}

/// <summary>Writes keys and values of new rows behind those that the cache holds.</summary>
internal sealed record CacheAppendKernel(int KeyHeads, int HeadWidth, int KeyStride, int ValueStride) : Kernel
{
    public override string ClassName => $"Cache{KeyHeads}x{HeadWidth}Rows{KeyStride}x{ValueStride}";

    public override string Summary => $"The cache of {KeyHeads} heads of width {HeadWidth}: keys as [{KeyHeads}][capacity / 16][{HeadWidth}][16], values as [{KeyHeads}][capacity][{AttentionShape.Pad(HeadWidth)}].";

    public override string MemberKey => "append";

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        private const int Heads = {{KeyHeads}}, HeadWidth = {{HeadWidth}}, Padded = {{AttentionShape.Pad(HeadWidth)}}, KeyStride = {{KeyStride}}, ValueStride = {{ValueStride}};

        /// <summary>Writes the rows of sequence s at positions past[s], past[s] + 1 ... of slot slots[s].</summary>
        /// <param name="team">Work is split by sequence and head.</param>
        /// <param name="sequences">Sequences.</param>
        /// <param name="offsets">First row of each sequence, and the end of the last.</param>
        /// <param name="past">Positions that the cache holds of each sequence.</param>
        /// <param name="slots">Place of each sequence in the cache.</param>
        /// <param name="cache">The cache; it must have room.</param>
        /// <param name="keyOffset">Floats per position before this layer's keys.</param>
        /// <param name="valueOffset">Floats per position before this layer's values.</param>
        /// <param name="k">Column of head 0 in the first row of keys; stride {{KeyStride}}.</param>
        /// <param name="v">The same of the values; stride {{ValueStride}}.</param>
        public static void Append(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* k, float* v)
        {
            if (sequences == 0)
            {
                return;
            }

            Work work = new()
            {
                Offsets = offsets, Past = past, Slots = slots, Capacity = cache.Capacity, FloatsPerSlot = cache.At(1, 0) - cache.At(0, 0),
                KeysTo = cache.At(0, keyOffset), ValuesTo = cache.At(0, valueOffset), K = k, V = v,
            };
            if (offsets[sequences] - offsets[0] < {{1 + (4000 / (KeyHeads * HeadWidth))}})
            {
                AppendHeads(0, sequences * Heads, &work);
            }
            else
            {
                team.Run(sequences * Heads, &AppendHeads, &work);
            }
        }

        private struct Work
        {
            public int* Offsets, Past, Slots;
            public int Capacity;
            public long FloatsPerSlot;
            public float* KeysTo, ValuesTo, K, V;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void AppendHeads(int first, int end, void* state)
        {
            Work* work = (Work*)state;
            for (int unit = first; unit < end; unit++)
            {
                int sequence = unit / Heads, head = unit % Heads;
                long slot = work->Slots[sequence] * work->FloatsPerSlot;
                float* keys = work->KeysTo + slot + ((long)head * work->Capacity * HeadWidth);
                float* values = work->ValuesTo + slot + ((long)head * work->Capacity * Padded);
                int position = work->Past[sequence];
                for (int row = work->Offsets[sequence]; row < work->Offsets[sequence + 1]; row++, position++)
                {
                    KeyPanels.Write(work->K + ((long)row * KeyStride) + (head * HeadWidth), HeadWidth, keys, position);
                    float* value = values + ((long)position * Padded);
                    new Span<float>(work->V + ((long)row * ValueStride) + (head * HeadWidth), HeadWidth).CopyTo(new Span<float>(value, HeadWidth));
                    new Span<float>(value + HeadWidth, Padded - HeadWidth).Clear();
                }
            }
        }
        """);
}

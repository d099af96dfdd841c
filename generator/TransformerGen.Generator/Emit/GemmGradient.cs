using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>What the gradient of a weight matrix needs besides tiles: arguments, and the two copies that bring its operands into cache order.</summary>
internal sealed record GradientShapeKernel : TilesKernel
{
    public override string MemberKey => "6";

    public override IEnumerable<Kernel> Needs => [new ProductShapeKernel()];

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Batch rows that are summed before the sums go to memory: the copies of a block stay in the second-level cache.</summary>
        private const int GradientDepth = 512;

        /// <summary>Columns of x that are copied into panels at a time.</summary>
        private const int GradientColumns = 256;

        /// <summary>Columns of dy that are copied at a time: a multiple of every tile's rows.</summary>
        private const int GradientRows = 48;

        /// <summary>The gradient of a weight matrix [outputs, inputs].</summary>
        public interface IGradient : IShape
        {
            /// <summary>Rows of the matrix.</summary>
            static abstract int Outputs { get; }

            /// <summary>Floats from one row of dy to the next.</summary>
            static abstract int OutputStride { get; }
        }

        /// <summary>The arguments of a gradient.</summary>
        public struct Gradient
        {
            /// <summary>Rows of x and dy.</summary>
            public int Rows;

            /// <summary>Whether to add to what the gradients hold.</summary>
            public bool Add;

            /// <summary>x [rows, inputs].</summary>
            public float* Input;

            /// <summary>dy [rows, outputs].</summary>
            public float* Output;

            /// <summary>dW [outputs, inputs].</summary>
            public float* Weights;

            /// <summary>db [outputs], or null.</summary>
            public float* Bias;

            /// <summary>Units of work.</summary>
            public int Units;

            /// <summary>Units that a thread takes at a time.</summary>
            public int Chunk;

            /// <summary>The first unit that nobody has taken.</summary>
            public int Next;
        }

        /// <summary>
        /// Copies count ≤ 48 columns of dy [rows, stride] to block [rows, 48], the columns beyond them as zeros or with whatever stands there, and
        /// sums each column, rows ascending.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void CopyOutputs<V>(int rows, int count, bool whole, float* source, int stride, float* block, float* sums)
            where V : unmanaged, ILanes<V>
        {
            if (!whole)
            {
                // At the right edge 48 columns would run over the end of the last row.
                for (int row = 0; row < rows; row++)
                {
                    new ReadOnlySpan<float>(source + ((long)row * stride), count).CopyTo(new Span<float>(block + (row * GradientRows), GradientRows));
                    new Span<float>(block + (row * GradientRows) + count, GradientRows - count).Clear();
                }

                source = block;
                stride = GradientRows;
            }

            for (int column = 0; column < GradientRows; column += 3 * V.Count)
            {
                V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero;
                float* from = source + column, to = block + column;
                for (int row = 0; row < rows; row++)
                {
                    V v0 = V.Load(from), v1 = V.Load(from + V.Count), v2 = V.Load(from + (2 * V.Count));
                    V.Store(v0, to);
                    V.Store(v1, to + V.Count);
                    V.Store(v2, to + (2 * V.Count));
                    s0 += v0;
                    s1 += v1;
                    s2 += v2;
                    from += stride;
                    to += GradientRows;
                }

                V.Store(s0, sums + column);
                V.Store(s1, sums + column + V.Count);
                V.Store(s2, sums + column + (2 * V.Count));
            }
        }
        """);
}

/// <summary>A whole weight gradient dW = dyᵀ · x, split over a team by rows of dW.</summary>
/// <param name="Panels">How the columns of x (and dW) are cut.</param>
internal sealed record GradientKernel(LinearPanels Panels) : TilesKernel
{
    public override string MemberKey => "7 " + Panels.Name;

    /// <summary>The method to call: (Team, Gradient*), generic over lanes and shape.</summary>
    public string MethodName => "Sum" + Panels.Name;

    public override IEnumerable<Kernel> Needs =>
        new Kernel[] { new GradientShapeKernel(), new CopyInputsKernel(Panels.Vectors), new PanelKernel(Panels.Rows, Panels.Vectors), new PanelKernel(Panels.Rows, Panels.Last) }.Distinct();

    public override void Emit(SourceWriter writer)
    {
        const string Constraints = "\n    where V : unmanaged, ILanes<V>\n    where TShape : struct, IGradient";
        writer.Lines($"/// <summary>dW = dyᵀ · x and db = Σ dy, over panels of {Panels.Vectors} vectors; a unit of work is {Panels.Rows} rows of dW.</summary>");
        using (writer.Open($"public static void {MethodName}<V, TShape>(Team team, Gradient* gradient)" + Constraints))
        {
            writer.Lines(
                $$"""
                gradient->Units = gradient->Chunk = (TShape.Outputs + {{Panels.Rows - 1}}) / {{Panels.Rows}};
                gradient->Next = 0;
                if (team.Threads == 1 || (long)gradient->Rows * TShape.Outputs * TShape.ResultStride < WorthSharing)
                {
                    {{MethodName}}Part<V, TShape>(0, 1, gradient);
                }
                else
                {
                    // While x fits one copy, a thread makes it once, and taking turns costs nothing; otherwise every turn would copy it again.
                    int turns = gradient->Rows <= GradientDepth && TShape.ResultStride <= GradientColumns ? 4 : 1;
                    gradient->Chunk = (gradient->Units + (turns * team.Threads) - 1) / (turns * team.Threads);
                    team.Run(team.Threads, &{{MethodName}}Part<V, TShape>, gradient);
                }
                """);
        }

        writer.Blank();
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        using (writer.Open($"private static void {MethodName}Part<V, TShape>(int thread, int threads, void* state)" + Constraints))
        {
            writer.Lines(
                $$"""
                const int Tile = {{Panels.Rows}};
                var gradient = (Gradient*)state;
                int width = {{Panels.Vectors}} * V.Count, group = GradientColumns / width * width;
                bool once = gradient->Rows <= GradientDepth && TShape.ResultStride <= group, copied = false;
                float* sums = KernelScratch.Get((GradientDepth * (GradientColumns + GradientRows)) + GradientRows);
                float* block = sums + GradientRows, copies = block + (GradientDepth * GradientRows);
                while (Claim(ref gradient->Next, gradient->Units, gradient->Chunk, out int first, out int end))
                {
                    // The batch goes 512 rows at a time; each time but the first the sums go on from what the time before has stored.
                    int last = Math.Min(end * Tile, TShape.Outputs), top = 0;
                    do
                    {
                        int depth = Math.Min(GradientDepth, gradient->Rows - top);
                        bool add = gradient->Add || top > 0;
                        float* output = gradient->Output + ((long)top * TShape.OutputStride);
                        for (int left = 0; left < TShape.ResultStride; left += group)
                        {
                            // An x that is as wide as one panel is a panel already.
                            int right = Math.Min(left + group, TShape.ResultStride);
                            float* input = gradient->Input + ((long)top * TShape.ResultStride) + left, panels = TShape.ResultStride == width ? input : copies;
                            if (panels == copies && !(once && copied))
                            {
                                CopyInputs{{Panels.Vectors}}<V>(depth, right - left, input, TShape.ResultStride, panels);
                                copied = true;
                            }

                            for (int row = first * Tile; row < last; row += GradientRows)
                            {
                                int rows = Math.Min(GradientRows, last - row);
                                CopyOutputs<V>(depth, rows, row + GradientRows <= TShape.OutputStride, output + row, TShape.OutputStride, block, sums);
                                if (left == 0 && gradient->Bias != null)
                                {
                                    for (int i = 0; i < rows; i++)
                                    {
                                        gradient->Bias[row + i] = add ? gradient->Bias[row + i] + sums[i] : sums[i];
                                    }
                                }

                                for (int column = left; column < right; column += width)
                                {
                                    float* panel = panels + ((column - left) * depth), result = gradient->Weights + ((long)row * TShape.ResultStride) + column;
                """);
            using (writer.Indent())
            using (writer.Indent())
            using (writer.Indent())
            using (writer.Indent())
            using (writer.Indent())
            {
                if (Panels.Last != Panels.Vectors)
                {
                    using (writer.Open("if (column + width > TShape.ResultStride)"))
                    {
                        EmitPanel(writer, Panels.Last);
                    }

                    using (writer.Open("else"))
                    {
                        EmitPanel(writer, Panels.Vectors);
                    }
                }
                else
                {
                    EmitPanel(writer, Panels.Vectors);
                }
            }

            writer.Lines(
                """
                                }
                            }
                        }

                        top += GradientDepth;
                    }
                    while (top < gradient->Rows);
                }
                """);
        }
    }

    private void EmitPanel(SourceWriter writer, int vectors)
    {
        using (writer.Open("if (add)"))
        {
            writer.Lines($"Panel{Panels.Rows}x{vectors}<V, Adding<TShape>>(rows, depth, block, panel, result, null);");
        }

        using (writer.Open("else"))
        {
            writer.Lines($"Panel{Panels.Rows}x{vectors}<V, TShape>(rows, depth, block, panel, result, null);");
        }
    }
}

/// <summary>The copy of x into panels.</summary>
/// <param name="Vectors">Vectors across a panel.</param>
internal sealed record CopyInputsKernel(int Vectors) : TilesKernel
{
    public override string MemberKey => $"6 {Vectors}";

    public override void Emit(SourceWriter writer)
    {
        int c = Vectors;
        writer.Lines($"/// <summary>Copies columns of x [rows, stride] into panels of {c} vectors [rows, {c} vectors]; the last may be narrower.</summary>");
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        string vectors = c == 1 ? "V.Count" : $"{c} * V.Count";
        using (writer.Open($"private static void CopyInputs{c}<V>(int rows, int columns, float* source, int stride, float* panels)\n    where V : unmanaged, ILanes<V>"))
        {
            writer.Lines($"int width = {vectors}, whole = columns / width * width;");
            using (writer.Open("for (int row = 0; row < rows; row++)"))
            {
                writer.Lines("float* from = source + ((long)row * stride), to = panels + (row * width);");
                using (writer.Open("for (int column = 0; column < whole; column += width)"))
                {
                    for (int i = 0; i < c; i++)
                    {
                        string offset = i == 0 ? "" : i == 1 ? " + V.Count" : $" + ({i} * V.Count)";
                        writer.Lines($"V.Store(V.Load(from{offset}), to{offset});");
                    }

                    writer.Lines("from += width;");
                    writer.Lines("to += rows * width;");
                }

                writer.Blank();
                writer.Lines("to = panels + (whole * rows) + (row * (columns - whole));");
                using (writer.Open("for (int column = whole; column < columns; column += V.Count)"))
                {
                    writer.Lines("V.Store(V.Load(source + ((long)row * stride) + column), to + (column - whole));");
                }
            }
        }
    }
}

using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>The arguments of packing.</summary>
internal sealed record PackingKernel : TilesKernel
{
    public override string MemberKey => "8";

    public override IEnumerable<Kernel> Needs => [new ProductShapeKernel()];

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>A matrix [rows, columns] that is copied into panels.</summary>
        public struct Packing
        {
            /// <summary>The matrix.</summary>
            public float* Source;

            /// <summary>Where the panels go.</summary>
            public float* Panels;

            /// <summary>Its rows.</summary>
            public int Rows;

            /// <summary>Its columns.</summary>
            public int Columns;

            /// <summary>Floats from one row to the next.</summary>
            public int Stride;

            /// <summary>Floats across a panel.</summary>
            public int Width;
        }

        /// <summary>Runs the packing of panels over a team.</summary>
        private static void Pack(Team team, Packing* packing, int columns, int width, delegate*<int, int, void*, void> part)
        {
            packing->Width = width;
            int panels = (columns + width - 1) / width;
            if ((long)packing->Rows * packing->Columns < WorthSharing / 4)
            {
                part(0, panels, packing);
            }
            else
            {
                team.Run(panels, part, packing);
            }
        }
        """);
}

/// <summary>Panels of a matrix's columns: copies of pieces of its rows.</summary>
internal sealed record CopyPanelsKernel : TilesKernel
{
    public override string MemberKey => "8 Copy";

    public override IEnumerable<Kernel> Needs => [new PackingKernel()];

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Panels of the columns of a matrix [rows, columns]: each [rows, width].</summary>
        public static void CopyPanels<V>(Team team, Packing* packing, int width)
            where V : unmanaged, ILanes<V> => Pack(team, packing, packing->Stride, width, &CopyPanelsPart<V>);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void CopyPanelsPart<V>(int first, int end, void* state)
            where V : unmanaged, ILanes<V>
        {
            var packing = (Packing*)state;
            for (int panel = first; panel < end; panel++)
            {
                int column = panel * packing->Width, width = Math.Min(packing->Width, packing->Stride - column);
                float* to = packing->Panels + ((long)column * packing->Rows);
                for (int row = 0; row < packing->Rows; row++)
                {
                    float* from = packing->Source + ((long)row * packing->Stride) + column;
                    for (int i = 0; i < width; i += V.Count)
                    {
                        V.Store(V.Load(from + i), to + i);
                    }

                    to += width;
                }
            }
        }
        """);
}

/// <summary>Panels of the transposed matrix's columns.</summary>
internal sealed record TransposePanelsKernel : TilesKernel
{
    public override string MemberKey => "8 Transpose";

    public override IEnumerable<Kernel> Needs => [new PackingKernel()];

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Panels of the rows of a matrix [rows, columns], transposed: each [columns, width]; zeros beyond the last row.</summary>
        public static void TransposePanels<V>(Team team, Packing* packing, int width)
            where V : unmanaged, ILanes<V> => Pack(team, packing, (packing->Rows + 15) & ~15, width, &TransposePanelsPart<V>);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void TransposePanelsPart<V>(int first, int end, void* state)
            where V : unmanaged, ILanes<V>
        {
            var packing = (Packing*)state;
            int padded = (packing->Rows + 15) & ~15, stride = packing->Stride, columns = packing->Columns, whole = columns / V.Count * V.Count;
            for (int panel = first; panel < end; panel++)
            {
                int start = panel * packing->Width, width = Math.Min(packing->Width, padded - start);
                float* to = packing->Panels + ((long)start * columns);
                for (int i = 0; i < width; i += V.Count)
                {
                    float* from = packing->Source + ((long)(start + i) * stride);
                    bool inside = start + i + V.Count <= packing->Rows;
                    for (int column = 0; inside && column < whole; column += V.Count)
                    {
                        V.Transpose(from + column, stride, to + ((long)column * width) + i, width);
                    }

                    // What does not fill a square of vectors goes value by value.
                    for (int column = inside ? whole : 0; column < columns; column++)
                    {
                        for (int row = 0; row < V.Count; row++)
                        {
                            to[((long)column * width) + i + row] = start + i + row < packing->Rows ? from[((long)row * stride) + column] : 0f;
                        }
                    }
                }
            }
        }
        """);
}

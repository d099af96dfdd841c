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

            /// <summary>The rows to copy: [First, End).</summary>
            public int First, End;
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
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void CopyPanels<V>(Packing* packing)
            where V : unmanaged, ILanes<V>
        {
            for (int column = 0; column < packing->Stride; column += packing->Width)
            {
                int width = Math.Min(packing->Width, packing->Stride - column);
                float* from = packing->Source + ((long)packing->First * packing->Stride) + column;
                float* to = packing->Panels + ((long)column * packing->Rows) + ((long)packing->First * width);
                for (int row = packing->First; row < packing->End; row++)
                {
                    for (int i = 0; i < width; i += V.Count)
                    {
                        V.Store(V.Load(from + i), to + i);
                    }

                    from += packing->Stride;
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
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void TransposePanels<V>(Packing* packing)
            where V : unmanaged, ILanes<V>
        {
            int padded = (packing->Rows + 15) & ~15, stride = packing->Stride, columns = packing->Columns, stop;
            for (int row = packing->First; row < packing->End; row = stop)
            {
                int start = row / packing->Width * packing->Width, width = Math.Min(packing->Width, padded - start);
                stop = Math.Min(packing->End, start + width);

                // Squares of vectors as far as there are whole ones: rows first..last, columns ..whole.
                int first = (row + V.Count - 1) / V.Count * V.Count, last = stop / V.Count * V.Count, whole = columns / V.Count * V.Count;
                float* to = packing->Panels + ((long)start * columns);
                for (int column = 0; column < whole; column += V.Count)
                {
                    for (int r = first; r < last; r += V.Count)
                    {
                        V.Transpose(packing->Source + ((long)r * stride) + column, stride, to + ((long)column * width) + (r - start), width);
                    }
                }

                for (int r = row; r < stop; r++)
                {
                    for (int column = first <= r && r < last ? whole : 0; column < columns; column++)
                    {
                        to[((long)column * width) + (r - start)] = packing->Source[((long)r * stride) + column];
                    }
                }
            }

            // Rows beyond the last, perhaps in a panel of their own.
            for (int r = packing->Rows; packing->End == packing->Rows && r < padded; r++)
            {
                int start = r / packing->Width * packing->Width, width = Math.Min(packing->Width, padded - start);
                for (int column = 0; column < columns; column++)
                {
                    packing->Panels[((long)start * columns) + ((long)column * width) + (r - start)] = 0f;
                }
            }
        }
        """);
}

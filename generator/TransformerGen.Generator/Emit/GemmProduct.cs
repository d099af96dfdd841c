using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>What a product against packed panels needs: its arguments, how it is shared between threads, and the second pass of an activation.</summary>
internal sealed record ProductShapeKernel : TilesKernel
{
    public override string MemberKey => "4";

    public override IEnumerable<Kernel> Needs => [new TileShapeKernel()];

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Rows that one unit of work takes through a panel: a multiple of every tile's rows.</summary>
        private const int RowsPerUnit = 48;

        /// <summary>Depth that one pass takes: its part of a panel (64 columns) fits the second-level cache.</summary>
        private const int DepthAtOnce = 3072;

        /// <summary>Multiplications below which waking another thread saves nothing (about 4 microseconds).</summary>
        private const long WorthSharing = 1 << 19;

        /// <summary>A product against packed panels.</summary>
        public interface IProduct : IShape
        {
            /// <summary>Products in each sum.</summary>
            static abstract int Depth { get; }

            /// <summary>Whether a result v becomes Activation(v).</summary>
            static abstract bool Activates { get; }

            /// <summary>The activation of the results v from a column on.</summary>
            static virtual V Activation<V>(V v, int column)
                where V : unmanaged, ILanes<V> => v;
        }

        /// <summary>The arguments of a product.</summary>
        public struct Product
        {
            /// <summary>Rows of left and result.</summary>
            public int Rows;

            /// <summary>[rows, depth].</summary>
            public float* Left;

            /// <summary>The packed panels: [depth, columns].</summary>
            public float* Right;

            /// <summary>[rows, columns].</summary>
            public float* Result;

            /// <summary>What the shape makes of it: a bias, a mask, or nothing.</summary>
            public float* Extra;

            /// <summary>[rows, columns]: takes the values before the activation, if not null.</summary>
            public float* Before;

            /// <summary>Units of work.</summary>
            public int Units;

            /// <summary>Units that a thread takes at a time.</summary>
            public int Chunk;

            /// <summary>The first unit that nobody has taken.</summary>
            public int Next;
        }

        /// <summary>
        /// Takes the next units of a piece of work, false when none is left: a thread that something else slows down takes fewer. Which thread
        /// computes a unit changes no bit of it.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static bool Claim(ref int next, int units, int chunk, out int first, out int end)
        {
            first = System.Threading.Interlocked.Add(ref next, chunk) - chunk;
            end = Math.Min(first + chunk, units);
            return first < units;
        }

        /// <summary>Blocks of rows; the last has up to half a block more, so that none is a lonely row.</summary>
        private static int Blocks(int rows) => Math.Max(1, (rows + (RowsPerUnit / 2)) / RowsPerUnit);

        /// <summary>v ← Activation(v) for a part of the result that has just been written; v itself goes to before, if not null.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Activate<V, TShape>(int rows, int column, int width, float* result, float* before)
            where V : unmanaged, ILanes<V>
            where TShape : struct, IProduct
        {
            for (int row = 0; row < rows; row++)
            {
                long start = (long)row * TShape.ResultStride;
                for (int i = 0; i < width; i += V.Count)
                {
                    V v = V.Load(result + start + i);
                    if (before != null)
                    {
                        V.Store(v, before + start + i);
                    }

                    V.Store(TShape.Activation(v, column + i), result + start + i);
                }
            }
        }
        """);
}

/// <summary>All rows of a unit against one panel, however deep.</summary>
/// <param name="Rows">Rows of a tile.</param>
/// <param name="Vectors">Vectors across the panel.</param>
internal sealed record DeepPanelKernel(int Rows, int Vectors) : TilesKernel
{
    public override string MemberKey => $"4 {Vectors} {Rows:00}";

    public override IEnumerable<Kernel> Needs => [new ProductShapeKernel(), new PanelKernel(Rows, Vectors)];

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>Rows against one panel of {{Vectors}} vectors; a depth that does not fit the cache goes in equal parts, each going on from the last one's sums.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Deep{{Rows}}x{{Vectors}}<V, TShape>(int rows, float* left, float* right, float* result, float* extra)
            where V : unmanaged, ILanes<V>
            where TShape : struct, IProduct
        {
            if (TShape.Depth <= DepthAtOnce)
            {
                Panel{{Rows}}x{{Vectors}}<V, TShape>(rows, TShape.Depth, left, right, result, extra);
                return;
            }

            int parts = (TShape.Depth + DepthAtOnce - 1) / DepthAtOnce, part = (TShape.Depth + parts - 1) / parts, done = part;
            Panel{{Rows}}x{{Vectors}}<V, Unfinished<TShape>>(rows, part, left, right, result, extra);
            for (; done + part < TShape.Depth; done += part)
            {
                Panel{{Rows}}x{{Vectors}}<V, Adding<Unfinished<TShape>>>(rows, part, left + (done * TShape.LeftStep), right + ((long)done * {{Vectors}} * V.Count), result, extra);
            }

            Panel{{Rows}}x{{Vectors}}<V, Adding<TShape>>(rows, TShape.Depth - done, left + (done * TShape.LeftStep), right + ((long)done * {{Vectors}} * V.Count), result, extra);
        }
        """);
}

/// <summary>A whole product: panel by panel, within a panel blocks of rows, split over a team.</summary>
/// <param name="Panels">How the columns are cut.</param>
internal sealed record ProductKernel(LinearPanels Panels) : TilesKernel
{
    public override string MemberKey => "5 " + Panels.Name;

    /// <summary>The method to call: (Team, Product*), generic over lanes and shape.</summary>
    public string MethodName => "Multiply" + Panels.Name;

    public override IEnumerable<Kernel> Needs =>
        new Kernel[] { new ProductShapeKernel(), RowTileKernel.For(Panels.Vectors), new DeepPanelKernel(Panels.Rows, Panels.Vectors), new DeepPanelKernel(Panels.Rows, Panels.Last) }.Distinct();

    public override void Emit(SourceWriter writer)
    {
        bool narrow = Panels.Last != Panels.Vectors;
        RowTileKernel row = RowTileKernel.For(Panels.Vectors);
        const string Constraints = "\n    where V : unmanaged, ILanes<V>\n    where TShape : struct, IProduct";
        writer.Lines($"/// <summary>result = left · right over panels of {Panels.Vectors} vectors{(narrow ? $", the last of {Panels.Last}" : "")}; a unit of work is one panel and one block of rows.</summary>");
        using (writer.Open($"public static void {MethodName}<V, TShape>(Team team, Product* product)" + Constraints))
        {
            using (writer.Open("if (product->Rows <= 0)"))
            {
                writer.Lines("return;");
            }

            writer.Blank();
            writer.Lines(
                $$"""
                const int Width = {{Panels.Vectors}};
                product->Units = product->Chunk = {{(narrow ? "(1 + " : "")}}(TShape.ResultStride / (Width * V.Count)){{(narrow ? ")" : "")}} * Blocks(product->Rows);
                product->Next = 0;
                if (team.Threads == 1 || (long)product->Rows * TShape.Depth * TShape.ResultStride < WorthSharing)
                {
                    {{MethodName}}Part<V, TShape>(0, 1, product);
                }
                else
                {
                    // A single row reads panels in groups, so it is split evenly; otherwise eight turns a thread even out what disturbs one.
                    int turns = product->Rows == 1 ? 1 : 8;
                    product->Chunk = (product->Units + (turns * team.Threads) - 1) / (turns * team.Threads);
                    team.Run(team.Threads, &{{MethodName}}Part<V, TShape>, product);
                }
                """);
        }

        writer.Blank();
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        using (writer.Open($"private static void {MethodName}Part<V, TShape>(int thread, int threads, void* state)" + Constraints))
        {
            writer.Lines(
                $$"""
                var product = (Product*)state;
                int width = {{Panels.Vectors}} * V.Count, blocks = Blocks(product->Rows);
                while (Claim(ref product->Next, product->Units, product->Chunk, out int first, out int end))
                {
                    for (int unit = first; unit < end; unit++)
                    {
                        // Consecutive units stay in a panel, so that it is read from the second-level cache.
                        int column = unit / blocks * width, block = unit % blocks, row = block * RowsPerUnit;
                        int rows = block == blocks - 1 ? product->Rows - row : RowsPerUnit, columns = width;
                        long place = ((long)row * TShape.ResultStride) + column;
                        float* left = product->Left + ((long)row * TShape.LeftStride);
                        float* right = product->Right + ((long)column * TShape.Depth);
                        float* result = product->Result + place;
                        float* extra = product->Extra + (TShape.Mask ? place : column);
                """);
            using (writer.Indent())
            using (writer.Indent())
            {
                int wide = row.Panels;
                using (writer.Open($"if (product->Rows == 1 && unit + {wide} <= end && column + ({wide} * width) <= TShape.ResultStride)"))
                {
                    writer.Lines($"Row{wide}x{Panels.Vectors}<V, TShape>(TShape.Depth, left, right, result, extra);");
                    writer.Lines($"columns = {wide} * width;");
                    writer.Lines($"unit += {wide - 1};");
                }

                if (narrow)
                {
                    using (writer.Open("else if (column + width > TShape.ResultStride)"))
                    {
                        writer.Lines($"Deep{Panels.Rows}x{Panels.Last}<V, TShape>(rows, left, right, result, extra);");
                        writer.Lines($"columns = {Panels.Last} * V.Count;");
                    }
                }

                using (writer.Open("else"))
                {
                    writer.Lines($"Deep{Panels.Rows}x{Panels.Vectors}<V, TShape>(rows, left, right, result, extra);");
                }

                writer.Blank();
                using (writer.Open("if (TShape.Activates)"))
                {
                    writer.Lines("Activate<V, TShape>(rows, column, columns, result, product->Before == null ? null : product->Before + place);");
                }
            }

            writer.Lines("    }\n}");
        }
    }
}

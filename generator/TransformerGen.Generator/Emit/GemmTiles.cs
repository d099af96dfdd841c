using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>Members of the nested class Tiles: matrix products whose sums stay in registers, shared by all layers of a model.</summary>
internal abstract record TilesKernel : Kernel
{
    public override string ClassName => "Tiles";

    public override string Summary =>
        """
        Register tiles of matrix products, shared by all layers. result [rows, columns] = left [rows, depth] · right [depth, columns]: a tile of R rows × C
        vectors of sums stays in registers while the depth runs; each step reads C vectors of a packed panel and one value of each row.
        """;

    public override string Remarks => "Every sum runs over the depth in ascending order in one register, so its bits do not depend on the tile that computes it.";

    /// <summary>Constraints of every generic method here.</summary>
    protected const string Where = "\n    where V : unmanaged, ILanes<V>\n    where TShape : struct, IShape";
}

/// <summary>What a use of the tiles must say about itself, and its arguments.</summary>
internal sealed record TileShapeKernel : TilesKernel
{
    public override string MemberKey => "0";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>One use of the tiles; the members are constants to the JIT, so a tile compiled for it holds only what it needs.</summary>
        public interface IShape
        {
            /// <summary>Floats from one row of the left operand to the next.</summary>
            static abstract int LeftStride { get; }

            /// <summary>Floats from one step of the depth to the next in the left operand.</summary>
            static abstract int LeftStep { get; }

            /// <summary>Floats from one row of the result to the next: its columns, rounded up to 16.</summary>
            static abstract int ResultStride { get; }

            /// <summary>Whether extra [columns] is added to every row.</summary>
            static abstract bool Bias { get; }

            /// <summary>Whether negative results become 0.</summary>
            static abstract bool Relu { get; }

            /// <summary>Whether a result is 0 where extra [rows, columns] is not above 0: the gradient of ReLU, given its output.</summary>
            static abstract bool Mask { get; }

            /// <summary>Whether the sums go on from what the result holds, instead of zero.</summary>
            static abstract bool Add { get; }
        }

        /// <summary>The same use, its sums going on from what the result holds.</summary>
        public readonly struct Adding<TShape> : IShape
            where TShape : struct, IShape
        {
            public static int LeftStride => TShape.LeftStride;

            public static int LeftStep => TShape.LeftStep;

            public static int ResultStride => TShape.ResultStride;

            public static bool Bias => TShape.Bias;

            public static bool Relu => TShape.Relu;

            public static bool Mask => TShape.Mask;

            public static bool Add => true;
        }

        /// <summary>The same use without its last steps: a part of the depth that another part follows.</summary>
        public readonly struct Unfinished<TShape> : IShape
            where TShape : struct, IShape
        {
            public static int LeftStride => TShape.LeftStride;

            public static int LeftStep => TShape.LeftStep;

            public static int ResultStride => TShape.ResultStride;

            public static bool Bias => false;

            public static bool Relu => false;

            public static bool Mask => false;

            public static bool Add => TShape.Add;
        }
        """);
}

/// <summary>One register tile.</summary>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Vectors">Vectors across it.</param>
internal sealed record TileKernel(int Rows, int Vectors) : TilesKernel
{
    public override string MemberKey => $"1 {Vectors} {Rows:00}";

    public override IEnumerable<Kernel> Needs => [new TileShapeKernel()];

    public override void Emit(SourceWriter writer)
    {
        IEnumerable<int> rows = Enumerable.Range(0, Rows), vectors = Enumerable.Range(0, Vectors);
        writer.Lines($"/// <summary>{Rows} row{(Rows == 1 ? "" : "s")} × {Vectors} vector{(Vectors == 1 ? "" : "s")}: {Rows * Vectors} sums, {Vectors} of the panel and 1 of the left operand in registers.</summary>");
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        using (writer.Open($"public static void Tile{Rows}x{Vectors}<V, TShape>(int depth, float* left, float* right, float* result, float* extra)" + Where))
        {
            foreach (int r in rows)
            {
                writer.Lines("V " + string.Join(", ", vectors.Select(c => $"{Sum(r, c)} = V.Zero")) + ";");
            }

            Step(writer, "TShape.Add", [], (r, c) => $"V.Load({Place("result", r, c)})");
            writer.Blank();

            using (writer.Open("for (int k = 0; k < depth; k++)"))
            {
                writer.Lines("V " + string.Join(", ", vectors.Select(c => $"b{c} = V.Load({Place("right", 0, c)})")) + ";");
                foreach (int r in rows)
                {
                    writer.Lines($"{(r == 0 ? "V " : "")}a = V.Create({(r == 0 ? "*left" : $"left[{Times(r, "TShape.LeftStride")}]")});");
                    foreach (int c in vectors)
                    {
                        writer.Lines($"{Sum(r, c)} = V.MultiplyAdd(a, b{c}, {Sum(r, c)});");
                    }
                }

                writer.Lines("left += TShape.LeftStep;");
                writer.Lines($"right += {Times(Vectors, "V.Count")};");
            }

            Step(writer, "TShape.Bias", vectors.Select(c => $"V bias{c} = V.Load({Place("extra", 0, c)});"), (r, c) => $"{Sum(r, c)} + bias{c}");
            Step(writer, "TShape.Relu", [], (r, c) => $"V.Max(V.Zero, {Sum(r, c)})");
            Step(writer, "TShape.Mask", [], (r, c) => $"V.WhereGreater(V.Load({Place("extra", r, c)}), V.Zero, {Sum(r, c)}, V.Zero)");
            writer.Blank();
            foreach (int r in rows)
            {
                foreach (int c in vectors)
                {
                    writer.Lines($"V.Store({Sum(r, c)}, {Place("result", r, c)});");
                }
            }
        }
    }

    private void Step(SourceWriter writer, string condition, IEnumerable<string> before, System.Func<int, int, string> value)
    {
        writer.Blank();
        using (writer.Open($"if ({condition})"))
        {
            foreach (string line in before)
            {
                writer.Lines(line);
            }

            for (int r = 0; r < Rows; r++)
            {
                for (int c = 0; c < Vectors; c++)
                {
                    writer.Lines($"{Sum(r, c)} = {value(r, c)};");
                }
            }
        }
    }

    private static string Sum(int row, int vector) => $"s{row}_{vector}";

    private static string Times(int count, string what) => count == 1 ? what : $"{count} * {what}";

    private static string Term(int count, string what) => count == 1 ? what : $"({count} * {what})";

    private static string Place(string pointer, int row, int vector)
    {
        var text = new StringBuilder(pointer);
        if (row > 0)
        {
            text.Append(" + " + Term(row, "TShape.ResultStride"));
        }

        if (vector > 0)
        {
            text.Append(" + " + Term(vector, "V.Count"));
        }

        return text.ToString();
    }
}

/// <summary>One row against several panels at once: a product with a vector.</summary>
/// <param name="Panels">Panels side by side.</param>
/// <param name="Vectors">Vectors across each.</param>
internal sealed record RowTileKernel(int Panels, int Vectors) : TilesKernel
{
    /// <summary>A multiplication takes 4 cycles and two begin in each: eight independent sums keep the units busy.</summary>
    private const int Sums = 8;

    public override string MemberKey => $"2 {Vectors} {Panels}";

    public override IEnumerable<Kernel> Needs => [new TileShapeKernel()];

    /// <summary>The one for panels of this width.</summary>
    public static RowTileKernel For(int vectors) => new(Sums / vectors, vectors);

    public override void Emit(SourceWriter writer)
    {
        var sums = new List<(int P, int C)>();
        for (int p = 0; p < Panels; p++)
        {
            for (int c = 0; c < Vectors; c++)
            {
                sums.Add((p, c));
            }
        }

        writer.Lines($"/// <summary>1 row × {Panels} panels of {Vectors} vectors: {sums.Count} independent sums hide the latency of a multiplication.</summary>");
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        using (writer.Open($"public static void Row{Panels}x{Vectors}<V, TShape>(int depth, float* left, float* right, float* result, float* extra)" + Where))
        {
            foreach ((int p, int c) in sums)
            {
                writer.Lines($"V s{p}_{c} = V.Zero;");
            }

            Last("TShape.Add", i => $"V.Load(result{i.At})");
            writer.Blank();
            for (int p = 0; p < Panels; p++)
            {
                writer.Lines($"float* right{p} = right + ((long){p} * depth * {Vectors} * V.Count);");
            }

            using (writer.Open("for (int k = 0; k < depth; k++)"))
            {
                writer.Lines("V a = V.Create(*left);");
                foreach ((int p, int c) in sums)
                {
                    writer.Lines($"s{p}_{c} = V.MultiplyAdd(a, V.Load(right{p} + ({c} * V.Count)), s{p}_{c});");
                }

                writer.Lines("left += TShape.LeftStep;");
                for (int p = 0; p < Panels; p++)
                {
                    writer.Lines($"right{p} += {Vectors} * V.Count;");
                }
            }

            Last("TShape.Bias", i => $"{i.Sum} + V.Load(extra{i.At})");
            Last("TShape.Relu", i => $"V.Max(V.Zero, {i.Sum})");
            Last("TShape.Mask", i => $"V.WhereGreater(V.Load(extra{i.At}), V.Zero, {i.Sum}, V.Zero)");
            writer.Blank();
            foreach ((int p, int c) in sums)
            {
                writer.Lines($"V.Store(s{p}_{c}, result{Offset(p, c)});");
            }
        }

        void Last(string condition, System.Func<(string Sum, string At), string> value)
        {
            writer.Blank();
            using (writer.Open($"if ({condition})"))
            {
                foreach ((int p, int c) in sums)
                {
                    writer.Lines($"s{p}_{c} = {value(($"s{p}_{c}", Offset(p, c)))};");
                }
            }
        }

        string Offset(int p, int c) => (p * Vectors) + c == 0 ? "" : $" + ({(p * Vectors) + c} * V.Count)";
    }
}

/// <summary>All rows against one panel.</summary>
/// <param name="Rows">Rows of a tile.</param>
/// <param name="Vectors">Vectors across the panel.</param>
internal sealed record PanelKernel(int Rows, int Vectors) : TilesKernel
{
    public override string MemberKey => $"3 {Vectors} {Rows:00}";

    public override IEnumerable<Kernel> Needs => Enumerable.Range(1, Rows).Select(r => new TileKernel(r, Vectors));

    public override void Emit(SourceWriter writer)
    {
        int half = (Rows / 2) + 1;
        writer.Lines($"/// <summary>Any number of rows against one panel of {Vectors} vector{(Vectors == 1 ? "" : "s")}, {Rows} at a time; the rows left over have a tile of their own size.</summary>");
        writer.Lines("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        using (writer.Open($"public static void Panel{Rows}x{Vectors}<V, TShape>(int rows, int depth, float* left, float* right, float* result, float* extra)" + Where))
        {
            using (writer.Open($"while (rows > {Rows + 2} || rows == {Rows})"))
            {
                Step(Rows);
            }

            writer.Blank();
            writer.Lines($"// {Rows + 1} and {Rows + 2} rows go in two halves: a tile of one or two rows has too few sums to keep the multipliers busy.");
            using (writer.Open($"if (rows > {Rows})"))
            {
                Step(half);
            }

            writer.Blank();
            using (writer.Open("switch (rows)"))
            {
                for (int r = 1; r < Rows; r++)
                {
                    writer.Lines($"case {r}:");
                    using (writer.Indent())
                    {
                        writer.Lines($"Tile{r}x{Vectors}<V, TShape>(depth, left, right, result, extra);");
                        writer.Lines("break;");
                    }
                }
            }
        }

        void Step(int rows)
        {
            writer.Lines($"Tile{rows}x{Vectors}<V, TShape>(depth, left, right, result, extra);");
            writer.Lines($"left += {rows} * TShape.LeftStride;");
            writer.Lines($"result += {rows} * TShape.ResultStride;");
            writer.Lines($"extra += TShape.Mask ? {rows} * TShape.ResultStride : 0;");
            writer.Lines($"rows -= {rows};");
        }
    }
}

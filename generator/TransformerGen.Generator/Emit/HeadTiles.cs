using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>Rows of one head from and to their places among the heads.</summary>
internal sealed record HeadPacking(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "1 packing";

    public override void Emit(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Copies rows of one head to [rows, Padded], times a factor; zeros behind column K and behind the last row, up to <paramref name="total"/> rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void PackRows<V>(float* source, int stride, int rows, int total, float factor, float* packed)
            where V : unmanaged, ILanes<V>
        {
            V scale = V.Create(factor);
            for (int row = 0; row < total; row++)
            {
                int column = 0;
                if (row < rows)
                {
                    for (; column + V.Count <= HeadWidth; column += V.Count)
                    {
                        V.Store(V.Load(source + column) * scale, packed + column);
                    }

                    for (; column < HeadWidth; column++)
                    {
                        packed[column] = source[column] * factor;
                    }
                }

                for (; column < Padded; column++)
                {
                    packed[column] = 0f;
                }

                source += stride;
                packed += Padded;
            }
        }

        /// <summary>Writes one packed row, times a factor, to its place among the heads: stored, or added to what is there.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void UnpackRow<V>(float* packed, float factor, bool add, float* destination)
            where V : unmanaged, ILanes<V>
        {
            V scale = V.Create(factor);
            int column = 0;
            for (; column + V.Count <= HeadWidth; column += V.Count)
            {
                V value = V.Load(packed + column) * scale;
                V.Store(add ? V.Load(destination + column) + value : value, destination + column);
            }

            for (; column < HeadWidth; column++)
            {
                destination[column] = add ? destination[column] + (packed[column] * factor) : packed[column] * factor;
            }
        }

        /// <summary>Sets padding columns to zero.</summary>
        public static void ClearBehind(float* start, int stride, int columns, int rows)
        {
            for (int row = 0; row < rows; row++)
            {
                new Span<float>(start + ((long)row * stride), columns).Clear();
            }
        }
        """);
}

/// <summary>Scores of 4 queries and up to 64 keys.</summary>
internal sealed record HeadProducts(int HeadWidth) : HeadKernel(HeadWidth)
{
    private const int WidestTile = 4, NarrowTile = 2;

    public override string MemberKey => "2 products";

    public override void Emit(SourceWriter writer)
    {
        EmitProducts(writer);
        EmitPanels(writer);
    }

    private static void EmitProducts(SourceWriter writer)
    {
        for (int vectors = 1; vectors <= WidestTile; vectors++)
        {
            StringBuilder loads = new(), products = new(), zeros = new(), stores = new();
            for (int v = 0; v < vectors; v++)
            {
                loads.Append($"V b{v} = V.Load(panels{(v == 0 ? "" : v == 1 ? " + next" : $" + ({v} * next)")});\n");
            }

            for (int r = 0; r < TileRows; r++)
            {
                zeros.Append("V ").Append(string.Join(", ", Enumerable.Range(0, vectors).Select(v => $"s{r}{v} = V.Zero"))).Append(";\n");
                products.Append($"{(r == 0 ? "V " : "")}x = V.Create(rows[{(r == 0 ? "0" : r == 1 ? "Padded" : $"{r} * Padded")}]);\n");
                for (int v = 0; v < vectors; v++)
                {
                    products.Append($"s{r}{v} = V.MultiplyAdd(x, b{v}, s{r}{v});\n");
                    stores.Append($"V.Store(s{r}{v}, products + ({r} * BlockKeys) + ({v} * V.Count));\n");
                }
            }

            writer.Lines(
                $$"""
                /// <summary><see cref="Products"/> for {{vectors}} vectors of columns.</summary>
                [MethodImpl(MethodImplOptions.AggressiveOptimization)]
                private static void Products{{TileRows}}x{{vectors}}<V>(float* rows, float* panels, float* products)
                    where V : unmanaged, ILanes<V>
                {
                    // The next vector stands in the next panel where a vector is a whole panel, else beside this one.
                    int next = V.Count == Panel ? HeadWidth * Panel : V.Count;
                    {{AttentionKernel.Indented(zeros.ToString().TrimEnd(), 1)}}
                    for (int k = 0; k < HeadWidth; k++)
                    {
                        {{AttentionKernel.Indented(loads.ToString().TrimEnd(), 2)}}
                        {{AttentionKernel.Indented(products.ToString().TrimEnd(), 2)}}
                        rows++;
                        panels += Panel;
                    }

                    {{AttentionKernel.Indented(stores.ToString().TrimEnd(), 1)}}
                }

                """);
        }
    }

    // Walks the panels with the widest tiles that the registers hold.
    private static void EmitPanels(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>products[4, count · 16] = rows[4, K]·panels[count, K, 16], rows of products 64 apart: Q·Kᵀ and dO·Vᵀ. Sums run over k in ascending order whatever the tile.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Products<V>(float* rows, float* panels, int count, float* products)
            where V : unmanaged, ILanes<V>
        {
            if (V.Count == Panel)
            {
                switch (count)
                {
                    case 1:
                        Products{{TileRows}}x1<V>(rows, panels, products);
                        break;
                    case 2:
                        Products{{TileRows}}x2<V>(rows, panels, products);
                        break;
                    case 3:
                        Products{{TileRows}}x3<V>(rows, panels, products);
                        break;
                    default:
                        Products{{TileRows}}x4<V>(rows, panels, products);
                        break;
                }

                return;
            }

            for (int panel = 0; panel < count; panel++)
            {
                for (int lane = 0; lane < Panel; lane += {{NarrowTile}} * V.Count)
                {
                    Products{{TileRows}}x{{NarrowTile}}<V>(rows, panels + lane, products + lane);
                }

                panels += HeadWidth * Panel;
                products += Panel;
            }
        }
        """);
}

/// <summary>The mask at the edges of a pattern.</summary>
/// <param name="HeadWidth">K.</param>
/// <param name="TopK">Each query has a threshold, too.</param>
internal sealed record HeadMask(int HeadWidth, bool TopK) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "3 mask" + (TopK ? " top" : "");

    /// <summary>The method that a call site names.</summary>
    public string Method => TopK ? "MaskTop" : "Mask";

    public override void Emit(SourceWriter writer)
    {
        StringBuilder rows = new();
        for (int r = 0; r < TileRows; r++)
        {
            string kept = TopK ? $"V.WhereGreater(V.Create(thresholds[{r}]), V.Load(scores + key + ({r} * BlockKeys)), none, V.Load(scores + key + ({r} * BlockKeys)))" : $"V.Load(scores + key + ({r} * BlockKeys))";
            rows.Append($"V at{r} = V.Create(position + {r});\n");
            rows.Append($"V.Store(V.WhereGreater(first, at{r}, none, V.WhereGreater(at{r}, last, none, {kept})), scores + key + ({r} * BlockKeys));\n");
        }

        writer.Lines(
            $$"""
            /// <summary>Minus infinity where a query (at position, position + 1 ...) must not see a key{{(TopK ? ", or the score is below the query's threshold" : "")}}.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void {{Method}}<V>(KeyBlock* block, int position, int panel, int end, {{(TopK ? "float* thresholds, " : "")}}float* scores)
                where V : unmanaged, ILanes<V>
            {
                V none = V.Create(float.NegativeInfinity);
                for (int key = panel * Panel; key < end * Panel; key += V.Count)
                {
                    V first = V.Load(block->First + key), last = V.Load(block->Last + key);
                    {{AttentionKernel.Indented(rows.ToString().TrimEnd(), 2)}}
                }
            }
            """);
    }
}

/// <summary>Sums of rows weighted by 4 rows, or columns, of a block of scores.</summary>
internal sealed record HeadSum : HeadKernel
{
    private const int WidestTile = 4, NarrowTile = 2;

    private readonly string _summary;
    private readonly bool _transposed, _scaled;

    private HeadSum(int headWidth, string name, string summary, bool transposed, bool scaled)
        : base(headWidth) => (Name, _summary, _transposed, _scaled) = (name, summary, transposed, scaled);

    public string Name { get; }

    public override string MemberKey => "4 sums " + Name;

    /// <summary>The output of 4 queries moves on by some keys.</summary>
    public static HeadSum Rescale(int headWidth) =>
        new(headWidth, "Rescale", "sum[r] = scale[r]·sum[r] + Σ_j weights[r, j]·rows[j]: the output of 4 queries moves on by some keys.", false, true);

    /// <summary>What 4 queries get from some keys.</summary>
    public static HeadSum Gather(int headWidth) =>
        new(headWidth, "Gather", "sum[r] += Σ_j weights[r, j]·rows[j] for 4 rows of weights: what 4 queries get from some keys.", false, false);

    /// <summary>What 4 keys get from some queries.</summary>
    public static HeadSum Scatter(int headWidth) =>
        new(headWidth, "Scatter", "sum[c] += Σ_i weights[i, c]·rows[i] for 4 columns of weights: what 4 keys get from some queries.", true, false);

    public override void Emit(SourceWriter writer)
    {
        IReadOnlyList<int> chunks = Chunks(Padded / 16);
        foreach (int vectors in chunks.Append(NarrowTile).Distinct().OrderBy(v => v))
        {
            EmitTile(writer, vectors);
        }

        StringBuilder wide = new();
        int column = 0;
        foreach (int vectors in chunks)
        {
            string at = column == 0 ? "" : $" + {column}";
            wide.Append($"{Name}{TileRows}x{vectors}<V>(weights, rows{at}, count, {(_scaled ? "scale, " : "")}sum{at});\n");
            column += 16 * vectors;
        }

        writer.Lines(
            $$"""
            /// <summary>{{_summary}}</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static void {{Name}}<V>(float* weights, float* rows, int count, {{(_scaled ? "float* scale, " : "")}}float* sum)
                where V : unmanaged, ILanes<V>
            {
                if (V.Count == Panel)
                {
                    {{AttentionKernel.Indented(wide.ToString().TrimEnd(), 2)}}
                    return;
                }

                for (int column = 0; column < Padded; column += {{NarrowTile}} * V.Count)
                {
                    {{Name}}{{TileRows}}x{{NarrowTile}}<V>(weights, rows + column, count, {{(_scaled ? "scale, " : "")}}sum + column);
                }
            }
            """);
    }

    private void EmitTile(SourceWriter writer, int vectors)
    {
        StringBuilder begin = new(), loads = new(), products = new(), stores = new();
        for (int v = 0; v < vectors; v++)
        {
            loads.Append($"V b{v} = V.Load(rows + ({v} * V.Count));\n");
        }

        for (int r = 0; r < TileRows; r++)
        {
            begin.Append(_scaled ? $"{(r == 0 ? "V " : "")}x = V.Create(scale[{r}]);\n" : "");
            string place = _transposed ? $"{r}" : $"{r} * BlockKeys";
            products.Append($"{(r == 0 && !_scaled ? "V " : "")}x = V.Create(weights[{place}]);\n");
            for (int v = 0; v < vectors; v++)
            {
                string at = $"sum + ({r} * Padded) + ({v} * V.Count)";
                begin.Append($"V s{r}{v} = V.Load({at}){(_scaled ? " * x" : "")};\n");
                products.Append($"s{r}{v} = V.MultiplyAdd(x, b{v}, s{r}{v});\n");
                stores.Append($"V.Store(s{r}{v}, {at});\n");
            }
        }

        writer.Lines(
            $$"""
            /// <summary><see cref="{{Name}}"/> for {{vectors}} vectors of columns.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void {{Name}}{{TileRows}}x{{vectors}}<V>(float* weights, float* rows, int count, {{(_scaled ? "float* scale, " : "")}}float* sum)
                where V : unmanaged, ILanes<V>
            {
                {{AttentionKernel.Indented(begin.ToString().TrimEnd(), 1)}}
                for (int n = 0; n < count; n++)
                {
                    {{AttentionKernel.Indented(loads.ToString().TrimEnd(), 2)}}
                    {{AttentionKernel.Indented(products.ToString().TrimEnd(), 2)}}
                    weights += {{(_transposed ? "BlockKeys" : "1")}};
                    rows += Padded;
                }

                {{AttentionKernel.Indented(stores.ToString().TrimEnd(), 1)}}
            }

            """);
    }

    /// <summary>512-bit vectors of a row in tiles of at most 4, as even as possible.</summary>
    public static IReadOnlyList<int> Chunks(int vectors)
    {
        int chunks = (vectors + WidestTile - 1) / WidestTile;
        return [.. Enumerable.Range(0, chunks).Select(i => ((i + 1) * vectors / chunks) - (i * vectors / chunks))];
    }
}

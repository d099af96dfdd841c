using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// The register tiles that every attention kernel is made of: scores of 4 queries, sums of rows weighted by 4 rows (or columns) of a block, packing.
/// </summary>
internal sealed record AttentionTiles(AttentionShape Shape) : AttentionKernel(Shape)
{
    // 4 rows × 4 vectors: 16 accumulators, 4 operands and a broadcast of 32 registers. Where there are 16 registers the tile is 4 × 2.
    private const int TileRows = 4, WidestTile = 4, NarrowTile = 2;

    public override string MemberKey => "0 tiles";

    private int WideVectors => Shape.PaddedHeadWidth / 16;

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(
            $"""
            private const int Heads = {Shape.Heads}, HeadWidth = {Shape.HeadWidth};

            /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
            private const int Padded = {Shape.PaddedHeadWidth};

            private const int QueryStride = {Shape.QueryStride}, KeyStride = {Shape.KeyStride}, ValueStride = {Shape.ValueStride}, OutputStride = {Shape.OutputStride};
            private const int StatisticsStride = {Shape.StatisticsStride};

            /// <summary>Rows that follow each other in the pattern are this many rows apart.</summary>
            private const int RowStep = {Shape.RowStep};
            private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = {TileRows};

            /// <summary>What a query is multiplied with, so that softmax is 2^(score - logSumExp): log2(e) / √K, or 1 where the score is additive.</summary>
            private const float QueryScale = {Literal.Of(Shape.IsAdditive ? 1f : (float)(Log2E / Math.Sqrt(Shape.HeadWidth)))};

            /// <summary>Where the running maximum starts: below every score, yet finite, so that minus infinity minus it is no NaN.</summary>
            private const float Lowest = -1e30f;
            """);
        writer.Blank();
        EmitPacking(writer);
        writer.Blank();
        EmitProducts(writer);
        EmitPanels(writer);
        writer.Blank();
        EmitMask(writer);
        foreach (Sum sum in Sums)
        {
            EmitSum(writer, sum);
        }
    }

    private const double Log2E = 1.4426950408889634;

    private sealed record Sum(string Name, string Summary, bool Transposed, bool Scaled);

    private static readonly Sum[] Sums =
    [
        new("Rescale", "sum[r] = scale[r]·sum[r] + Σ_j weights[r, j]·rows[j]: the output of 4 queries moves on by some keys.", false, true),
        new("Gather", "sum[r] += Σ_j weights[r, j]·rows[j] for 4 rows of weights: what 4 queries get from some keys.", false, false),
        new("Scatter", "sum[c] += Σ_i weights[i, c]·rows[i] for 4 columns of weights: what 4 keys get from some queries.", true, false),
    ];

    private static void EmitPacking(SourceWriter writer) => writer.Lines(
        """
        /// <summary>Copies rows of one head to [rows, Padded], times a factor; zeros behind column K and behind the last row, up to <paramref name="total"/> rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void PackRows<V>(float* source, int stride, int rows, int total, float factor, float* packed)
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
        private static void UnpackRow<V>(float* packed, float factor, bool add, float* destination)
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
        """);

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
                    {{Indented(zeros.ToString().TrimEnd(), 1)}}
                    for (int k = 0; k < HeadWidth; k++)
                    {
                        {{Indented(loads.ToString().TrimEnd(), 2)}}
                        {{Indented(products.ToString().TrimEnd(), 2)}}
                        rows++;
                        panels += Panel;
                    }

                    {{Indented(stores.ToString().TrimEnd(), 1)}}
                }

                """);
        }
    }

    // Walks the panels with the widest tiles that the registers hold.
    private static void EmitPanels(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>products[4, count · 16] = rows[4, K]·panels[count, K, 16], rows of products 64 apart: Q·Kᵀ and dO·Vᵀ. Sums run over k in ascending order whatever the tile.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Products<V>(float* rows, float* panels, int count, float* products)
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

    private void EmitMask(SourceWriter writer)
    {
        StringBuilder rows = new();
        for (int r = 0; r < TileRows; r++)
        {
            string kept = Shape.IsTopK ? $"V.WhereGreater(V.Create(thresholds[{r}]), V.Load(scores + key + ({r} * BlockKeys)), none, V.Load(scores + key + ({r} * BlockKeys)))" : $"V.Load(scores + key + ({r} * BlockKeys))";
            rows.Append($"V at{r} = V.Create(position + {r});\n");
            rows.Append($"V.Store(V.WhereGreater(first, at{r}, none, V.WhereGreater(at{r}, last, none, {kept})), scores + key + ({r} * BlockKeys));\n");
        }

        writer.Lines(
            $$"""
            /// <summary>Minus infinity where a query (at position, position + 1 ...) must not see a key{{TopK(", or the score is below the query's threshold")}}.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Mask<V>(KeyBlock* block, int position, int panel, int end, {{TopK("float* thresholds, ")}}float* scores)
                where V : unmanaged, ILanes<V>
            {
                V none = V.Create(float.NegativeInfinity);
                for (int key = panel * Panel; key < end * Panel; key += V.Count)
                {
                    V first = V.Load(block->First + key), last = V.Load(block->Last + key);
                    {{Indented(rows.ToString().TrimEnd(), 2)}}
                }
            }
            """);
    }

    private void EmitSum(SourceWriter writer, Sum sum)
    {
        IReadOnlyList<int> chunks = Chunks(WideVectors);
        foreach (int vectors in chunks.Append(NarrowTile).Distinct().OrderBy(v => v))
        {
            EmitSumTile(writer, sum, vectors);
        }

        StringBuilder wide = new();
        int column = 0;
        foreach (int vectors in chunks)
        {
            string at = column == 0 ? "" : $" + {column}";
            wide.Append($"{sum.Name}{TileRows}x{vectors}<V>(weights, rows{at}, count, {(sum.Scaled ? "scale, " : "")}sum{at});\n");
            column += 16 * vectors;
        }

        writer.Blank();
        writer.Lines(
            $$"""
            /// <summary>{{sum.Summary}}</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void {{sum.Name}}<V>(float* weights, float* rows, int count, {{(sum.Scaled ? "float* scale, " : "")}}float* sum)
                where V : unmanaged, ILanes<V>
            {
                if (V.Count == Panel)
                {
                    {{Indented(wide.ToString().TrimEnd(), 2)}}
                    return;
                }

                for (int column = 0; column < Padded; column += {{NarrowTile}} * V.Count)
                {
                    {{sum.Name}}{{TileRows}}x{{NarrowTile}}<V>(weights, rows + column, count, {{(sum.Scaled ? "scale, " : "")}}sum + column);
                }
            }
            """);
    }

    private static void EmitSumTile(SourceWriter writer, Sum sum, int vectors)
    {
        StringBuilder begin = new(), loads = new(), products = new(), stores = new();
        for (int v = 0; v < vectors; v++)
        {
            loads.Append($"V b{v} = V.Load(rows + ({v} * V.Count));\n");
        }

        for (int r = 0; r < TileRows; r++)
        {
            begin.Append(sum.Scaled ? $"{(r == 0 ? "V " : "")}x = V.Create(scale[{r}]);\n" : "");
            string place = sum.Transposed ? $"{r}" : $"{r} * BlockKeys";
            products.Append($"{(r == 0 && !sum.Scaled ? "V " : "")}x = V.Create(weights[{place}]);\n");
            for (int v = 0; v < vectors; v++)
            {
                string at = $"sum + ({r} * Padded) + ({v} * V.Count)";
                begin.Append($"V s{r}{v} = V.Load({at}){(sum.Scaled ? " * x" : "")};\n");
                products.Append($"s{r}{v} = V.MultiplyAdd(x, b{v}, s{r}{v});\n");
                stores.Append($"V.Store(s{r}{v}, {at});\n");
            }
        }

        writer.Blank();
        writer.Lines(
            $$"""
            /// <summary><see cref="{{sum.Name}}"/> for {{vectors}} vectors of columns.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void {{sum.Name}}{{TileRows}}x{{vectors}}<V>(float* weights, float* rows, int count, {{(sum.Scaled ? "float* scale, " : "")}}float* sum)
                where V : unmanaged, ILanes<V>
            {
                {{Indented(begin.ToString().TrimEnd(), 1)}}
                for (int n = 0; n < count; n++)
                {
                    {{Indented(loads.ToString().TrimEnd(), 2)}}
                    {{Indented(products.ToString().TrimEnd(), 2)}}
                    weights += {{(sum.Transposed ? "BlockKeys" : "1")}};
                    rows += Padded;
                }

                {{Indented(stores.ToString().TrimEnd(), 1)}}
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

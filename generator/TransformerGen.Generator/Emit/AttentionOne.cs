using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// A decoding step: one query, keys and values packed in the cache, all keys of one range of positions seen. One row fills no tile of 4, so scores are
/// taken for 8 vectors of keys at once and values are summed in several streams.
/// </summary>
internal sealed record AttentionOne(AttentionShape Shape) : AttentionKernel(Shape)
{
    private const int WidestTile = 8;

    // Accumulators that hide the latency of a multiply-add: 4 cycles × 2 units.
    private const int Accumulators = 8;

    public override string MemberKey => "1 one";

    /// <summary>Whether a query of this shape sees one range of positions and nothing else decides.</summary>
    public static bool Serves(AttentionShape shape) => !shape.IsAdditive && shape.Pattern.Kind is PatternKind.Full or PatternKind.Block or PatternKind.Window;

    /// <summary>The first key that the query at position past sees.</summary>
    public static string FirstKey(AttentionShape shape) => shape.Pattern.Kind switch
    {
        PatternKind.Block => $"past / {shape.Pattern.Window} * {shape.Pattern.Window}",
        PatternKind.Window => $"Math.Max(0, past - {shape.Pattern.Window})",
        _ => "0",
    };

    public override void Emit(SourceWriter writer)
    {
        for (int vectors = WidestTile; vectors >= 1; vectors /= 2)
        {
            EmitScores(writer, vectors);
        }

        int wide = Shape.PaddedHeadWidth / 16;
        foreach (int vectors in AttentionTiles.Chunks(wide).Append(2).Distinct().OrderBy(v => v))
        {
            EmitValues(writer, vectors);
        }

        StringBuilder chunks = new();
        int column = 0;
        foreach (int vectors in AttentionTiles.Chunks(wide))
        {
            string at = column == 0 ? "" : $" + {column}";
            chunks.Append($"OneValues{vectors}<V>(scores + first - start, v + ((long)first * Padded){at}, end - first, sum{at});\n");
            column += 16 * vectors;
        }

        writer.Lines(
            $$"""
            /// <summary>One head, one query: output = softmax(q·K / √{{Shape.HeadWidth}})·V over the keys first..end - 1 of the cache.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void AttendOne<V>(int first, int end, float* q, float* k, float* v, float* output)
                where V : unmanaged, ILanes<V>
            {
                // Scores are taken for whole panels; those before the first key and behind the last become minus infinity, whatever the cache holds there.
                int start = first & -Panel, width = ((end + Panel - 1) & -Panel) - start;
                float* query = KernelScratch.Get((2 * Padded) + width), sum = query + Padded, scores = sum + Padded;
                PackRows<V>(q, QueryStride, 1, 1, QueryScale, query);
                k += (long)start * HeadWidth;
                int key = 0;
                for (; key + ({{WidestTile}} * V.Count) <= width; key += {{WidestTile}} * V.Count)
                {
                    OneScores{{WidestTile}}<V>(query, k + ((long)key * HeadWidth), scores + key);
                }

                // What is left, in ever smaller tiles; fewer vectors than a panel has never begin inside one.
                if (key + (4 * V.Count) <= width)
                {
                    OneScores4<V>(query, k + ((long)key * HeadWidth), scores + key);
                    key += 4 * V.Count;
                }

                if (key + (2 * V.Count) <= width)
                {
                    OneScores2<V>(query, k + ((long)key * HeadWidth), scores + key);
                    key += 2 * V.Count;
                }

                if (key < width)
                {
                    OneScores1<V>(query, k + ((long)key * HeadWidth), scores + key);
                }

                new Span<float>(scores, first - start).Fill(float.NegativeInfinity);
                new Span<float>(scores + end - start, start + width - end).Fill(float.NegativeInfinity);
                V top = V.Create(Lowest);
                for (int j = 0; j < width; j += V.Count)
                {
                    top = V.Max(top, V.Load(scores + j));
                }

                top = V.Create(V.Largest(top));
                V total = V.Zero;
                for (int j = 0; j < width; j += V.Count)
                {
                    V p = V.Exp2(V.Load(scores + j) - top);
                    V.Store(p, scores + j);
                    total += p;
                }

                if (V.Count == Panel)
                {
                    {{Indented(chunks.ToString().TrimEnd(), 2)}}
                }
                else
                {
                    for (int column = 0; column < Padded; column += 2 * V.Count)
                    {
                        OneValues2<V>(scores + first - start, v + ((long)first * Padded) + column, end - first, sum + column);
                    }
                }

                float denominator = V.Sum(total);
                UnpackRow<V>(sum, denominator > 0 ? 1 / denominator : 0, false, output);
            }
            """);
    }

    private static void EmitScores(SourceWriter writer, int vectors)
    {
        string sums = string.Join(", ", Enumerable.Range(0, vectors).Select(v => $"s{v} = V.Zero"));
        string products = string.Join("\n", Enumerable.Range(0, vectors).Select(v => $"s{v} = V.MultiplyAdd(x, V.Load(keys{Place(v)}), s{v});"));
        string stores = string.Join("\n", Enumerable.Range(0, vectors).Select(v => $"V.Store(s{v}, scores + ({v} * V.Count));"));
        writer.Lines(
            $$"""
            /// <summary>The scores of one query and {{vectors}} vector{{(vectors == 1 ? "" : "s")}} of keys.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void OneScores{{vectors}}<V>(float* query, float* keys, float* scores)
                where V : unmanaged, ILanes<V>
            {
                V {{sums}};
                for (int k = 0; k < HeadWidth; k++)
                {
                    V x = V.Create(query[k]);
                    {{Indented(products, 2)}}
                    keys += Panel;
                }

                {{Indented(stores, 1)}}
            }

            """);
    }

    // Vector v of keys: in its panel of 16, at its lane.
    private static string Place(int v) => v == 0 ? "" : $" + ({v} * V.Count / Panel * Panel * HeadWidth) + ({v} * V.Count % Panel)";

    private static void EmitValues(SourceWriter writer, int vectors)
    {
        int streams = Math.Max(1, Accumulators / vectors);
        StringBuilder sums = new(), products = new(), rest = new(), stores = new();
        for (int n = 0; n < streams; n++)
        {
            sums.Append("V ").Append(string.Join(", ", Enumerable.Range(0, vectors).Select(c => $"s{n}{c} = V.Zero"))).Append(";\n");
            products.Append($"{(n == 0 ? "V " : "")}x = V.Create(weights[j + {n}]);\n");
            for (int c = 0; c < vectors; c++)
            {
                products.Append($"s{n}{c} = V.MultiplyAdd(x, V.Load(rows + ({n} * Padded) + ({c} * V.Count)), s{n}{c});\n");
            }
        }

        for (int c = 0; c < vectors; c++)
        {
            rest.Append($"s0{c} = V.MultiplyAdd(x, V.Load(rows + ({c} * V.Count)), s0{c});\n");
            stores.Append($"V.Store({string.Join(" + ", Enumerable.Range(0, streams).Select(n => $"s{n}{c}"))}, sum + ({c} * V.Count));\n");
        }

        writer.Lines(
            $$"""
            /// <summary>sum = Σ_j weights[j]·rows[j] in {{vectors}} vector{{(vectors == 1 ? "" : "s")}} of columns, {{streams}} row{{(streams == 1 ? "" : "s")}} side by side.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void OneValues{{vectors}}<V>(float* weights, float* rows, int count, float* sum)
                where V : unmanaged, ILanes<V>
            {
                {{Indented(sums.ToString().TrimEnd(), 1)}}
                int j = 0;
                for (; j + {{streams}} <= count; j += {{streams}})
                {
                    {{Indented(products.ToString().TrimEnd(), 2)}}
                    rows += {{streams}} * Padded;
                }

                for (; j < count; j++)
                {
                    V x = V.Create(weights[j]);
                    {{Indented(rest.ToString().TrimEnd(), 2)}}
                    rows += Padded;
                }

                {{Indented(stores.ToString().TrimEnd(), 1)}}
            }

            """);
    }
}

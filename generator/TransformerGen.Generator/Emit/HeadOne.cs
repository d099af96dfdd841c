using System;
using System.Linq;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>Tiles of one query: scores of 8 vectors of keys at once, sums of values in several streams.</summary>
internal sealed record HeadOne(int HeadWidth) : HeadKernel(HeadWidth)
{
    /// <summary>Vectors of keys of the widest tile.</summary>
    public const int WidestTile = 8;

    // Accumulators that hide the latency of a multiply-add: 4 cycles × 2 units.
    private const int Accumulators = 8;

    public override string MemberKey => "8 one";

    public override void Emit(SourceWriter writer)
    {
        for (int vectors = WidestTile; vectors >= 1; vectors /= 2)
        {
            EmitScores(writer, vectors);
        }

        int[] widths = [.. HeadSum.Chunks(Padded / 16).Append(2).Distinct().OrderBy(v => v)];
        foreach (int vectors in widths)
        {
            EmitValues(writer, vectors, vectors == widths[widths.Length - 1]);
        }
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
            public static void OneScores{{vectors}}<V>(float* query, float* keys, float* scores)
                where V : unmanaged, ILanes<V>
            {
                V {{sums}};
                for (int k = 0; k < HeadWidth; k++)
                {
                    V x = V.Create(query[k]);
                    {{AttentionKernel.Indented(products, 2)}}
                    keys += Panel;
                }

                {{AttentionKernel.Indented(stores, 1)}}
            }

            """);
    }

    // Vector v of keys: in its panel of 16, at its lane.
    private static string Place(int v) => v == 0 ? "" : $" + ({v} * V.Count / Panel * Panel * HeadWidth) + ({v} * V.Count % Panel)";

    private static void EmitValues(SourceWriter writer, int vectors, bool isLast)
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
            public static void OneValues{{vectors}}<V>(float* weights, float* rows, int count, float* sum)
                where V : unmanaged, ILanes<V>
            {
                {{AttentionKernel.Indented(sums.ToString().TrimEnd(), 1)}}
                int j = 0;
                for (; j + {{streams}} <= count; j += {{streams}})
                {
                    {{AttentionKernel.Indented(products.ToString().TrimEnd(), 2)}}
                    rows += {{streams}} * Padded;
                }

                for (; j < count; j++)
                {
                    V x = V.Create(weights[j]);
                    {{AttentionKernel.Indented(rest.ToString().TrimEnd(), 2)}}
                    rows += Padded;
                }

                {{AttentionKernel.Indented(stores.ToString().TrimEnd(), 1)}}
            }{{(isLast ? "" : "\n")}}
            """);
    }
}

using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>One key head of a cache and the queries of one position that read it: each key and value is loaded once for all of them.</summary>
/// <param name="HeadWidth">K.</param>
/// <param name="Queries">Queries, 1 to <see cref="MostQueries"/>.</param>
internal sealed record HeadGroup(int HeadWidth, int Queries) : HeadKernel(HeadWidth)
{
    /// <summary>Two register tiles. A larger group is several units of work, so that a team has something to share when there is one key head.</summary>
    public const int MostQueries = 2 * TileRows;

    public override string MemberKey => $"9 group {Queries}";

    public override IEnumerable<Kernel> Needs => [.. base.Needs, .. Tiles.Distinct().Select(queries => new HeadGroupTile(HeadWidth, queries))];

    /// <summary>Queries of each register tile, as even as possible.</summary>
    private IReadOnlyList<int> Tiles => HeadSum.Chunks(Queries);

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(
            $$"""
            /// <summary>scores[{{Queries}}, width] = the products of packed queries and width keys in panels, a multiple of 16. 64 keys at a time, which stay in the L1 cache while all queries pass.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void GroupScores{{Queries}}<V>(float* queries, float* keys, int width, float* scores)
                where V : unmanaged, ILanes<V>
            {
                int key = 0;
                if (V.Count == Panel)
                {
                    for (; key + BlockKeys <= width; key += BlockKeys)
                    {
                        {{AttentionKernel.Indented(ScoreTiles(4), 3)}}
                    }
                }

                for (; key + (2 * V.Count) <= width; key += 2 * V.Count)
                {
                    {{AttentionKernel.Indented(ScoreTiles(2), 2)}}
                }

                // One panel of an odd number of panels, where a vector is a panel.
                if (key < width)
                {
                    {{AttentionKernel.Indented(ScoreTiles(1), 2)}}
                }
            }

            """);
        StringBuilder wide = new(), narrow = new();
        int first = 0;
        foreach (int queries in Tiles)
        {
            string at = $"weights{At(first, "stride")} + j, stride, rows + ((long)j * Padded)", to = $"sums{At(first, "Padded")}";
            int column = 0;
            foreach (int vectors in HeadSum.Chunks(Padded / 16))
            {
                string there = column == 0 ? "" : $" + {column}";
                wide.Append($"GroupValues{queries}x{vectors}<V>({at}{there}, present, {to}{there});\n");
                column += 16 * vectors;
            }

            narrow.Append($"GroupValues{queries}x2<V>({at} + column, present, {to} + column);\n");
            first += queries;
        }

        writer.Lines(
            $$"""
            /// <summary>sums[{{Queries}}, Padded] = Σ_j weights[.., j]·rows[j], weights stride apart; 64 rows at a time.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void GroupValues{{Queries}}<V>(float* weights, int stride, float* rows, int count, float* sums)
                where V : unmanaged, ILanes<V>
            {
                new Span<float>(sums, {{Queries}} * Padded).Clear();
                for (int j = 0; j < count; j += BlockKeys)
                {
                    int present = Math.Min(BlockKeys, count - j);
                    if (V.Count == Panel)
                    {
                        {{AttentionKernel.Indented(wide.ToString().TrimEnd(), 3)}}
                        continue;
                    }

                    for (int column = 0; column < Padded; column += 2 * V.Count)
                    {
                        {{AttentionKernel.Indented(narrow.ToString().TrimEnd(), 3)}}
                    }
                }
            }
            """);
    }

    private string ScoreTiles(int vectors)
    {
        StringBuilder calls = new();
        int first = 0;
        foreach (int queries in Tiles)
        {
            // Fewer vectors than a panel has begin inside it, but never in the middle of a tile.
            calls.Append($"GroupScores{queries}x{vectors}<V>(queries{At(first, "Padded")}, keys + (key / Panel * Panel * HeadWidth) + (key % Panel), scores{At(first, "width")} + key, width);\n");
            first += queries;
        }

        return calls.ToString().TrimEnd();
    }

    private static string At(int row, string stride) => row == 0 ? "" : $" + ({row} * {stride})";
}

/// <summary>The register tiles of <see cref="HeadGroup"/>.</summary>
/// <param name="HeadWidth">K.</param>
/// <param name="Queries">Queries, 1 to 4.</param>
internal sealed record HeadGroupTile(int HeadWidth, int Queries) : HeadKernel(HeadWidth)
{
    // Accumulators that hide the latency of a multiply-add: 4 cycles × 2 units.
    private const int Accumulators = 8;

    public override string MemberKey => $"8 group tile {Queries}";

    public override void Emit(SourceWriter writer)
    {
        foreach (int vectors in (int[])[4, 2, 1])
        {
            EmitScores(writer, vectors);
        }

        int[] widths = [.. HeadSum.Chunks(Padded / 16).Append(2).Distinct().OrderBy(v => v)];
        foreach (int vectors in widths)
        {
            EmitValues(writer, vectors, vectors == widths[widths.Length - 1]);
        }
    }

    private void EmitScores(SourceWriter writer, int vectors)
    {
        StringBuilder zeros = new(), loads = new(), products = new(), stores = new();
        for (int v = 0; v < vectors; v++)
        {
            loads.Append($"V b{v} = V.Load(keys{(v == 0 ? "" : v == 1 ? " + next" : $" + ({v} * next)")});\n");
        }

        for (int q = 0; q < Queries; q++)
        {
            zeros.Append("V ").Append(string.Join(", ", Enumerable.Range(0, vectors).Select(v => $"s{q}{v} = V.Zero"))).Append(";\n");
            products.Append($"{(q == 0 ? "V " : "")}x = V.Create(queries[{(q == 0 ? "k" : $"({q} * Padded) + k")}]);\n");
            for (int v = 0; v < vectors; v++)
            {
                products.Append($"s{q}{v} = V.MultiplyAdd(x, b{v}, s{q}{v});\n");
                stores.Append($"V.Store(s{q}{v}, scores + ({q} * stride) + ({v} * V.Count));\n");
            }
        }

        string next = vectors == 1 ? "" :
            "// The next vector stands in the next panel where a vector is a whole panel, else beside this one.\nint next = V.Count == Panel ? HeadWidth * Panel : V.Count;\n";
        writer.Lines(
            $$"""
            /// <summary>The scores of {{(Queries == 1 ? "one query" : $"{Queries} queries")}} and {{vectors}} vector{{(vectors == 1 ? "" : "s")}} of keys.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void GroupScores{{Queries}}x{{vectors}}<V>(float* queries, float* keys, float* scores, int stride)
                where V : unmanaged, ILanes<V>
            {
                {{AttentionKernel.Indented(next + zeros.ToString().TrimEnd(), 1)}}
                for (int k = 0; k < HeadWidth; k++)
                {
                    {{AttentionKernel.Indented(loads.ToString().TrimEnd(), 2)}}
                    {{AttentionKernel.Indented(products.ToString().TrimEnd(), 2)}}
                    keys += Panel;
                }

                {{AttentionKernel.Indented(stores.ToString().TrimEnd(), 1)}}
            }

            """);
    }

    private void EmitValues(SourceWriter writer, int vectors, bool isLast)
    {
        // Few sums are split into those of even and of odd rows.
        int streams = Queries * vectors >= Accumulators ? 1 : 2;
        StringBuilder sums = new(), products = new(), rest = new(), stores = new();
        for (int n = 0; n < streams; n++)
        {
            for (int q = 0; q < Queries; q++)
            {
                sums.Append("V ").Append(string.Join(", ", Enumerable.Range(0, vectors).Select(c => $"s{n}{q}{c} = {(n == 0 ? $"V.Load(sums + ({q} * Padded) + ({c} * V.Count))" : "V.Zero")}"))).Append(";\n");
            }

            products.Append(Row(n));
        }

        for (int q = 0; q < Queries; q++)
        {
            for (int c = 0; c < vectors; c++)
            {
                stores.Append($"V.Store({string.Join(" + ", Enumerable.Range(0, streams).Select(n => $"s{n}{q}{c}"))}, sums + ({q} * Padded) + ({c} * V.Count));\n");
            }
        }

        string Row(int n)
        {
            StringBuilder row = new();
            for (int c = 0; c < vectors; c++)
            {
                row.Append($"V b{n}{c} = V.Load(rows{(n == 0 ? "" : " + Padded")} + ({c} * V.Count));\n");
            }

            for (int q = 0; q < Queries; q++)
            {
                row.Append($"{(n == 0 && q == 0 ? "V " : "")}x = V.Create(weights[{(q == 0 ? "j" : $"({q} * stride) + j")}{(n == 0 ? "" : " + 1")}]);\n");
                for (int c = 0; c < vectors; c++)
                {
                    row.Append($"s{n}{q}{c} = V.MultiplyAdd(x, b{n}{c}, s{n}{q}{c});\n");
                }
            }

            return row.ToString();
        }

        string body = streams == 1
            ? $$"""
              for (int j = 0; j < count; j++)
              {
                  {{AttentionKernel.Indented(products.ToString().TrimEnd(), 1)}}
                  rows += Padded;
              }
              """
            : $$"""
              int j = 0;
              for (; j + 2 <= count; j += 2)
              {
                  {{AttentionKernel.Indented(products.ToString().TrimEnd(), 1)}}
                  rows += 2 * Padded;
              }

              if (j < count)
              {
                  {{AttentionKernel.Indented(Row(0).TrimEnd(), 1)}}
              }
              """;
        writer.Lines(
            $$"""
            /// <summary>sums[q] += Σ_j weights[q, j]·rows[j] in {{vectors}} vector{{(vectors == 1 ? "" : "s")}} of columns, for {{(Queries == 1 ? "one query" : $"{Queries} queries")}}.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void GroupValues{{Queries}}x{{vectors}}<V>(float* weights, int stride, float* rows, int count, float* sums)
                where V : unmanaged, ILanes<V>
            {
                {{AttentionKernel.Indented(sums.ToString().TrimEnd(), 1)}}
                {{AttentionKernel.Indented(body, 1)}}

                {{AttentionKernel.Indented(stores.ToString().TrimEnd(), 1)}}
            }{{(isLast ? "" : "\n")}}
            """);
    }
}

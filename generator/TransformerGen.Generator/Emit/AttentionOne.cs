using System.Collections.Generic;
using System.Text;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// A decoding step: one query, keys and values packed in the cache, all keys of one range of positions seen. One row fills no tile of 4, so scores are
/// taken for 8 vectors of keys at once and values are summed in several streams.
/// </summary>
internal sealed record AttentionOne(AttentionShape Shape) : AttentionKernel(Shape)
{
    private const int WidestTile = HeadOne.WidestTile;

    public override string MemberKey => "1 rows one";

    public override IEnumerable<Kernel> Needs => [new HeadPacking(Shape.HeadWidth), new HeadOne(Shape.HeadWidth), .. AttentionTerms.Of(Shape)];

    /// <summary>Whether a query of this shape sees one range of positions and nothing else decides.</summary>
    public static bool Serves(AttentionShape shape) => !shape.IsAdditive && shape.Pattern.Kind is PatternKind.Full or PatternKind.Block or PatternKind.Window;

    /// <summary>The first key that the query at position past sees.</summary>
    public static string FirstKey(AttentionShape shape) => shape.Pattern.Kind switch
    {
        PatternKind.Block => $"past / {shape.Pattern.Window} * {shape.Pattern.Window}",
        PatternKind.Window => $"Math.Max(0, past - {shape.Pattern.Window})",
        _ => "0",
    };

    /// <summary>Statements that make the weights e^(score - largest) of a row of scores, 0 outside of the keys first..end - 1, and their sum: total.</summary>
    public static string Weights(string tiles, string row) =>
        $$"""
        new Span<float>({{row}}, first - start).Fill(float.NegativeInfinity);
        new Span<float>({{row}} + end - start, start + width - end).Fill(float.NegativeInfinity);
        V top = V.Create({{tiles}}Lowest);
        for (int j = 0; j < width; j += V.Count)
        {
            top = V.Max(top, V.Load({{row}} + j));
        }

        top = V.Create(V.Largest(top));
        V total = V.Zero;
        for (int j = 0; j < width; j += V.Count)
        {
            V p = V.Exp2(V.Load({{row}} + j) - top);
            V.Store(p, {{row}} + j);
            total += p;
        }
        """;

    public override void Emit(SourceWriter writer)
    {
        StringBuilder chunks = new();
        int column = 0;
        foreach (int vectors in HeadSum.Chunks(Shape.PaddedHeadWidth / 16))
        {
            string at = column == 0 ? "" : $" + {column}";
            chunks.Append($"{Tiles}OneValues{vectors}<V>(scores + first - start, v + ((long)first * Padded){at}, end - first, sum{at});\n");
            column += 16 * vectors;
        }

        writer.Lines(
            $$"""
            /// <summary>One head, one query: output = softmax({{Shape.DescribeScore()}})·V over the keys first..end - 1 of the cache.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void AttendOne<V>(int first, int end, float* q, float* k, float* v, {{HeadParameters}}float* output)
                where V : unmanaged, ILanes<V>
            {
                // Scores are taken for whole panels; those before the first key and behind the last become minus infinity, whatever the cache holds there.
                int start = first & -Panel, width = ((end + Panel - 1) & -Panel) - start;
                float* query = KernelScratch.Get((2 * Padded) + {{Biased("(2 * width)")}}{{(Shape.HasBias ? "" : "width")}}), sum = query + Padded, scores = sum + Padded;
                {{Tiles}}PackRows<V>(q, QueryStride, 1, 1, QueryScale, query);
                k += (long)start * HeadWidth;
                int key = 0;
                for (; key + ({{WidestTile}} * V.Count) <= width; key += {{WidestTile}} * V.Count)
                {
                    {{Tiles}}OneScores{{WidestTile}}<V>(query, k + ((long)key * HeadWidth), scores + key);
                }

                // What is left, in ever smaller tiles; fewer vectors than a panel has never begin inside one.
                if (key + (4 * V.Count) <= width)
                {
                    {{Tiles}}OneScores4<V>(query, k + ((long)key * HeadWidth), scores + key);
                    key += 4 * V.Count;
                }

                if (key + (2 * V.Count) <= width)
                {
                    {{Tiles}}OneScores2<V>(query, k + ((long)key * HeadWidth), scores + key);
                    key += 2 * V.Count;
                }

                if (key < width)
                {
                    {{Tiles}}OneScores1<V>(query, k + ((long)key * HeadWidth), scores + key);
                }

                {{Indented(Terms(), 1)}}{{Indented(Weights(Tiles, "scores"), 1)}}

                if (V.Count == Panel)
                {
                    {{Indented(chunks.ToString().TrimEnd(), 2)}}
                }
                else
                {
                    for (int column = 0; column < Padded; column += 2 * V.Count)
                    {
                        {{Tiles}}OneValues2<V>(scores + first - start, v + ((long)first * Padded) + column, end - first, sum + column);
                    }
                }

                float denominator = V.Sum(total);
                {{Tiles}}UnpackRow<V>(sum, denominator > 0 ? 1 / denominator : 0, false, output);
            }
            """);
    }

    // The last key is the query's own.
    private string Terms() => !AttentionTerms.Serves(Shape) ? ""
        : Biased($"FillDistances({(Shape.Bias == BiasKind.Distance ? "bias" : "slope")}, start - (end - 1), width, scores + width);\n")
        + $"Adjust<V>({Biased("scores + width, ")}1, width, scores);\n";
}

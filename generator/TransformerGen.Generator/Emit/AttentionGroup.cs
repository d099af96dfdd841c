using System;
using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// A decoding step where several heads of queries read one head of keys: <see cref="AttentionOne"/> for all of them, so that the cache is read once and not once per head.
/// Scores have the bits of that kernel; values are summed in the order of the keys and not in several streams, since a tile of some queries has sums enough.
/// </summary>
/// <param name="Shape">What it is specialised for.</param>
/// <param name="Queries">Heads of queries.</param>
internal sealed record AttentionGroup(AttentionShape Shape, int Queries) : AttentionKernel(Shape)
{
    public override string MemberKey => $"1 rows group {Queries}";

    public override IEnumerable<Kernel> Needs => [new HeadPacking(Shape.HeadWidth), new HeadConstants(Shape.HeadWidth), new HeadGroup(Shape.HeadWidth, Queries), .. AttentionTerms.Of(Shape)];

    /// <summary>The sizes into which a group is divided, all but the last alike.</summary>
    public static (int Part, int Last) Parts(int group)
    {
        int parts = (group + HeadGroup.MostQueries - 1) / HeadGroup.MostQueries, part = (group + parts - 1) / parts;
        return (part, group - ((parts - 1) * part));
    }

    /// <summary>The kernels of a shape's group.</summary>
    public static IEnumerable<Kernel> Of(AttentionShape shape)
    {
        (int part, int last) = Parts(shape.Group);
        return part == last ? [new AttentionGroup(shape, part)] : [new AttentionGroup(shape, part), new AttentionGroup(shape, last)];
    }

    public override void Emit(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>{{Queries}} heads that read one head of keys, one query each: output = softmax({{Shape.DescribeScore()}})·V over the keys first..end - 1 of the cache.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void AttendGroup{{Queries}}<V>(int first, int end, float* q, float* k, float* v, {{(Shape.Bias == BiasKind.Linear ? "int head, " : HeadParameters)}}float* output)
            where V : unmanaged, ILanes<V>
        {
            // Scores are taken for whole panels; those before the first key and behind the last become minus infinity, whatever the cache holds there.
            const int Queries = {{Queries}};
            int start = first & -Panel, width = ((end + Panel - 1) & -Panel) - start;
            float* queries = KernelScratch.Get((2 * Queries * Padded) + ({{(Shape.HasBias ? "(Queries + 1L)" : "(long)Queries")}} * width)), sums = queries + (Queries * Padded), scores = sums + (Queries * Padded);
            {{Tiles}}PackRows<V>(q, HeadWidth, Queries, Queries, QueryScale, queries);
            {{Tiles}}GroupScores{{Queries}}<V>(queries, k + ((long)start * HeadWidth), width, scores);
            float* denominators = stackalloc float[Queries];
            for (int n = 0; n < Queries; n++)
            {
                float* row = scores + ((long)n * width);
                {{Indented(Terms(), 2)}}{{Indented(AttentionOne.Weights(Tiles, "row"), 2)}}

                denominators[n] = V.Sum(total);
            }

            {{Tiles}}GroupValues{{Queries}}<V>(scores + first - start, width, v + ((long)first * Padded), end - first, sums);
            for (int n = 0; n < Queries; n++)
            {
                {{Tiles}}UnpackRow<V>(sums + (n * Padded), denominators[n] > 0 ? 1 / denominators[n] : 0, false, output + (n * HeadWidth));
            }
        }
        """);

    // The last key is the query's own.
    private string Terms()
    {
        if (!AttentionTerms.Serves(Shape))
        {
            return "";
        }

        string share = Shape.Bias == BiasKind.Distance ? $"bias + (n * {Shape.BiasSpan})" : "Slopes[head + n]", distances = "scores + ((long)Queries * width)";
        return Biased($"FillDistances({share}, start - (end - 1), width, {distances});\n") + $"Adjust<V>({Biased(distances + ", ")}1, width, row);\n";
    }
}

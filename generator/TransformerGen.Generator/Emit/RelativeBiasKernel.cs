using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit;

/// <summary>A table of buckets spread over distances, and its gradient.</summary>
/// <param name="Heads">Columns of the table.</param>
/// <param name="Reach">R: distances -R..R.</param>
/// <param name="Buckets">Which bucket a distance belongs to.</param>
/// <param name="IsBackward">The gradient.</param>
internal sealed record RelativeBiasKernel(int Heads, int Reach, RelativeBuckets Buckets, bool IsBackward) : Kernel
{
    public override string ClassName => $"RelativeBias{Heads}x{Reach}Buckets{Buckets.Buckets}To{Buckets.MaxDistance}" + (Buckets.Bidirectional ? "" : "Before");

    public override string Summary =>
        $"What {Heads} heads add to a score by the distance of key and query (Raffel et al. 2020): {Buckets.Buckets} buckets, distances of {Buckets.MaxDistance} and more share one.";

    public override string MemberKey => IsBackward ? "2 backward" : "1 forward";

    public override IEnumerable<Kernel> Needs => [new RelativeBiasRuns(this with { IsBackward = false })];

    private int TableStride => AttentionShape.Pad(Heads);

    public override void Emit(SourceWriter writer)
    {
        if (IsBackward)
        {
            EmitBackward(writer);
            return;
        }

        writer.Lines(
            $$"""
            /// <summary>bias[h, {{Reach}} + d] = table[bucket of d, h], d = -{{Reach}}..{{Reach}}; the columns behind become zero.</summary>
            /// <param name="table">[{{Buckets.Buckets}}, {{Heads}}], stride {{TableStride}}.</param>
            /// <param name="bias">Receives [{{Heads}}, {{Span}}].</param>
            public static void Forward(float* table, float* bias)
            {
                for (int head = 0; head < {{Heads}}; head++)
                {
                    for (int run = 0; run < RunBuckets.Length; run++)
                    {
                        float value = table[(RunBuckets[run] * {{TableStride}}) + head];
                        new Span<float>(bias + (head * {{Span}}) + {{Reach}} + RunStarts[run], RunStarts[run + 1] - RunStarts[run]).Fill(value);
                    }
                }{{(Width == Heads * Span ? "" : $"\n\n    new Span<float>(bias + {Heads * Span}, {Width - (Heads * Span)}).Clear();")}}
            }
            """);
    }

    private int Span => (2 * Reach) + 1;

    private int Width => AttentionShape.Pad(Heads * Span);

    private void EmitBackward(SourceWriter writer) => writer.Lines(
        $$"""
        /// <summary>dTable[b, h] = (dTable[b, h] +) Σ dBias[h, {{Reach}} + d] over the distances d of bucket b, in ascending order.</summary>
        /// <param name="dBias">[{{Heads}}, {{Span}}].</param>
        /// <param name="dTable">Receives [{{Buckets.Buckets}}, {{Heads}}], stride {{TableStride}}.</param>
        /// <param name="add">Add to dTable instead of storing.</param>
        public static void Backward(float* dBias, float* dTable, bool add)
        {
            if (!add)
            {
                new Span<float>(dTable, {{Buckets.Buckets * TableStride}}).Clear();
            }

            for (int head = 0; head < {{Heads}}; head++)
            {
                for (int run = 0; run < RunBuckets.Length; run++)
                {
                    float sum = 0f;
                    for (int d = RunStarts[run]; d < RunStarts[run + 1]; d++)
                    {
                        sum += dBias[(head * {{Span}}) + {{Reach}} + d];
                    }

                    dTable[(RunBuckets[run] * {{TableStride}}) + head] += sum;
                }
            }
        }
        """);
}

/// <summary>The distances of each bucket: runs of neighbours.</summary>
internal sealed record RelativeBiasRuns(RelativeBiasKernel Of) : Kernel
{
    public override string ClassName => Of.ClassName;

    public override string Summary => Of.Summary;

    public override string MemberKey => "0 runs";

    public override void Emit(SourceWriter writer)
    {
        int[] starts = [.. Enumerable.Range(-Of.Reach, (2 * Of.Reach) + 1).Where(d => d == -Of.Reach || Of.Buckets.Of(d) != Of.Buckets.Of(d - 1))];
        writer.Lines(
            $"""
            /// <summary>The first distance of each run of distances that share a bucket, and the end of the last.</summary>
            private static ReadOnlySpan<int> RunStarts => [{string.Join(", ", starts)}, {Of.Reach + 1}];

            /// <summary>The bucket of each run.</summary>
            private static ReadOnlySpan<int> RunBuckets => [{string.Join(", ", starts.Select(Of.Buckets.Of))}];
            """);
    }
}

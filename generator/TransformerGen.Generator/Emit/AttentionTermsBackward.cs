using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The gradients of soft cap and bias by distance.</summary>
internal sealed record AttentionTermsBackward(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 terms backward";

    public override void Emit(SourceWriter writer)
    {
        if (Shape.SoftCap > 0)
        {
            AttentionTerms.EmitAdjust(writer, Shape, true);
            writer.Blank();
            writer.Lines(
                """
                /// <summary>dScores ← dScores ∘ slopes for 4 queries: through the soft cap.</summary>
                [MethodImpl(MethodImplOptions.AggressiveOptimization)]
                private static void Scale<V>(int width, float* slopes, float* dScores)
                    where V : unmanaged, ILanes<V>
                {
                    for (int row = 0; row < TileRows; row++)
                    {
                        for (int j = 0; j < width; j += V.Count)
                        {
                            V.Store(V.Load(dScores + j) * V.Load(slopes + j), dScores + j);
                        }

                        slopes += BlockKeys;
                        dScores += BlockKeys;
                    }
                }
                """);
        }

        if (Shape.Bias != BiasKind.Distance)
        {
            return;
        }

        if (Shape.SoftCap > 0)
        {
            writer.Blank();
        }

        writer.Lines(
            $$"""
            /// <summary>The gradients of the scores of 4 queries and the next width keys, added up by distance; dDistances points to the first query and key.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void AddToDistances<V>(float* dDistances, int width, float* dScores)
                where V : unmanaged, ILanes<V>
            {
                for (int row = 0; row < TileRows; row++)
                {
                    for (int j = 0; j < width; j += V.Count)
                    {
                        V.Store(V.Load(dDistances + j) + V.Load(dScores + j), dDistances + j);
                    }

                    dScores += BlockKeys;
                    dDistances--;
                }
            }

            /// <summary>Adds what stands at distance first + n to the gradient of one head's bias.</summary>
            private static void GatherDistances(float* dDistances, int first, int count, float* part)
            {
                dDistances += first;
                for (int n = 0; n < count; n++)
                {
                    part[{{Shape.BiasReach}} + Math.Clamp(first + n, -{{Shape.BiasReach}}, {{Shape.BiasReach}})] += dDistances[n];
                }
            }
            """);
    }
}

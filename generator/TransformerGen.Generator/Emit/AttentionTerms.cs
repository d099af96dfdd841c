using System;
using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>What a score gets between the product and the mask: the soft cap and the bias by distance.</summary>
internal sealed record AttentionTerms(AttentionShape Shape) : AttentionKernel(Shape)
{
    public override string MemberKey => "1 terms";

    /// <summary>Whether a shape has any.</summary>
    public static bool Serves(AttentionShape shape) => shape.HasBias || shape.SoftCap > 0;

    public static IEnumerable<Kernel> Of(AttentionShape shape) => Serves(shape) ? [new AttentionTerms(shape)] : [];

    /// <summary>ALiBi's slope of a head (Press et al. 2022): 2^-8/n, 2^-16/n ... for a power of two n; behind it every second number of the series of 2n, as transformers' build_alibi_tensor.</summary>
    public static double Slope(int heads, int head)
    {
        int power = 1;
        while (2 * power <= heads)
        {
            power *= 2;
        }

        return head < power ? Math.Pow(2, -8.0 * (head + 1) / power) : Math.Pow(2, -8.0 * ((2 * (head - power)) + 1) / (2 * power));
    }

    public override void Emit(SourceWriter writer)
    {
        if (Shape.HasBias)
        {
            EmitDistances(writer);
            writer.Blank();
        }

        EmitAdjust(writer, Shape, false);
    }

    private void EmitDistances(SourceWriter writer)
    {
        if (Shape.Bias == BiasKind.Linear)
        {
            writer.Lines(
                $"""
                /// <summary>What the score of each head loses per position between query and key (Press et al. 2022), times log2(e).</summary>
                private static ReadOnlySpan<float> Slopes => [{string.Join(", ", Enumerable.Range(0, Shape.Heads).Select(h => Literal.Of((float)(Slope(Shape.Heads, h) * Shape.BiasScale * 1.4426950408889634))))}];

                """);
        }

        string value = Shape.Bias == BiasKind.Linear ? "slope * (first + n)" : $"1.44269504f * bias[{Shape.BiasReach} + Math.Clamp(first + n, -{Shape.BiasReach}, {Shape.BiasReach})]";
        writer.Lines(
            $$"""
            /// <summary>distances[n] = log2(e) times the bias of one head at distance first + n.</summary>
            private static void FillDistances({{(Shape.Bias == BiasKind.Linear ? "float slope" : "float* bias")}}, int first, int count, float* distances)
            {
                for (int n = 0; n < count; n++)
                {
                    distances[n] = {{value}};
                }
            }
            """);
    }

    /// <summary>Writes the method; where the slopes of the soft cap are kept, the backward pass's.</summary>
    public static void EmitAdjust(SourceWriter writer, AttentionShape shape, bool keep)
    {
        bool capped = shape.SoftCap > 0;
        string summary = capped && shape.HasBias ? "softCap · tanh(product) + bias, times log2(e)" : capped ? "softCap · tanh(product), times log2(e)" : "product + bias";
        string cap = !capped ? "V s = V.Load(scores + j);\n"
            : $"V t = LaneMath.Tanh(V.Load(scores + j)){(keep ? ";\nV.Store(one - (t * t), slopes + j);\nV s = t * cap;\n" : ", s = t * cap;\n")}";
        writer.Lines(
            $$"""
            /// <summary>Products become scores: {{summary}}, for some queries and the next width keys{{(keep ? "; 1 - tanh² is kept" : "")}}.{{(shape.HasBias ? " distances points to the first query and key." : "")}}</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Adjust{{(keep ? "Keep" : "")}}<V>({{(shape.HasBias ? "float* distances, " : "")}}int rows, int width, float* scores{{(keep ? ", float* slopes" : "")}})
                where V : unmanaged, ILanes<V>
            {
                {{(capped ? $"V cap = V.Create({Literal.Of((float)AttentionConstants.Cap(shape))}){(keep ? ", one = V.Create(1f)" : "")};\n    " : "")}}for (int row = 0; row < rows; row++)
                {
                    for (int j = 0; j < width; j += V.Count)
                    {
                        {{Indented(cap, 3)}}V.Store({{(shape.HasBias ? "s + V.Load(distances + j)" : "s")}}, scores + j);
                    }

                    scores += BlockKeys;{{(keep ? "\n        slopes += BlockKeys;" : "")}}{{(shape.HasBias ? "\n        distances--;" : "")}}
                }
            }
            """);
    }
}

using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>The router of a mixture of experts: softmax, the largest probabilities, and the places of the rows' copies grouped by expert.</summary>
internal abstract record RouteKernel(int Experts, int PerToken, bool Normalise) : Kernel
{
    public override string ClassName => $"Route{PerToken}Of{Experts}" + (Normalise ? "Normalised" : "");

    public override string Summary => $"Each row goes through the {PerToken} of {Experts} experts with the largest probabilities{(Normalise ? ", which then are divided by their sum" : "")} (Shazeer et al. 2017).";

    protected int Stride => Padding.Of(Experts);

    protected int ChoiceStride => Padding.Of(PerToken);
}

internal sealed record RouteForwardKernel(int Experts, int PerToken, bool Normalise) : RouteKernel(Experts, PerToken, Normalise)
{
    public override string MemberKey => "1 forward";

    public override void Emit(SourceWriter writer)
    {
        string normalise = Normalise
            ? $$"""


                float total = 0f;
                for (int c = 0; c < {{PerToken}}; c++)
                {
                    total += w[c];
                }

                for (int c = 0; c < {{PerToken}}; c++)
                {
                    w[c] /= total;
                }
            """
            : "";
        new TeamMethod(
            "Choose",
            $"probabilities = softmax(scores) [rows, {Experts}]; the {PerToken} largest (of equal ones the first) and their experts [rows, {PerToken}].",
            [("int", "rows"), ("float*", "scores"), ("float*", "probabilities"), ("float*", "weights"), ("float*", "chosen")],
            "rows",
            (2 * Stride) + (2 * ChoiceStride),
            $$"""
            for (int r = first; r < end; r++)
            {
                float* score = scores + ((long)r * {{Stride}}), p = probabilities + ((long)r * {{Stride}}), w = weights + ((long)r * {{ChoiceStride}}), e = chosen + ((long)r * {{ChoiceStride}});
                float top = score[0], sum = 0f;
                for (int i = 1; i < {{Experts}}; i++)
                {
                    top = MathF.Max(top, score[i]);
                }

                for (int i = 0; i < {{Experts}}; i++)
                {
                    p[i] = MathF.Exp(score[i] - top);
                    sum += p[i];
                }

                for (int i = 0; i < {{Experts}}; i++)
                {
                    p[i] /= sum;
                }

                new Span<float>(p + {{Experts}}, {{Stride - Experts}}).Clear();
                new Span<float>(w, {{ChoiceStride}}).Clear();
                new Span<float>(e, {{ChoiceStride}}).Clear();
                new Span<float>(w, {{PerToken}}).Fill(-1f);
                for (int i = 0; i < {{Experts}}; i++)
                {
                    // Sorted in among the choices so far, behind those that it equals.
                    int c = {{PerToken - 1}};
                    if (p[i] <= w[c])
                    {
                        continue;
                    }

                    for (; c > 0 && !(p[i] <= w[c - 1]); c--)
                    {
                        (w[c], e[c]) = (w[c - 1], e[c - 1]);
                    }

                    (w[c], e[c]) = (p[i], i);
                }{{normalise}}
            }
            """).Emit(writer);
        writer.Blank();
        writer.Lines(
            $$"""
            /// <summary>Places of the rows' copies [rows, {{PerToken}}], grouped by expert and within one in the order of the rows; offsets [{{Experts + 1}}] where each expert's begin.</summary>
            public static void Group(int rows, float* chosen, float* places, float* offsets)
            {
                int* next = stackalloc int[{{Experts + 1}}];
                new Span<int>(next, {{Experts + 1}}).Clear();
                for (int r = 0; r < rows; r++)
                {
                    for (int c = 0; c < {{PerToken}}; c++)
                    {
                        next[(int)chosen[((long)r * {{ChoiceStride}}) + c] + 1]++;
                    }
                }

                new Span<float>(offsets, {{Padding.Of(Experts + 1)}}).Clear();
                for (int e = 0; e < {{Experts}}; e++)
                {
                    next[e + 1] += next[e];
                    offsets[e + 1] = next[e + 1];
                }

                for (int r = 0; r < rows; r++)
                {
                    float* place = places + ((long)r * {{ChoiceStride}});
                    new Span<float>(place, {{ChoiceStride}}).Clear();
                    for (int c = 0; c < {{PerToken}}; c++)
                    {
                        place[c] = next[(int)chosen[((long)r * {{ChoiceStride}}) + c]]++;
                    }
                }
            }
            """);
    }
}

internal sealed record RouteBackwardKernel(int Experts, int PerToken, bool Normalise) : RouteKernel(Experts, PerToken, Normalise)
{
    public override string MemberKey => "2 backward";

    public override void Emit(SourceWriter writer)
    {
        // w = p / Σ p of the chosen: dp = (dw - Σ dw·w) / Σ p. The chosen p are in the probabilities.
        string normalise = Normalise
            ? $$"""
            float* w = weights + ((long)r * {{ChoiceStride}});
                float sum = 0f, mean = 0f;
                for (int c = 0; c < {{PerToken}}; c++)
                {
                    sum += p[(int)e[c]];
                    mean += dw[c] * w[c];
                }

                
            """ : "";
        string dp = Normalise ? "(dw[c] - mean) / sum" : "dw[c]";
        new TeamMethod(
            "Backward",
            $"dscores [rows, {Experts}] from the gradient of the weights [rows, {PerToken}].",
            [("int", "rows"), ("float*", "dWeights"), ("float*", "probabilities"), ("float*", "weights"), ("float*", "chosen"), ("float*", "dScores")],
            "rows",
            (2 * Stride) + (3 * ChoiceStride),
            $$"""
            for (int r = first; r < end; r++)
            {
                float* p = probabilities + ((long)r * {{Stride}}), d = dScores + ((long)r * {{Stride}});
                float* dw = dWeights + ((long)r * {{ChoiceStride}}), e = chosen + ((long)r * {{ChoiceStride}});
                new Span<float>(d, {{Stride}}).Clear();
                {{normalise}}float all = 0f;
                for (int c = 0; c < {{PerToken}}; c++)
                {
                    float dp = {{dp}};
                    d[(int)e[c]] = dp;
                    all += dp * p[(int)e[c]];
                }

                for (int i = 0; i < {{Experts}}; i++)
                {
                    d[i] = p[i] * (d[i] - all);
                }
            }
            """).Emit(writer);
    }
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>What a stage computes, in the paper's notation, for the reader of generated code.</summary>
internal static class StageFormulas
{
    public static string Of(EmbeddingSpec embedding)
    {
        string tokens = embedding.Scale == 1f ? "E[token]" : embedding.Scale == (float)Math.Sqrt(embedding.Width) ? "√D·E[token]" : $"{Emit.Literal.Of(embedding.Scale)}·E[token]";
        string sum = (embedding.TokenProjection is null ? tokens : $"{tokens}·Wᵀ")
            + (embedding.Positions switch
            {
                PositionKind.None => "",
                PositionKind.Learned => " + P[position]",
                _ => " + PE(position)",
            })
            + (embedding.Types is null ? "" : " + T[type]");
        sum = embedding.Norm is null ? sum : $"norm({sum})";
        return "x ← " + (embedding.Projection is null ? sum : $"{(embedding.Norm is null ? $"({sum})" : sum)}·Wᵀ");
    }

    public static string Of(LayerSpec layer) => string.Join(";  ", layer.Residuals.Select(Of));

    private static string Of(ResidualSpec residual)
    {
        var terms = new List<string> { residual.SkipIsNormed ? "norm(x)" : "x" };
        foreach (BranchSpec branch in residual.Branches)
        {
            string f = Of(branch.Function, branch.NormBefore is null ? "x" : "norm(x)");
            f = branch.NormAfter is null ? f : $"norm({f})";
            terms.Add(branch.Scale == 1f ? f : $"{Emit.Literal.Of(branch.Scale)}·{f}");
        }

        string sum = string.Join(" + ", terms);
        return residual.NormAfter is null ? $"x ← {sum}" : $"x ← norm({sum})";
    }

    private static string Of(SublayerSpec sublayer, string input)
    {
        switch (sublayer)
        {
            case AttentionSpec { Source: AttentionSource.Encoder }:
                return $"MultiHead({input}, memory, memory)";
            case AttentionSpec:
                return $"MultiHead({input}, {input}, {input})";
            case ExpertsSpec experts:
                return $"Σ of the {experts.PerToken} best of {experts.Count} experts of {input}";
            case FeedForwardSpec feedForward:
                string widened = feedForward.Widen.Biases is null ? $"{input}·W₁ᵀ" : $"{input}·W₁ᵀ + b₁", narrow = feedForward.Narrow.Biases is null ? "·W₂ᵀ" : "·W₂ᵀ + b₂";
                string name = Name(feedForward.Activation);
                return feedForward.Gated ? $"({name}({input}·Wᵍᵀ) ⊙ {input}·Wᵘᵀ){narrow}"
                    : feedForward.Activation == ActivationKind.Relu ? $"max(0, {widened}){narrow}"
                    : $"{name}({widened}){narrow}";
            default:
                throw new InvalidOperationException($"The sublayer {sublayer.GetType().Name} has no formula.");
        }
    }

    private static string Name(ActivationKind activation) => activation switch
    {
        ActivationKind.Relu => "relu",
        ActivationKind.Gelu or ActivationKind.GeluTanh or ActivationKind.QuickGelu => "gelu",
        ActivationKind.Silu => "silu",
        ActivationKind.Tanh => "tanh",
        ActivationKind.Sigmoid => "sigmoid",
        _ => "",
    };
}

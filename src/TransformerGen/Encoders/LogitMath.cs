namespace TransformerGen.Encoders;

/// <summary>Softmax over a row of logits.</summary>
internal static class LogitMath
{
    /// <summary>x ← e^x / Σ e^x; the sum in double precision.</summary>
    public static void Softmax(Span<float> x)
    {
        float most = float.NegativeInfinity;
        foreach (float logit in x)
        {
            most = MathF.Max(most, logit);
        }

        double sum = 0;
        foreach (float logit in x)
        {
            sum += Math.Exp((double)logit - most);
        }

        foreach (ref float logit in x)
        {
            logit = (float)(Math.Exp((double)logit - most) / sum);
        }
    }
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>One query of one head against the keys at positions 0, 1, 2 ...</summary>
internal static class AttentionMath
{
    /// <summary>softmax(scores) over the keys that the query may see, 0 for the others; all 0 where it sees none.</summary>
    /// <param name="settings">Mask and kind of score.</param>
    /// <param name="query">[K].</param>
    /// <param name="position">The query's position.</param>
    /// <param name="keys">[K] each.</param>
    /// <param name="vector">Additive attention's vector of this head, [K]; null for dot products.</param>
    /// <param name="logSumExp">log Σ e^score; minus infinity where it sees none.</param>
    public static double[] Probabilities(AttentionSettings settings, double[] query, int position, double[][] keys, double[]? vector, out double logSumExp)
    {
        double[] scores = Scores(settings, query, position, keys, vector);
        if (settings.Pattern.Kind == PatternKind.TopK && settings.Pattern.Top < keys.Length)
        {
            double least = scores.OrderDescending().ElementAt(settings.Pattern.Top - 1); // A tie with it stays.
            scores = [.. scores.Select(score => score >= least ? score : double.NegativeInfinity)];
        }

        double largest = scores.Length == 0 ? double.NegativeInfinity : scores.Max();
        if (double.IsNegativeInfinity(largest))
        {
            logSumExp = double.NegativeInfinity;
            return new double[keys.Length];
        }

        double logarithm = largest + Math.Log(scores.Sum(score => Math.Exp(score - largest)));
        logSumExp = logarithm;
        return [.. scores.Select(score => Math.Exp(score - logarithm))];
    }

    /// <summary>
    /// How far the last score that top-k keeps is from the first that it drops, as a fraction of the larger one where that is above 1; infinite for other
    /// patterns, or where it drops none.
    /// </summary>
    public static double TopMargin(AttentionSettings settings, double[] query, int position, double[][] keys, double[]? vector)
    {
        if (settings.Pattern.Kind != PatternKind.TopK || settings.Pattern.Top >= keys.Length)
        {
            return double.PositiveInfinity;
        }

        double[] scores = [.. Scores(settings, query, position, keys, vector).OrderDescending()];
        double dropped = scores[settings.Pattern.Top];
        double kept = scores[settings.Pattern.Top - 1];
        return double.IsNegativeInfinity(dropped) ? double.PositiveInfinity : (kept - dropped) / Math.Max(1, Math.Max(Math.Abs(kept), Math.Abs(dropped)));
    }

    /// <summary>Adds what a score's gradient is to the query, the key and the vector.</summary>
    public static void ScoreGradient(double[] query, double[] key, double[]? vector, double dScore, Span<double> dQuery, Span<double> dKey, Span<double> dVector)
    {
        if (dScore == 0)
        {
            return;
        }

        double scale = 1 / Math.Sqrt(query.Length);
        for (int c = 0; c < query.Length; c++)
        {
            if (vector is null)
            {
                dQuery[c] += dScore * key[c] * scale;
                dKey[c] += dScore * query[c] * scale;
                continue;
            }

            double tanh = Math.Tanh(query[c] + key[c]), inner = dScore * vector[c] * (1 - (tanh * tanh));
            dQuery[c] += inner;
            dKey[c] += inner;
            dVector[c] += dScore * tanh;
        }
    }

    /// <summary>Of every key; minus infinity where the query may not see it.</summary>
    private static double[] Scores(AttentionSettings settings, double[] query, int position, double[][] keys, double[]? vector)
    {
        var scores = new double[keys.Length];
        for (int j = 0; j < keys.Length; j++)
        {
            scores[j] = (!settings.Causal || j <= position) && Sees(settings.Pattern, position, j) ? Score(query, keys[j], vector) : double.NegativeInfinity;
        }

        return scores;
    }

    private static double Score(double[] query, double[] key, double[]? vector)
    {
        double sum = 0;
        for (int c = 0; c < query.Length; c++)
        {
            sum += vector is null ? query[c] * key[c] : vector[c] * Math.Tanh(query[c] + key[c]);
        }

        return vector is null ? sum / Math.Sqrt(query.Length) : sum;
    }

    private static bool Sees(PatternSpec pattern, int i, int j)
    {
        int distance = Math.Abs(i - j);
        return pattern.Kind switch
        {
            PatternKind.Full or PatternKind.TopK => true,
            PatternKind.Block => i / pattern.Window == j / pattern.Window,
            PatternKind.Window => distance <= pattern.Window,
            PatternKind.Dilated => distance <= pattern.Window * pattern.Dilation && distance % pattern.Dilation == 0,
            PatternKind.Sparse => distance <= pattern.Window || i < pattern.GlobalTokens || j < pattern.GlobalTokens,
            PatternKind.Strided => distance < pattern.Stride || j % pattern.Stride == pattern.Stride - 1,
            _ => throw new InvalidOperationException($"The oracle does not know the pattern {pattern.Kind}."),
        };
    }
}

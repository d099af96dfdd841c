using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>What one head's scores are made of: s = cap · tanh(raw / cap) + bias(j - i), raw = scale · q · k or v · tanh(q + k); minus infinity where the mask says so.</summary>
/// <param name="Settings">Mask and kind of score.</param>
/// <param name="Head">Which head of the queries.</param>
/// <param name="Vector">Additive attention's vector of this head, [K]; null for dot products.</param>
/// <param name="Bias">Bias by distance of this head, [2R + 1]; null for none.</param>
internal sealed record AttentionMath(AttentionSettings Settings, int Head, double[]? Vector, double[]? Bias)
{
    /// <summary>softmax(scores) over the keys at positions 0, 1, 2 ... that the query may see, 0 for the others; all 0 where it sees none.</summary>
    /// <param name="query">[K].</param>
    /// <param name="position">The query's position.</param>
    /// <param name="keys">[K] each.</param>
    /// <param name="globals">Keys that every query sees.</param>
    /// <param name="logSumExp">log Σ e^score; minus infinity where it sees none.</param>
    public double[] Probabilities(double[] query, int position, double[][] keys, IReadOnlySet<int> globals, out double logSumExp)
    {
        double[] scores = Scores(query, position, keys, globals);
        if (Settings.Pattern.Kind == PatternKind.TopK && Settings.Pattern.Top < keys.Length)
        {
            double least = scores.OrderDescending().ElementAt(Settings.Pattern.Top - 1); // A tie with it stays.
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
    public double TopMargin(double[] query, int position, double[][] keys)
    {
        if (Settings.Pattern.Kind != PatternKind.TopK || Settings.Pattern.Top >= keys.Length)
        {
            return double.PositiveInfinity;
        }

        double[] scores = [.. Scores(query, position, keys, new HashSet<int>()).OrderDescending()];
        double dropped = scores[Settings.Pattern.Top];
        double kept = scores[Settings.Pattern.Top - 1];
        return double.IsNegativeInfinity(dropped) ? double.PositiveInfinity : (kept - dropped) / Math.Max(1, Math.Max(Math.Abs(kept), Math.Abs(dropped)));
    }

    /// <summary>Adds what a score's gradient is to the query, the key, the vector and the bias.</summary>
    public void ScoreGradient(double[] query, double[] key, int distance, double dScore, Span<double> dQuery, Span<double> dKey, Span<double> dVector, Span<double> dBias)
    {
        if (dScore == 0)
        {
            return;
        }

        if (Bias is not null)
        {
            dBias[Column(distance)] += dScore;
        }

        if (Settings.SoftCap > 0)
        {
            double tanh = Math.Tanh(Raw(query, key) / Settings.SoftCap);
            dScore *= 1 - (tanh * tanh);
        }

        for (int c = 0; c < query.Length; c++)
        {
            if (Vector is null)
            {
                dQuery[c] += dScore * key[c] * Settings.Scale;
                dKey[c] += dScore * query[c] * Settings.Scale;
                continue;
            }

            double tanh = Math.Tanh(query[c] + key[c]), inner = dScore * Vector[c] * (1 - (tanh * tanh));
            dQuery[c] += inner;
            dKey[c] += inner;
            dVector[c] += dScore * tanh;
        }
    }

    /// <summary>ALiBi's slope of a head: a geometric series down to 2^-8 for a power of two; further heads take every second number of the next power's series (Press et al. 2022).</summary>
    public static double Slope(int heads, int head)
    {
        int power = 1;
        while (2 * power <= heads)
        {
            power *= 2;
        }

        return head < power ? Math.Pow(2, -8.0 * (head + 1) / power) : Math.Pow(2, -8.0 * ((2 * (head - power)) + 1) / (2 * power));
    }

    /// <summary>Of every key; minus infinity where the query may not see it.</summary>
    private double[] Scores(double[] query, int position, double[][] keys, IReadOnlySet<int> globals)
    {
        var scores = new double[keys.Length];
        for (int j = 0; j < keys.Length; j++)
        {
            scores[j] = (!Settings.Causal || j <= position) && (Settings.Globals ? position < keys.Length && (globals.Contains(j) || Sees(Settings.Pattern, position, j)) : Sees(Settings.Pattern, position, j)) ? Score(query, keys[j], j - position) : double.NegativeInfinity;
        }

        return scores;
    }

    private double Score(double[] query, double[] key, int distance)
    {
        double raw = Raw(query, key);
        double capped = Settings.SoftCap > 0 ? Settings.SoftCap * Math.Tanh(raw / Settings.SoftCap) : raw;
        return capped + Settings.Bias switch
        {
            BiasKind.None => 0,
            BiasKind.Linear => Settings.BiasScale * Slope(Settings.Heads, Head) * distance,
            BiasKind.Distance => Bias![Column(distance)],
            _ => throw new InvalidOperationException($"The oracle does not know the bias {Settings.Bias}."),
        };
    }

    private double Raw(double[] query, double[] key)
    {
        double sum = 0;
        for (int c = 0; c < query.Length; c++)
        {
            sum += Vector is null ? query[c] * key[c] : Vector[c] * Math.Tanh(query[c] + key[c]);
        }

        return Vector is null ? sum * Settings.Scale : sum;
    }

    private int Column(int distance) => Settings.BiasReach + Math.Clamp(distance, -Settings.BiasReach, Settings.BiasReach);

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

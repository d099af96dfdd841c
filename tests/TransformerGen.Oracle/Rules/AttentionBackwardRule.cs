using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>With p the probabilities: m the factors of dropout: dv_j = Σ_i p_ij m_ij dy_i, dp_ij = m_ij (dy_i · v_j), dscore_ij = p_ij (dp_ij - Σ_j p_ij dp_ij), and through the score to q and k.</summary>
internal static class AttentionBackwardRule
{
    /// <summary>dq, dk, dv; the gradients of the score vectors (row s, head h at column h · pad(K)) and of the bias by sequence, and added up.</summary>
    public static void Backward(Execution execution, AttentionBackward op)
    {
        AttentionOperation forward = op.Forward;
        int width = forward.Settings.HeadWidth;
        Matrix dy = execution.Read(op.DY), dQuery = execution.Write(op.DQ.Value);
        Matrix dKeyValue = op.DK.Value == op.DQ.Value ? dQuery : execution.Write(op.DK.Value);
        Matrix? parts = op.ScoreParts is null ? null : execution.Write(op.ScoreParts);
        Matrix? biasParts = op.DBias is null ? null : execution.Write(op.DBias.Parts);
        int reach = (2 * forward.Settings.BiasReach) + 1;

        // A row's gradients of scores sum to 0: what stands behind them is p · dp.
        Matrix? vectorSquares = op.ScoreParts is null ? null : execution.Squares[op.ScoreParts.Name] = new Matrix(1, op.ScoreParts.Width);
        Matrix querySquares = execution.Squares[op.DQ.Value.Name] = new Matrix(dQuery.Rows, dQuery.Columns);
        Matrix keySquares = op.DK.Value == op.DQ.Value ? querySquares : execution.Squares[op.DK.Value.Name] = new Matrix(dKeyValue.Rows, dKeyValue.Columns);
        double scale = forward.Settings.Score == ScoreKind.DotProduct ? forward.Settings.Scale : 0;
        Matrix? biasSquares = op.DBias is null ? null : execution.Squares[op.DBias.Parts.Name] = new Matrix(1, op.DBias.Parts.Width);
        foreach (AttentionHead head in AttentionRule.Heads(execution, forward))
        {
            int column = head.Head * width, keyColumn = head.KeyHead * width;
            Span<double> dBias = biasParts is null ? default : biasParts.Row(head.Sequence).Slice(head.Head * reach, reach);
            Span<double> dVector = parts is null ? default : parts.Row(head.Sequence).Slice(head.Head * Padding.Of(width), width);
            for (int i = 0; i < head.Queries.Length; i++)
            {
                double[] p = head.Probabilities(i, out _), dYi = dy.Row(head.FirstQuery + i).Slice(column, width).ToArray();
                double[] factors = head.DropoutFactors(execution, forward.Dropout, i);
                double[] dp = [.. head.Values.Select((v, j) => factors[j] * Dot(dYi, v))];
                double mean = Dot(p, dp);
                for (int j = 0; j < p.Length; j++)
                {
                    Span<double> dK = dKeyValue.Row(head.FirstKey + j).Slice(op.DK.First + keyColumn, width);
                    Span<double> dV = dKeyValue.Row(head.FirstKey + j).Slice(op.DV.First + keyColumn, width);
                    Span<double> dQ = dQuery.Row(head.FirstQuery + i).Slice(op.DQ.First + column, width);
                    for (int c = 0; c < width; c++)
                    {
                        dV[c] += p[j] * factors[j] * dYi[c];
                    }

                    head.Math.ScoreGradient(head.Queries[i], head.Keys[j], j - i, p[j] * (dp[j] - mean), dQ, dK, dVector, dBias);
                    double term = p[j] * (Math.Abs(dp[j]) + Math.Abs(mean));
                    AddSquares(querySquares.Row(head.FirstQuery + i).Slice(op.DQ.First + column, width), term * scale, head.Keys[j]);
                    AddSquares(keySquares.Row(head.FirstKey + j).Slice(op.DK.First + keyColumn, width), term * scale, head.Queries[i]);
                    AddSquares(keySquares.Row(head.FirstKey + j).Slice(op.DV.First + keyColumn, width), p[j] * factors[j], dYi);
                    if (biasSquares is not null)
                    {
                        biasSquares[0, (head.Head * reach) + forward.Settings.BiasReach + Math.Clamp(j - i, -forward.Settings.BiasReach, forward.Settings.BiasReach)] += term * term;
                    }

                    // tanh is at most 1.
                    vectorSquares?.Row(0).Slice(head.Head * Padding.Of(width), width)[0] += term * term;
                }
            }
        }

        if (op.DBias is { } gradient)
        {
            Matrix dBias = execution.Write(gradient.Gradient), before = gradient.Before is null ? new Matrix(1, dBias.Columns) : execution.Read(gradient.Before);
            Matrix squares = execution.Squares[gradient.Gradient.Name] = biasSquares!.Copy();
            for (int c = 0; c < dBias.Columns; c++)
            {
                squares[0, c] += gradient.Before is null ? 0 : execution.Squares[gradient.Before.Name][0, c];
                dBias[0, c] = before[0, c] + Enumerable.Range(0, biasParts!.Rows).Sum(s => biasParts[s, c]);
            }
        }

        if (parts is not null)
        {
            Matrix dScore = execution.GradientOf(forward.Score!);
            for (int s = 0; s < parts.Rows; s++)
            {
                for (int h = 0; h < dScore.Rows; h++)
                {
                    for (int c = 0; c < width; c++)
                    {
                        dScore[h, c] += parts[s, (h * Padding.Of(width)) + c];
                    }
                }
            }
        }
    }

    private static void AddSquares(Span<double> squares, double factor, double[] x)
    {
        for (int c = 0; c < squares.Length; c++)
        {
            squares[c] += factor * factor * x[c] * x[c];
        }
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}

using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>Rows that are marked as global get attention over every key of their sequence, the others what the local attention gave them.</summary>
internal static class GlobalAttentionRule
{
    public static void Forward(Execution execution, GlobalAttention op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        Matrix? logSumExp = op.LogSumExp is null ? null : execution.Write(op.LogSumExp);
        x.Data.CopyTo(y.Data, 0);
        foreach (AttentionHead head in Heads(execution, op))
        {
            foreach (int i in head.Globals)
            {
                double[] p = head.Probabilities(i, out double logarithm), factors = head.DropoutFactors(execution, op.Dropout, i);
                Span<double> row = y.Row(head.FirstQuery + i).Slice(head.Head * op.Settings.HeadWidth, op.Settings.HeadWidth);
                row.Clear();
                for (int j = 0; j < p.Length; j++)
                {
                    for (int c = 0; c < row.Length; c++)
                    {
                        row[c] += p[j] * factors[j] * head.Values[j][c];
                    }
                }

                if (logSumExp is not null)
                {
                    logSumExp[head.FirstQuery + i, head.Head] = logarithm;
                }
            }
        }
    }

    public static void Backward(Execution execution, GlobalAttentionBackward op)
    {
        GlobalAttention forward = op.Forward;
        int width = forward.Settings.HeadWidth;
        Matrix dy = execution.Read(op.DY), dx = execution.Write(op.DX), dQkv = execution.Write(op.DQkv);
        dy.Data.CopyTo(dx.Data, 0);
        foreach (AttentionHead head in Heads(execution, forward))
        {
            int column = head.Head * width, keyColumn = head.KeyHead * width;
            foreach (int i in head.Globals)
            {
                dx.Row(head.FirstQuery + i).Slice(column, width).Clear();
                double[] p = head.Probabilities(i, out _), factors = head.DropoutFactors(execution, forward.Dropout, i), dYi = dy.Row(head.FirstQuery + i).Slice(column, width).ToArray();
                double[] dp = [.. head.Values.Select((v, j) => factors[j] * v.Zip(dYi, (a, b) => a * b).Sum())];
                double mean = p.Zip(dp, (a, b) => a * b).Sum();
                for (int j = 0; j < p.Length; j++)
                {
                    Span<double> dV = dQkv.Row(head.FirstKey + j).Slice(forward.V.First + keyColumn, width);
                    for (int c = 0; c < width; c++)
                    {
                        dV[c] += p[j] * factors[j] * dYi[c];
                    }

                    head.Math.ScoreGradient(
                        head.Queries[i], head.Keys[j], j - i, p[j] * (dp[j] - mean), dQkv.Row(head.FirstQuery + i).Slice(forward.Q.First + column, width),
                        dQkv.Row(head.FirstKey + j).Slice(forward.K.First + keyColumn, width), default, default);
                }
            }
        }
    }

    // The same heads as any attention's.
    private static IEnumerable<AttentionHead> Heads(Execution execution, GlobalAttention op) =>
        AttentionRule.Heads(execution, new AttentionOperation(op.Stage, op.Settings, op.Q, op.K, op.V, null, op.Y, null));
}

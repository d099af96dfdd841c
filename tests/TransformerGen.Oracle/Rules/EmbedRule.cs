using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = dropout(scale · table[token] + position).</summary>
internal static class EmbedRule
{
    public static void Forward(Execution execution, Embed op)
    {
        PackedRows rows = execution.Side(op.Y.Rows);
        Matrix table = execution.Of(op.Table), y = execution.Write(op.Y);
        Matrix? learned = op.PositionTable is { } positions ? execution.Of(positions) : null;
        for (int r = 0; r < rows.Count; r++)
        {
            double[] keep = Dropout.Factors(execution, op.DropoutSite, op.Y.Rows, r, y.Columns);
            for (int c = 0; c < y.Columns; c++)
            {
                double position = op.Positions switch
                {
                    PositionKind.None => 0,
                    PositionKind.Learned => learned![rows.Positions[r], c],
                    PositionKind.Sinusoidal => Sinusoid(rows.Positions[r], c / 2, c % 2 == 1, y.Columns),
                    PositionKind.SinusoidalHalf when c < y.Columns / 2 => Sinusoid(rows.Positions[r], c, false, y.Columns),
                    PositionKind.SinusoidalHalf => Sinusoid(rows.Positions[r], c - (y.Columns / 2), true, y.Columns),
                    _ => throw new InvalidOperationException($"The oracle does not know the positions {op.Positions}."),
                };
                y[r, c] = keep[c] * ((op.Scale * table[rows.Tokens[r], c]) + position);
            }
        }
    }

    /// <summary>dTable[token] += scale · dropout(dy), dPosition[position] += dropout(dy).</summary>
    public static void Backward(Execution execution, EmbedBackward op)
    {
        Embed forward = op.Forward;
        PackedRows rows = execution.Side(forward.Y.Rows);
        Matrix dy = execution.Read(op.DY), dTable = execution.GradientOf(forward.Table);
        Matrix? dPositions = forward.PositionTable is { } positions ? execution.GradientOf(positions) : null;
        for (int r = 0; r < rows.Count; r++)
        {
            double[] keep = Dropout.Factors(execution, forward.DropoutSite, forward.Y.Rows, r, dy.Columns);
            for (int c = 0; c < dy.Columns; c++)
            {
                double d = keep[c] * dy[r, c];
                dTable[rows.Tokens[r], c] += forward.Scale * d;
                if (dPositions is not null)
                {
                    dPositions[rows.Positions[r], c] += d;
                }
            }
        }
    }

    // The paper, section 3.5: sine or cosine of position / 10000^(2·pair / D).
    private static double Sinusoid(int position, int pair, bool cosine, int width)
    {
        double angle = position / Math.Pow(10000, 2.0 * pair / width);
        return cosine ? Math.Cos(angle) : Math.Sin(angle);
    }
}

using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = dropout(scale · table[token] + position + types[type]).</summary>
internal static class EmbedRule
{
    public static void Forward(Execution execution, Embed op)
    {
        PackedRows rows = execution.Side(op.Y.Rows);
        Matrix y = execution.Write(op.Y);
        Matrix? table = op.Table is { } tokens ? execution.Of(tokens) : null;
        Matrix? learned = op.PositionTable is { } positions ? execution.Of(positions) : null;
        Matrix? types = op.TypeTable is { } typeTable ? execution.Of(typeTable) : null;
        for (int r = 0; r < rows.Count; r++)
        {
            int at = rows.Positions[r] + op.PositionOffset;
            double[] keep = DropoutMask.Factors(execution, op.Dropout, op.Y.Rows, r, y.Columns);
            for (int c = 0; c < y.Columns; c++)
            {
                double position = op.Positions switch
                {
                    PositionKind.None => 0,
                    PositionKind.Learned => learned![at, c],
                    PositionKind.Sinusoidal => Sinusoid(at, c / 2, c % 2 == 1, y.Columns),
                    PositionKind.SinusoidalHalf when c < y.Columns / 2 => Sinusoid(at, c, false, y.Columns),
                    PositionKind.SinusoidalHalf => Sinusoid(at, c - (y.Columns / 2), true, y.Columns),
                    PositionKind.SinusoidalFairseq => Fairseq(at, c, y.Columns / 2),
                    _ => throw new InvalidOperationException($"The oracle does not know the positions {op.Positions}."),
                };
                y[r, c] = keep[c] * ((table is null ? 0 : op.Scale * table[rows.Tokens[r], c]) + position + (types is null ? 0 : types[rows.Types[r], c]));
            }
        }
    }

    /// <summary>dTable[token] += scale · dropout(dy) but for the padding row, dPosition[position] += dropout(dy) but for position -1 where padding stands there, dTypes[type] += dropout(dy).</summary>
    public static void Backward(Execution execution, EmbedBackward op)
    {
        Embed forward = op.Forward;
        PackedRows rows = execution.Side(forward.Y.Rows);
        Matrix dy = execution.Read(op.DY);
        Matrix? dTable = forward.Table is { } tokens ? execution.GradientOf(tokens) : null;
        Matrix? dPositions = forward.PositionTable is { } positions ? execution.GradientOf(positions) : null;
        Matrix? dTypes = forward.TypeTable is { } types ? execution.GradientOf(types) : null;
        for (int r = 0; r < rows.Count; r++)
        {
            double[] keep = DropoutMask.Factors(execution, forward.Dropout, forward.Y.Rows, r, dy.Columns);
            for (int c = 0; c < dy.Columns; c++)
            {
                double d = keep[c] * dy[r, c];
                if (dTable is not null)
                {
                    dTable[rows.Tokens[r], c] += rows.Tokens[r] == forward.PaddingRow ? 0 : forward.Scale * d;
                }

                if (dPositions is not null && !(forward.SkipsPadding && rows.Positions[r] < 0))
                {
                    dPositions[rows.Positions[r] + forward.PositionOffset, c] += d;
                }

                if (dTypes is not null)
                {
                    dTypes[rows.Types[r], c] += d;
                }
            }
        }
    }

    // fairseq's SinusoidalPositionalEmbedding: all sines, then all cosines, of position · e^(-ln(10000) · i / (half - 1)).
    private static double Fairseq(int position, int column, int half)
    {
        double angle = position * Math.Exp(-Math.Log(10000) * (column % half) / (half - 1));
        return column < half ? Math.Sin(angle) : Math.Cos(angle);
    }

    // The paper, section 3.5: sine or cosine of position / 10000^(2·pair / D).
    private static double Sinusoid(int position, int pair, bool cosine, int width)
    {
        double angle = position / Math.Pow(10000, 2.0 * pair / width);
        return cosine ? Math.Cos(angle) : Math.Sin(angle);
    }
}

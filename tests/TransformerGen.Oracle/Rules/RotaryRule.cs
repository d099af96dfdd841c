using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Each pair (a, b) of a head's columns becomes factor · (a cos φ - b sin φ, b cos φ + a sin φ), φ = position · frequency.</summary>
internal static class RotaryRule
{
    public static void Forward(Execution execution, Rotary op) => Turn(execution, op, execution.Read(op.X), execution.Write(op.Y), 1);

    /// <summary>The other way round, times the same factor: the transpose of a rotation.</summary>
    public static void Backward(Execution execution, RotaryBackward op)
    {
        Turn(execution, op.Forward, execution.Read(op.DY), execution.Write(op.DX), -1);
        if (execution.Squares.TryGetValue(op.DY.Name, out Matrix? squares))
        {
            execution.Squares[op.DX.Name] = TurnSquares(op.Forward, squares);
        }
    }

    private static void Turn(Execution execution, Rotary op, Matrix x, Matrix y, int sign)
    {
        PackedRows rows = execution.Side(op.X.Rows);
        x.Data.CopyTo(y.Data, 0);
        for (int r = 0; r < y.Rows; r++)
        {
            foreach ((int a, int b, double frequency) in Pairs(op))
            {
                double angle = rows.Positions[r] * frequency, cos = op.Spec.Factor * Math.Cos(angle), sin = sign * op.Spec.Factor * Math.Sin(angle);
                y[r, a] = (x[r, a] * cos) - (x[r, b] * sin);
                y[r, b] = (x[r, b] * cos) + (x[r, a] * sin);
            }
        }
    }

    // At most the sum of both, whatever the angle.
    private static Matrix TurnSquares(Rotary op, Matrix squares)
    {
        Matrix turned = squares.Copy();
        for (int r = 0; r < turned.Rows; r++)
        {
            foreach ((int a, int b, double _) in Pairs(op))
            {
                turned[r, a] = turned[r, b] = op.Spec.Factor * op.Spec.Factor * (squares[r, a] + squares[r, b]);
            }
        }

        return turned;
    }

    private static IEnumerable<(int A, int B, double Frequency)> Pairs(Rotary op)
    {
        RotarySpec spec = op.Spec;
        foreach ((int first, int heads) in op.Ranges)
        {
            for (int pair = 0; pair < heads * spec.Dimensions / 2; pair++)
            {
                int i = pair % (spec.Dimensions / 2), head = first + (pair / (spec.Dimensions / 2) * op.HeadWidth);
                (int a, int b) = spec.Kind == RotaryKind.HalfSplit ? (head + i, head + (spec.Dimensions / 2) + i) : (head + (2 * i), head + (2 * i) + 1);
                yield return (a, b, spec.InverseFrequencies[i]);
            }
        }
    }
}

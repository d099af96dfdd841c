using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Each pair (a, b) of a head's columns becomes factor · (a cos φ - b sin φ, b cos φ + a sin φ), φ = position · frequency.</summary>
internal static class RotaryRule
{
    public static void Forward(Execution execution, Rotary op) => Turn(execution, op, execution.Read(op.X), execution.Write(op.Y), 1);

    /// <summary>The other way round, times the same factor: the transpose of a rotation.</summary>
    public static void Backward(Execution execution, RotaryBackward op) => Turn(execution, op.Forward, execution.Read(op.DY), execution.Write(op.DX), -1);

    private static void Turn(Execution execution, Rotary op, Matrix x, Matrix y, int sign)
    {
        RotarySpec spec = op.Spec;
        PackedRows rows = execution.Side(op.X.Rows);
        x.Data.CopyTo(y.Data, 0);
        for (int r = 0; r < y.Rows; r++)
        {
            foreach ((int first, int heads) in op.Ranges)
            {
                for (int pair = 0; pair < heads * spec.Dimensions / 2; pair++)
                {
                    int i = pair % (spec.Dimensions / 2), head = first + (pair / (spec.Dimensions / 2) * op.HeadWidth);
                    (int a, int b) = spec.Kind == RotaryKind.HalfSplit ? (head + i, head + (spec.Dimensions / 2) + i) : (head + (2 * i), head + (2 * i) + 1);
                    double angle = rows.Positions[r] * spec.InverseFrequencies[i];
                    double cos = spec.Factor * Math.Cos(angle), sin = sign * spec.Factor * Math.Sin(angle);
                    y[r, a] = (x[r, a] * cos) - (x[r, b] * sin);
                    y[r, b] = (x[r, b] * cos) + (x[r, a] * sin);
                }
            }
        }
    }
}

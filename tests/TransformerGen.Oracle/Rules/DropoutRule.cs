using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = dropout(x), dx = dropout(dy).</summary>
internal static class DropoutRule
{
    public static void Forward(Execution execution, Dropout op) => Apply(execution, op.Site, op.X, op.Y);

    public static void Backward(Execution execution, DropoutBackward op) => Apply(execution, op.Forward.Site, op.DY, op.DX);

    private static void Apply(Execution execution, DropoutSite site, Value from, Value to)
    {
        Matrix x = execution.Read(from), y = execution.Write(to);
        for (int r = 0; r < y.Rows; r++)
        {
            double[] keep = DropoutMask.Factors(execution, site, from.Rows, r, y.Columns);
            for (int c = 0; c < y.Columns; c++)
            {
                y[r, c] = keep[c] * x[r, c];
            }
        }
    }
}

using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>z = x + scale · dropout(sub).</summary>
internal static class AddRule
{
    public static void Forward(Execution execution, Add op)
    {
        Matrix x = execution.Read(op.X), sub = execution.Read(op.Sub), z = execution.Write(op.Z);
        for (int r = 0; r < z.Rows; r++)
        {
            double[] keep = DropoutMask.Factors(execution, op.Dropout, op.Z.Rows, r, z.Columns);
            for (int c = 0; c < z.Columns; c++)
            {
                z[r, c] = x[r, c] + (op.Scale * keep[c] * sub[r, c]);
            }
        }
    }

    /// <summary>dsub = scale · dropout(dz).</summary>
    public static void Backward(Execution execution, AddBackward op)
    {
        Matrix dz = execution.Read(op.DZ), dSub = execution.Write(op.DSub);
        for (int r = 0; r < dz.Rows; r++)
        {
            double[] keep = DropoutMask.Factors(execution, op.Forward.Dropout, op.Forward.Z.Rows, r, dz.Columns);
            for (int c = 0; c < dz.Columns; c++)
            {
                dSub[r, c] = op.Forward.Scale * keep[c] * dz[r, c];
            }
        }
    }
}

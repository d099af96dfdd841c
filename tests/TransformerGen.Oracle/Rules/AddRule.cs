using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>z = x + dropout(sub).</summary>
internal static class AddRule
{
    public static void Forward(Execution execution, Add op)
    {
        Matrix x = execution.Read(op.X), sub = execution.Read(op.Sub), z = execution.Write(op.Z);
        for (int r = 0; r < z.Rows; r++)
        {
            double[] keep = Dropout.Factors(execution, op.DropoutSite, op.Z.Rows, r, z.Columns);
            for (int c = 0; c < z.Columns; c++)
            {
                z[r, c] = x[r, c] + (keep[c] * sub[r, c]);
            }
        }
    }

    /// <summary>dsub = dropout(dz).</summary>
    public static void Backward(Execution execution, AddBackward op)
    {
        Matrix dz = execution.Read(op.DZ), dSub = execution.Write(op.DSub);
        for (int r = 0; r < dz.Rows; r++)
        {
            double[] keep = Dropout.Factors(execution, op.Forward.DropoutSite, op.Forward.Z.Rows, r, dz.Columns);
            for (int c = 0; c < dz.Columns; c++)
            {
                dSub[r, c] = keep[c] * dz[r, c];
            }
        }
    }
}

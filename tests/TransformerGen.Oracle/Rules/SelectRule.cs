using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>The rows whose next token is wanted.</summary>
internal static class SelectRule
{
    public static void Forward(Execution execution, Select op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        for (int l = 0; l < y.Rows; l++)
        {
            x.Row(execution.Batch.LabelRows[l]).CopyTo(y.Row(l));
        }
    }

    /// <summary>dx: the gradient at the selected rows, zero at the others.</summary>
    public static void Backward(Execution execution, SelectBackward op)
    {
        Matrix dy = execution.Read(op.DY), dx = execution.Write(op.DX);
        for (int l = 0; l < dy.Rows; l++)
        {
            dy.Row(l).CopyTo(dx.Row(execution.Batch.LabelRows[l]));
        }
    }
}

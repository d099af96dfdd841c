using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = x or what the layer began with; the gradient goes the same way.</summary>
internal static class SkipLayerRule
{
    public static void Forward(Execution execution, SkipLayer op) =>
        execution.Read(Skips(execution, op.Site) ? op.Before : op.X).Data.CopyTo(execution.Write(op.Y).Data, 0);

    public static void Backward(Execution execution, SkipLayerBackward op)
    {
        Matrix dy = execution.Read(op.DY), dBefore = execution.Write(op.DBefore), dx = execution.Write(op.DX);
        dy.Data.CopyTo((Skips(execution, op.Forward.Site) ? dBefore : dx).Data, 0);
    }

    private static bool Skips(Execution execution, DropoutSite site) => execution.DropoutAt(site).Skips(site.Number);
}

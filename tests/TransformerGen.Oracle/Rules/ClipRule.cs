using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = min(max(x, -c), c); dx = dy where |x| ≤ c, else 0.</summary>
internal static class ClipRule
{
    public static void Forward(Execution execution, Clip op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        for (int i = 0; i < y.Data.Length; i++)
        {
            execution.Decide(Math.Abs(x.Data[i]) - op.Limit);
            y.Data[i] = Math.Clamp(x.Data[i], -(double)op.Limit, op.Limit);
        }
    }

    public static void Backward(Execution execution, ClipBackward op)
    {
        Matrix dy = execution.Read(op.DY), x = execution.Read(op.Forward.X), dx = execution.Write(op.DX);
        for (int i = 0; i < dx.Data.Length; i++)
        {
            dx.Data[i] = Math.Abs(x.Data[i]) <= op.Forward.Limit ? dy.Data[i] : 0;
        }
    }
}

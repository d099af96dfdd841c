using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = c · tanh(scale · x / c), without a cap scale · x.</summary>
internal static class CapRule
{
    public static void Forward(Execution execution, Cap op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        for (int i = 0; i < y.Data.Length; i++)
        {
            double scaled = op.Scale * x.Data[i];
            y.Data[i] = op.Limit > 0 ? op.Limit * Math.Tanh(scaled / op.Limit) : scaled;
        }
    }

    public static void Backward(Execution execution, CapBackward op)
    {
        Matrix dy = execution.Read(op.DY), dx = execution.Write(op.DX);
        Matrix? x = op.Forward.Limit > 0 ? execution.Read(op.Forward.X) : null;
        for (int i = 0; i < dx.Data.Length; i++)
        {
            double tanh = x is null ? 0 : Math.Tanh(op.Forward.Scale * x.Data[i] / op.Forward.Limit);
            dx.Data[i] = dy.Data[i] * op.Forward.Scale * (1 - (tanh * tanh));
        }
    }
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = activation(gate) · up, x = (gate, up).</summary>
internal static class GateRule
{
    public static void Forward(Execution execution, Gate op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        for (int r = 0; r < y.Rows; r++)
        {
            for (int c = 0; c < y.Columns; c++)
            {
                if (op.Activation == ActivationKind.Relu)
                {
                    execution.Decide(x[r, c]);
                }

                y[r, c] = ActivationRule.Apply(op.Activation, x[r, c]) * x[r, y.Columns + c];
            }
        }
    }

    /// <summary>dgate = dy · up · activation'(gate), dup = dy · activation(gate).</summary>
    public static void Backward(Execution execution, GateBackward op)
    {
        Matrix x = execution.Read(op.Forward.X), dy = execution.Read(op.DY), dx = execution.Write(op.DX);
        for (int r = 0; r < dy.Rows; r++)
        {
            for (int c = 0; c < dy.Columns; c++)
            {
                dx[r, c] = dy[r, c] * x[r, dy.Columns + c] * ActivationRule.Derivative(op.Forward.Activation, x[r, c]);
                dx[r, dy.Columns + c] = dy[r, c] * ActivationRule.Apply(op.Forward.Activation, x[r, c]);
            }
        }
    }
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Activations and their derivatives.</summary>
internal static class ActivationRule
{
    public static double Apply(ActivationKind activation, double x) => activation switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Math.Max(0, x),
        ActivationKind.Gelu => x * NormalDistribution(x),
        _ => throw new InvalidOperationException($"The oracle does not know the activation {activation}."),
    };

    /// <summary>dBefore = dy ⊙ activation'.</summary>
    public static void Backward(Execution execution, ActivationBackward op)
    {
        Matrix dy = execution.Read(op.DY), of = execution.Read(op.Of), dBefore = execution.Write(op.DBefore);
        for (int i = 0; i < dBefore.Data.Length; i++)
        {
            dBefore.Data[i] = dy.Data[i] * Derivative(op.Forward.Activation, of.Data[i]);
        }
    }

    /// <summary>Of ReLU's own output (or input: the signs agree), of GELU's input.</summary>
    private static double Derivative(ActivationKind activation, double x) => activation switch
    {
        ActivationKind.Relu => x > 0 ? 1 : 0,
        ActivationKind.Gelu => NormalDistribution(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)),
        _ => throw new InvalidOperationException($"The oracle does not know the derivative of {activation}."),
    };

    // Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …): terms of one sign, so nothing cancels (Abramowitz and Stegun 26.2.11). Beyond 9 it is 0 or 1 to the last bit of a sum.
    private static double NormalDistribution(double x)
    {
        if (Math.Abs(x) > 9)
        {
            return x > 0 ? 1 : 0;
        }

        double term = x, sum = 0;
        for (int n = 1; sum + term != sum; n++)
        {
            sum += term;
            term *= x * x / ((2 * n) + 1);
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}

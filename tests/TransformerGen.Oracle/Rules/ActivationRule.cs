using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Activations and their derivatives.</summary>
internal static class ActivationRule
{
    private const double Cubic = 0.044715, QuickGelu = 1.702;

    public static double Apply(ActivationKind activation, double x) => activation switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Math.Max(0, x),
        ActivationKind.Gelu => x * NormalDistribution(x),
        ActivationKind.GeluTanh => x * Sigmoid(2 * TanhArgument(x)),
        ActivationKind.QuickGelu => x * Sigmoid(QuickGelu * x),
        ActivationKind.Silu => x * Sigmoid(x),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Sigmoid => Sigmoid(x),
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

    /// <summary>Of ReLU's own output (or input: the signs agree), of the others' input.</summary>
    public static double Derivative(ActivationKind activation, double x) => activation switch
    {
        ActivationKind.Relu => x > 0 ? 1 : 0,
        ActivationKind.Gelu => NormalDistribution(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)),
        ActivationKind.GeluTanh => Sigmoid(2 * TanhArgument(x)) + (x * SigmoidSlope(2 * TanhArgument(x)) * 2 * Math.Sqrt(2 / Math.PI) * (1 + (3 * Cubic * x * x))),
        ActivationKind.QuickGelu => Sigmoid(QuickGelu * x) + (QuickGelu * x * SigmoidSlope(QuickGelu * x)),
        ActivationKind.Silu => Sigmoid(x) + (x * SigmoidSlope(x)),
        ActivationKind.Tanh => 4 * SigmoidSlope(2 * x),
        ActivationKind.Sigmoid => SigmoidSlope(x),
        _ => throw new InvalidOperationException($"The oracle does not know the derivative of {activation}."),
    };

    // ½·(1 + tanh t) = sigmoid(2t): GELU's approximation is x·sigmoid(2·√(2/π)·(x + 0.044715 x³)) (Hendrycks and Gimpel 2016).
    private static double TanhArgument(double x) => Math.Sqrt(2 / Math.PI) * (x + (Cubic * x * x * x));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double SigmoidSlope(double x) => Sigmoid(x) * Sigmoid(-x);

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

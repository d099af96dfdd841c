using System.Globalization;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Activations and their derivatives as C# expressions over vectors; the runtime's LaneMath has the functions.</summary>
internal static class Activations
{
    /// <summary>activation(x).</summary>
    public static string Value(ActivationKind activation, string x) => activation switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => $"V.Max(V.Zero, {x})",
        _ => $"LaneMath.{activation}({x})",
    };

    /// <summary>factor · activation'(x); ReLU's may be told from its output as well.</summary>
    public static string TimesSlope(ActivationKind activation, string factor, string x) => activation switch
    {
        ActivationKind.None => factor,
        ActivationKind.Relu => $"V.WhereGreater({x}, V.Zero, {factor}, V.Zero)",
        _ => $"{factor} * LaneMath.{activation}Slope({x})",
    };

    /// <summary>The formula for the reader, of a value v.</summary>
    public static string Formula(ActivationKind activation, string v) => activation switch
    {
        ActivationKind.None => v,
        ActivationKind.Relu => $"max(0, {v})",
        ActivationKind.Gelu => "v·Φ(v), v = " + v,
        ActivationKind.QuickGelu => "v·sigmoid(1.702 v), v = " + v,
        ActivationKind.Silu => "v·sigmoid(v), v = " + v,
        _ => $"{activation.ToString().ToLower(CultureInfo.InvariantCulture)}({v})",
    };

    /// <summary>Whether activation(0) is something else, so that padding has to be kept at zero.</summary>
    public static bool MovesZero(ActivationKind activation) => activation == ActivationKind.Sigmoid;

    /// <summary>Whether a product's last step takes it while the sums are in registers; the others are a second pass over what has just been written.</summary>
    public static bool IsInRegisters(ActivationKind activation) => activation is ActivationKind.None or ActivationKind.Relu;
}

using System.Runtime.CompilerServices;

namespace TransformerGen.Kernels;

/// <content>
/// Activations and their derivatives. They are built on e^-c|x|, which never overflows, so that an infinite argument gives the limit; below 2^-126 everything is 0.
/// With fused multiplication and addition, values are within 4 units in the last place (the tanh of GeluTanh within as many of |x|), derivatives within 5 or, where
/// two terms meet, 1 unit of 1; without it, values near 0 are as precise as the product of x and log₂ e.
/// </content>
public static partial class LaneMath
{
    // The native minimum and maximum give their second operand where one is no number: x stands there, so that it stays none.
    // Beyond these the weight of x is 0 or 1 to the last bit; an infinite x times a weight of 0 would be no number.
    private const float FarGelu = 15f, FarSigmoid = 104f;

    private const double QuickGeluFactor = 1.702, GeluTanhFactor = 1.5957691216057308, GeluTanhCubic = 0.044715;

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : unmanaged, ILanes<V> => Sigmoid(x, 1.0);

    /// <summary>The derivative of <see cref="Sigmoid{V}(V)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SigmoidSlope<V>(V x)
        where V : unmanaged, ILanes<V> => SigmoidSlope(x, 1.0);

    /// <summary>1 - tanh² x, the derivative of <see cref="Tanh"/>: 4 e^-2|x| / (1 + e^-2|x|)², which does not cancel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TanhSlope<V>(V x)
        where V : unmanaged, ILanes<V> => V.Create(4f) * SigmoidSlope(x, 2.0);

    /// <summary>x · sigmoid(x), also called swish (Elfwing et al. 2017).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Silu<V>(V x)
        where V : unmanaged, ILanes<V> => V.Max(V.Create(-FarSigmoid), x) * Sigmoid(x, 1.0);

    /// <summary>The derivative of <see cref="Silu"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SiluSlope<V>(V x)
        where V : unmanaged, ILanes<V> => V.MultiplyAdd(Clamp(x, FarSigmoid), SigmoidSlope(x, 1.0), Sigmoid(x, 1.0));

    /// <summary>x · sigmoid(1.702 x) (Hendrycks and Gimpel 2016).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V QuickGelu<V>(V x)
        where V : unmanaged, ILanes<V> => V.Max(V.Create(-FarSigmoid), x) * Sigmoid(x, QuickGeluFactor);

    /// <summary>The derivative of <see cref="QuickGelu"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V QuickGeluSlope<V>(V x)
        where V : unmanaged, ILanes<V> =>
        V.MultiplyAdd(Clamp(x, FarSigmoid) * V.Create((float)QuickGeluFactor), SigmoidSlope(x, QuickGeluFactor), Sigmoid(x, QuickGeluFactor));

    /// <summary>x · Φ(x): GELU, exact (Hendrycks and Gimpel 2016).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Gelu<V>(V x)
        where V : unmanaged, ILanes<V> => V.Max(V.Create(-FarGelu), x) * NormalCdf(x);

    /// <summary>Φ(x) + x · φ(x), the derivative of <see cref="Gelu"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluSlope<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V near = Clamp(x, FarGelu);
        return V.MultiplyAdd(near, NormalDensity(near), NormalCdf(near));
    }

    /// <summary>GELU by its tanh approximation, x · ½(1 + tanh t) = x · sigmoid(2t) with t = √(2/π) · (x + 0.044715 x³) (Hendrycks and Gimpel 2016).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluTanh<V>(V x)
        where V : unmanaged, ILanes<V> => V.Max(V.Create(-FarGelu), x) * Sigmoid(GeluTanhArgument(Clamp(x, FarGelu)), 1.0);

    /// <summary>The derivative of <see cref="GeluTanh"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluTanhSlope<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V near = Clamp(x, FarGelu), argument = GeluTanhArgument(near);
        V inner = V.MultiplyAdd(near * near, V.Create((float)(3 * GeluTanhFactor * GeluTanhCubic)), V.Create((float)GeluTanhFactor));
        return V.MultiplyAdd(near * inner, SigmoidSlope(argument, 1.0), Sigmoid(argument, 1.0));
    }

    // 2t = x · (2√(2/π) + 2√(2/π) · 0.044715 · x²).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V GeluTanhArgument<V>(V x)
        where V : unmanaged, ILanes<V> => x * V.MultiplyAdd(x * x, V.Create((float)(GeluTanhFactor * GeluTanhCubic)), V.Create((float)GeluTanhFactor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sigmoid<V>(V x, double factor)
        where V : unmanaged, ILanes<V>
    {
        V e = Decay(V.Max(x, V.Zero - x), factor), one = V.Create(1f);
        return V.WhereGreater(V.Zero, x, e, one) / (one + e);
    }

    // e / (1 + e)² with e = e^-factor|x|.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V SigmoidSlope<V>(V x, double factor)
        where V : unmanaged, ILanes<V>
    {
        V e = Decay(V.Max(x, V.Zero - x), factor), below = V.Create(1f) + e;
        return e / (below * below);
    }

    // e^(-factor · magnitude) = 2^-h · (1 - l · ln 2): h is the product with factor · log₂ e as a float, l what its rounding has lost.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Decay<V>(V magnitude, double factor)
        where V : unmanaged, ILanes<V>
    {
        const double Log2E = 1.4426950408889634, Ln2 = 0.69314718055994531;
        float high = (float)(factor * Log2E), low = (float)((factor * Log2E) - high);
        V near = V.Min(V.Create(FarSigmoid), magnitude), h = near * V.Create(high);
        V l = V.MultiplyAdd(near, V.Create(low), V.MultiplyAdd(near, V.Create(high), V.Zero - h));
        V power = V.Exp2(V.Zero - h);
        return V.MultiplyAdd(power * l, V.Create((float)-Ln2), power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Clamp<V>(V x, float limit)
        where V : unmanaged, ILanes<V> => V.Min(V.Create(limit), V.Max(V.Create(-limit), x));
}

using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace TransformerGen.Kernels;

/// <summary>Functions of a vector, built on 2^x. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static partial class LaneMath
{
    private const float Log2E = 1.44269504088896341f;

    /// <summary>e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : unmanaged, ILanes<V> => V.Exp2(x * V.Create(Log2E));

    /// <summary>tanh x = 1 - 2 / (e^2x + 1); the odd Taylor series near 0, where that form would lose digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V one = V.Create(1f), magnitude = V.Max(x, V.Zero - x), square = x * x;
        V far = one - (V.Create(2f) / (V.Exp2(V.Min(magnitude, V.Create(10f)) * V.Create(2f * Log2E)) + one));
        far = V.WhereGreater(V.Zero, x, V.Zero - far, far);

        // x - x³/3 + 2x⁵/15 - 17x⁷/315 + 62x⁹/2835 - 1382x¹¹/155925, below 1 ulp for |x| < 0.3
        V near = V.Create(-0.00886323553f);
        near = V.MultiplyAdd(near, square, V.Create(0.0218694885f));
        near = V.MultiplyAdd(near, square, V.Create(-0.0539682540f));
        near = V.MultiplyAdd(near, square, V.Create(0.133333333f));
        near = V.MultiplyAdd(near, square, V.Create(-0.333333333f));
        near = V.MultiplyAdd(near * square, x, x);
        return V.WhereGreater(magnitude, V.Create(0.3f), far, near);
    }

    /// <summary>
    /// Φ(x) = (1 + erf(x / √2)) / 2, the weight of GELU (Hendrycks and Gimpel 2016): erf's Taylor series for |x| ≤ √2, beyond it a
    /// Chebyshev fit of erfc.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalCdf<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V z = x * V.Create(0.70710678118654752f), magnitude = V.Max(z, V.Zero - z), one = V.Create(1f);

        // erf z = z·P(z²) for |z| <= 1: Taylor coefficients 2/√π·(-1)^n / (n!(2n+1)); the first left out is below 2e-9.
        V square = z * z;
        V near = V.Create(1.4807192815879218e-8f);
        near = V.MultiplyAdd(near, square, V.Create(-1.6365844691234924e-7f));
        near = V.MultiplyAdd(near, square, V.Create(1.6462114365889246e-6f));
        near = V.MultiplyAdd(near, square, V.Create(-1.4925650358406251e-5f));
        near = V.MultiplyAdd(near, square, V.Create(1.2055332981789664e-4f));
        near = V.MultiplyAdd(near, square, V.Create(-8.5483270234508528e-4f));
        near = V.MultiplyAdd(near, square, V.Create(5.2239776254421878e-3f));
        near = V.MultiplyAdd(near, square, V.Create(-2.6866170645131252e-2f));
        near = V.MultiplyAdd(near, square, V.Create(1.1283791670955126e-1f));
        near = V.MultiplyAdd(near, square, V.Create(-3.7612638903183752e-1f));
        near = V.MultiplyAdd(near, square, V.Create(1.1283791670955126f));
        V half = V.Create(0.5f);
        V cdfNear = V.MultiplyAdd(near * z, half, half);

        // erfc z = t·e^(-z² + Q(t)), t = 1/(1 + z/2): Numerical Recipes' Chebyshev fit, relative error below 1.2e-7.
        V t = one / V.MultiplyAdd(magnitude, half, one);
        V q = V.Create(0.17087277f);
        q = V.MultiplyAdd(q, t, V.Create(-0.82215223f));
        q = V.MultiplyAdd(q, t, V.Create(1.48851587f));
        q = V.MultiplyAdd(q, t, V.Create(-1.13520398f));
        q = V.MultiplyAdd(q, t, V.Create(0.27886807f));
        q = V.MultiplyAdd(q, t, V.Create(-0.18628806f));
        q = V.MultiplyAdd(q, t, V.Create(0.09678418f));
        q = V.MultiplyAdd(q, t, V.Create(0.37409196f));
        q = V.MultiplyAdd(q, t, V.Create(1.00002368f));
        q = V.MultiplyAdd(q, t, V.Create(-1.26551223f));
        V tail = half * t * Exp(q - (magnitude * magnitude));
        V cdfFar = V.WhereGreater(x, V.Zero, one - tail, tail);
        return V.WhereGreater(magnitude, one, cdfFar, cdfNear);
    }

    /// <summary>e^(-x²/2) / √(2π): the derivative of <see cref="NormalCdf"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDensity<V>(V x)
        where V : unmanaged, ILanes<V> => V.Create(0.398942280401432678f) * Exp(x * x * V.Create(-0.5f));
}

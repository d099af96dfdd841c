using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Oracle.Rules;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Kernels;

/// <summary>Activations and their derivatives against double precision at every vector width, over all sizes of arguments.</summary>
public sealed unsafe class LaneMathTests(ITestOutputHelper output)
{
    private const double Unit = 1.0 / (1 << 23);

    // Without fused instructions e^-c|x|, c ≤ 2, has the rounding of its exponent, 2⁻²⁴ · c |x| log₂ e · ln 2 of itself: at most c |x| units in the last place.
    private const double Unfused = 2;

    /// <summary>
    /// Function; allowed error in units in the last place of the result; and of the function's own size, 1 or |x| (its weight of x is
    /// below 1), which counts where it is the larger one: GELU's weights are computed to the precision of a number near 1, and
    /// derivatives are sums of two terms that meet with opposite signs.
    /// </summary>
    public static TheoryData<string, bool, double, double> Functions => new()
    {
        { "Sigmoid", false, 3.5, 0 },
        { "Silu", false, 4, 0 },
        { "QuickGelu", false, 4, 0 },
        { "GeluTanh", false, 4, 0.5 },
        { "Gelu", false, 4, 1 },
        { "Tanh", false, 3, 0 },
        { "Sigmoid", true, 5, 0 },
        { "Tanh", true, 5, 0 },
        { "Silu", true, 4, 1 },
        { "QuickGelu", true, 4, 1 },
        { "GeluTanh", true, 4, 1 },
        { "Gelu", true, 4, 1 },
    };

    /// <summary>The functions alone.</summary>
    public static TheoryData<string, bool> Names
    {
        get
        {
            var names = new TheoryData<string, bool>();
            foreach (object[] row in Functions)
            {
                names.Add((string)row[0], (bool)row[1]);
            }

            return names;
        }
    }

    /// <summary>Once more without the instructions that fuse multiplication and addition.</summary>
    [Fact]
    public void Values_are_near_without_fused_instructions() => TestProcess.RunAgain(typeof(LaneMathTests), nameof(Values_are_near), "EnableAVX2");

    [Theory]
    [MemberData(nameof(Functions))]
    public void Values_are_near(string name, bool slope, double units, double ownUnits)
    {
        ActivationKind activation = Enum.Parse<ActivationKind>(name);
        float[] x = Arguments();
        Check<Lanes128>(x, activation, slope, units, ownUnits);
        if (Vector256.IsHardwareAccelerated)
        {
            Check<Lanes256>(x, activation, slope, units, ownUnits);
        }

        if (Vector512.IsHardwareAccelerated)
        {
            Check<Lanes512>(x, activation, slope, units, ownUnits);
        }
    }

    /// <summary>Infinite arguments give the limit, and what is no number stays none.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Limits_are_reached(string name, bool slope)
    {
        ActivationKind activation = Enum.Parse<ActivationKind>(name);
        bool isWeighted = activation is not (ActivationKind.Sigmoid or ActivationKind.Tanh);
        float right = slope ? (isWeighted ? 1 : 0) : isWeighted ? float.PositiveInfinity : 1;
        float left = slope ? 0 : activation == ActivationKind.Tanh ? -1 : 0;
        float[] x = [float.PositiveInfinity, float.MaxValue, float.NegativeInfinity, float.MinValue, float.NaN, .. new float[11]];
        float[] y = Apply<Lanes128>(x, activation, slope);
        Assert.Equal(right, y[0]);
        Assert.Equal(isWeighted && !slope ? float.MaxValue : right, y[1]);
        Assert.Equal(left, y[2]);
        Assert.Equal(left, y[3]);
        Assert.Equal(float.NaN, y[4]);
    }

    private void Check<V>(float[] x, ActivationKind activation, bool slope, double units, double ownUnits)
        where V : unmanaged, ILanes<V>
    {
        float[] actual = Apply<V>(x, activation, slope);
        double lost = Fma.IsSupported || AdvSimd.IsSupported ? 0 : Unfused;
        (double worst, float where) = (0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = slope ? ActivationRule.Derivative(activation, x[i]) : ActivationRule.Apply(activation, x[i]);
            double last = Math.ScaleB(Unit, Math.ILogB(expected));

            // Weights below 2⁻¹²⁶ are 0.
            double nothing = Math.ScaleB(1, -125) * Math.Max(1, Math.Abs(x[i]));
            double own = ownUnits * Unit * (slope ? 1 : Math.Abs(x[i]));
            double error = Math.Abs(actual[i] - expected) / Math.Max(Math.Max((units + (lost * Math.Min(Math.Abs(x[i]), 104))) * last, own), nothing);
            if (!(error <= worst))
            {
                (worst, where) = (error, x[i]);
            }
        }

        output.WriteLine($"{typeof(V).Name}: {worst:F2} of what is allowed, at {where:R}");
        Assert.True(worst <= 1, $"{worst:F2} of what is allowed, at {where:R}: {string.Join(", ", Apply<V>([.. Enumerable.Repeat(where, 16)], activation, slope).Take(1))}");
    }

    // Even steps where the functions bend, and every binade from the smallest numbers to the largest.
    private static float[] Arguments()
    {
        var x = new List<float>();
        for (int i = -64000; i <= 64000; i++)
        {
            x.Add(i / 3200f);
        }

        for (int i = -2400; i <= 2400; i++)
        {
            x.Add(i / 16.3f);
        }

        var random = new Random(1);
        for (int exponent = -126; exponent < 127; exponent++)
        {
            for (int i = 0; i < 16; i++)
            {
                x.Add((float)Math.ScaleB(1 + random.NextDouble(), exponent) * (random.Next(2) == 0 ? 1 : -1));
            }
        }

        while (x.Count % 16 != 0)
        {
            x.Add(0);
        }

        return [.. x];
    }

    private static float[] Apply<V>(float[] x, ActivationKind activation, bool slope)
        where V : unmanaged, ILanes<V>
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            for (int i = 0; i < x.Length; i += V.Count)
            {
                V v = V.Load(from + i);
                V.Store(slope ? Slope(activation, v) : Value(activation, v), to + i);
            }
        }

        return y;
    }

    private static V Value<V>(ActivationKind activation, V x)
        where V : unmanaged, ILanes<V> => activation switch
        {
            ActivationKind.Sigmoid => LaneMath.Sigmoid(x),
            ActivationKind.Silu => LaneMath.Silu(x),
            ActivationKind.QuickGelu => LaneMath.QuickGelu(x),
            ActivationKind.GeluTanh => LaneMath.GeluTanh(x),
            ActivationKind.Gelu => LaneMath.Gelu(x),
            ActivationKind.Tanh => LaneMath.Tanh(x),
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };

    private static V Slope<V>(ActivationKind activation, V x)
        where V : unmanaged, ILanes<V> => activation switch
        {
            ActivationKind.Sigmoid => LaneMath.SigmoidSlope(x),
            ActivationKind.Silu => LaneMath.SiluSlope(x),
            ActivationKind.QuickGelu => LaneMath.QuickGeluSlope(x),
            ActivationKind.GeluTanh => LaneMath.GeluTanhSlope(x),
            ActivationKind.Gelu => LaneMath.GeluSlope(x),
            ActivationKind.Tanh => LaneMath.TanhSlope(x),
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
}

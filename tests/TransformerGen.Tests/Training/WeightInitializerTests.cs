using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

public sealed class WeightInitializerTests
{
    private static readonly ModelInfo s_info = ToyModel.Info with
    {
        Parameters =
        [
            new("a", 200, 300, 2, 0, 304, Initialization.XavierUniform),
            new("b", 200, 300, 2, 60_800, 304, Initialization.Normal, 0.02f),
            new("c", 200, 300, 2, 121_600, 304, Initialization.Normal, 0.02f),
            new("d", 1, 300, 1, 182_400, 304, Initialization.Ones),
            new("e", 1, 300, 1, 182_704, 304, Initialization.Zeros),
        ],
        ValueFloats = 183_008,
    };

    [Fact]
    public void Distributions_are_what_the_tensors_say()
    {
        using ModelWeights weights = Fresh(s_info, 1);
        float[] a = weights.View("a").ToArray(), b = weights.View("b").ToArray(), c = weights.View("c").ToArray();
        double bound = Math.Sqrt(6.0 / 500);

        // 60,000 numbers: standard errors are 0.4 % of the deviation for the mean and 0.3 % for the deviation; five of them are allowed.
        Assert.All(a, x => Assert.InRange(x, -bound, bound));
        Moments(a, bound / Math.Sqrt(3), 9.0 / 5);
        Moments(b, 0.02, 3);
        Assert.True(a.Max() > 0.999 * bound && a.Min() < -0.999 * bound);
        Assert.NotEqual(b, c);
        double correlation = b.Zip(c, (x, y) => (double)x * y).Sum() / (60_000 * 0.02 * 0.02);
        Assert.InRange(correlation, -0.021, 0.021);
        Assert.All(weights.View("d").ToArray(), x => Assert.Equal(1f, x));
        Assert.All(weights.View("e").ToArray(), x => Assert.Equal(0f, x));
    }

    [Fact]
    public void A_tensor_depends_on_seed_and_name_alone()
    {
        using ModelWeights all = Fresh(s_info, 1), again = Fresh(s_info, 1), other = Fresh(s_info, 2);
        using ModelWeights alone = Fresh(s_info with { Parameters = [s_info.Parameters[1] with { Offset = 0 }], ValueFloats = 60_800 }, 1);
        Assert.True(all.Values.Span.SequenceEqual(again.Values.Span));
        Assert.Equal(all.View("b").ToArray(), alone.View("b").ToArray());
        Assert.NotEqual(all.View("b").ToArray(), other.View("b").ToArray());
    }

    [Fact]
    public void Sinusoids_are_those_of_the_paper()
    {
        ModelInfo info = s_info with
        {
            Parameters = [new("turns", 3, 4, 2, 0, 16, Initialization.Sinusoids), new("halves", 3, 5, 2, 48, 16, Initialization.SinesThenCosines)],
            ValueFloats = 96,
        };
        using ModelWeights weights = Fresh(info, 1);
        Assert.Equal(
            [0f, 1f, 0f, 1f, (float)Math.Sin(1), (float)Math.Cos(1), (float)Math.Sin(0.01), (float)Math.Cos(0.01), (float)Math.Sin(2), (float)Math.Cos(2), (float)Math.Sin(0.02), (float)Math.Cos(0.02)],
            weights.View("turns").ToArray());

        // Of an odd width: three sines, then two cosines.
        Assert.Equal(
            [(float)Math.Sin(2), (float)Math.Sin(2 / Math.Pow(10000, 0.4)), (float)Math.Sin(2 / Math.Pow(10000, 0.8)), (float)Math.Cos(2), (float)Math.Cos(2 / Math.Pow(10000, 0.4))],
            weights.View("halves").ToArray()[10..]);
    }

    private static void Moments(float[] values, double deviation, double kurtosis)
    {
        double mean = values.Average(x => (double)x), variance = values.Average(x => (double)x * x), fourth = values.Average(x => Math.Pow(x, 4));
        Assert.InRange(mean / deviation, -0.021, 0.021);
        Assert.InRange(Math.Sqrt(variance) / deviation, 0.985, 1.015);
        Assert.InRange(fourth / (variance * variance), kurtosis * 0.96, kurtosis * 1.04);
    }

    private static ModelWeights Fresh(ModelInfo info, ulong seed)
    {
        var weights = new ModelWeights(info, (_, _, _) => { });
        WeightInitializer.Initialize(weights, seed);
        return weights;
    }
}

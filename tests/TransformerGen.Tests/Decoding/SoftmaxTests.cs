using TransformerGen.Decoding;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class SoftmaxTests
{
    [Fact]
    public void Exponentials_are_right_to_two_units_and_the_same_at_any_vector_width()
    {
        float[] x = [0, .. Enumerable.Range(1, 20_000).Select(i => -i * 0.0043f), -87.29f, -87.31f, -200, float.NegativeInfinity];
        float[] together = new float[x.Length], alone = new float[2];
        Softmax.Exponentials(x, together, out float max);
        Assert.Equal(0, max);
        for (int i = 0; i < x.Length; i++)
        {
            Softmax.Exponentials([0, x[i]], alone, out _);      // two elements: the scalar code
            Assert.Equal(alone[1], together[i]);
            double expected = x[i] < -87.3f ? 0 : Math.Exp(x[i]);
            Assert.True(Math.Abs(together[i] - expected) <= 2 * 1.2e-7 * expected, $"exp({x[i]}) = {together[i]}, expected {expected}");
        }
    }

    [Fact]
    public void Log_probabilities_are_those_of_double()
    {
        for (int vocabulary = 1; vocabulary < 70; vocabulary++)
        {
            Random random = new(vocabulary);
            float[] x = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(random.NextDouble() * 40 - 10))];
            double max = x.Max(), log = Math.Log(x.Sum(v => Math.Exp(v - max)));
            double[] expected = [.. x.Select(v => v - max - log)];
            Softmax.ToLogProbabilities(x, new float[vocabulary]);
            // Results are below 50, where a float's half unit is 2e-6; two subtractions.
            for (int i = 0; i < vocabulary; i++) Assert.Equal(expected[i], x[i], 5e-6);
        }
    }

    [Fact]
    public void The_first_of_equal_maxima_is_taken()
    {
        for (int length = 1; length < 40; length++)
            for (int at = 0; at < length; at++)
            {
                float[] x = new float[length];
                Array.Fill(x, 2, at, length - at);
                Assert.Equal(at, Softmax.ArgMax(x));
            }
    }

    [Fact]
    public void What_is_no_distribution_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Softmax.ArgMax([1, float.NaN, 2]));
        Assert.Throws<InvalidOperationException>(() => Softmax.Exponentials([float.NegativeInfinity], new float[1], out _));
        Assert.Throws<InvalidOperationException>(() => Softmax.Exponentials([float.PositiveInfinity, 0], new float[2], out _));
        float[] many = new float[100];
        many[40] = float.NaN;
        Assert.Throws<InvalidOperationException>(() => Softmax.ArgMax(many));
    }
}

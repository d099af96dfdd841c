using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

public sealed class ScheduleAndGroupTests
{
    [Fact]
    public void Schedules_have_the_rates_of_their_formulas()
    {
        LearningRateSchedule constant = LearningRateSchedule.Constant(0.5, warmup: 10), linear = LearningRateSchedule.Linear(1, totalSteps: 110, warmup: 10, finalRate: 0.2),
            cosine = LearningRateSchedule.Cosine(1, totalSteps: 110, warmup: 10, finalRate: 0.2), noam = LearningRateSchedule.Noam(512, 4000, 2);
        Assert.Equal([0.05, 0.25, 0.5, 0.5], Rates(constant, 1, 5, 10, 10_000));
        Equal([0.1, 1, 0.6, 0.2, 0.2], Rates(linear, 1, 10, 60, 110, 500));
        Equal([0.1, 1, 0.2 + (0.8 * 0.5 * (1 + Math.Cos(Math.PI / 4))), 0.6, 0.2, 0.2], Rates(cosine, 1, 10, 35, 60, 110, 500));
        Equal([2 / Math.Sqrt(512) * 1 / Math.Pow(4000, 1.5), 2 / Math.Sqrt(512.0 * 4000), 2 / Math.Sqrt(512.0 * 16_000)], Rates(noam, 1, 4000, 16_000));
        Assert.Equal(0.5, LearningRateSchedule.Constant(0.5).Rate(1));
        Assert.Equal(1, LearningRateSchedule.Linear(1, 4).Rate(0) + 0);
    }

    [Fact]
    public void Schedules_refuse_numbers_without_sense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Linear(1, 10, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Cosine(double.NaN, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Noam(512, 0));
    }

    [Theory]
    [InlineData("encoder.layers.0", "encoder.layers.0.fc1.weight", true)]
    [InlineData("encoder.layers.0", "encoder.layers.01.fc1.weight", false)]
    [InlineData("encoder.layers.0", "encoder.layers.0", true)]
    [InlineData("encoder.layers.0", "decoder.encoder.layers.0", false)]
    [InlineData("*.bias", "decoder.layers.0.fc1.bias", true)]
    [InlineData("*.bias", "decoder.layers.0.bias_table", false)]
    [InlineData("encoder.*norm*", "encoder.layers.0.final_layer_norm.weight", true)]
    [InlineData("encoder.*norm*", "decoder.layers.0.final_layer_norm.weight", false)]
    [InlineData("*", "shared.weight", true)]
    [InlineData("*a*ab", "aaab", true)]
    [InlineData("*a*ab", "aaa", false)]
    [InlineData("", "shared.weight", false)]
    public void Patterns_match_names(string pattern, string name, bool matches) =>
        Assert.Equal(matches, new ParameterGroup(pattern).Matches(name));

    [Fact]
    public void Entropy_of_the_smoothed_distribution()
    {
        // Written out for V = 4, ε = 0.2: q = (0.85, 0.05, 0.05, 0.05).
        Assert.Equal(-((0.85 * Math.Log(0.85)) + (0.15 * Math.Log(0.05))), LabelSmoothing.Entropy(0.2, 4), 1e-15);
        Assert.Equal(0, LabelSmoothing.Entropy(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelSmoothing.Entropy(1, 4));
    }

    private static double[] Rates(LearningRateSchedule schedule, params long[] steps) => [.. steps.Select(schedule.Rate)];

    private static void Equal(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-15);
        }
    }
}

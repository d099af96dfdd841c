using TransformerGen.Generator.Families;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>Whole models, every choice drawn at random: gradients of every tensor by name against finite differences.</summary>
public sealed class ModelGradientTests(ITestOutputHelper output)
{
    // Depth multiplies the derivatives, and some tensors' gradients are a hundredth of the largest: ten times the room of a single operation.
    private const double Tolerance = 1e-7;

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, RandomModel.Seeds));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Gradients_are_finite_differences(int seed)
    {
        PaperConfig config = RandomModel.Config(seed);
        output.WriteLine(config.ToString());
        var model = new OracleModel(config.ToSpec());
        OracleParameters parameters = OracleParameters.Random(model.Table, seed);
        (double error, string where) = FiniteDifferences.Worst(model.Training, model.Table, RandomModel.Batch(config, seed), parameters, entries: 3);
        output.WriteLine($"{error:E2} {where}");
        Assert.True(error <= Tolerance, $"{error:E2} {where}");
    }

    [Fact]
    public void The_seeds_draw_every_choice()
    {
        PaperConfig[] all = [.. Enumerable.Range(0, RandomModel.Seeds).Select(RandomModel.Config)];
        void Draws<T>(int count, Func<PaperConfig, T> choice) => Assert.Equal(count, all.Select(choice).Distinct().Count());
        Draws(3, config => config.Architecture);
        Draws(2 * 2, config => (config.Norm, config.NormPlacement));
        Draws(2, config => config.Activation);
        Draws(3, config => config.Positions);
        Draws(2 * 2, config => (config.ScaleEmbeddings, config.ShareEmbeddings));
        Draws(2 * 2, config => (config.Attention, config.Bias));
        Draws(7, config => config.Pattern);
        Draws(2 * 2, config => (config.Norm, config.Dropout));
    }
}

using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>Every head and loss behind a whole small encoder, with dropout, against finite differences of every tensor.</summary>
public sealed class HeadGradientTests(ITestOutputHelper output)
{
    // As for whole models (ModelGradientTests).
    private const double Tolerance = 1e-7;

    public static TheoryData<string> Cases => new(HeadCase.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_finite_differences(string name)
    {
        HeadCase head = HeadCase.All[name];
        var model = new OracleModel(head.Spec);
        (double error, string where) = FiniteDifferences.Worst(model.Training, model.Table, head.Batch, OracleParameters.Random(model.Table, 3, gain: 1.5), entries: 4);
        output.WriteLine($"{error:E2} {where}");
        Assert.True(error <= Tolerance, $"{error:E2} {where}");
    }
}

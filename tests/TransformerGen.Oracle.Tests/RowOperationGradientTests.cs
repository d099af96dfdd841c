using TransformerGen.Generator.Graph;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>The gradient rules of the row-wise operations against finite differences of every entry.</summary>
public sealed class RowOperationGradientTests(ITestOutputHelper output)
{
    private const int Width = 3;
    private const double DropoutRate = 0.3;

    // Relative to the tensor's largest entry. Rounding is 1e-9 or less everywhere; norms have larger third derivatives (1/deviation³), above all of three columns.
    private const double Tolerance = 2e-9, NormTolerance = 3e-8;

    public static TheoryData<string> Cases => new(RowOperationCases.All.Keys);

    public static TheoryData<string> PaddingCases => new(RowOperationCases.WithPadding.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_finite_differences(string name)
    {
        var graph = new OperationGraph();
        graph.Finish(RowOperationCases.All[name](graph, Width));
        for (int seed = 1; seed <= 3; seed++)
        {
            OracleParameters parameters = OracleParameters.Random(graph.Table, seed, gain: 1.5);
            (double error, string where) = FiniteDifferences.Worst(graph.Graph, graph.Table, OperationGraph.Batch(seed, DropoutRate), parameters, int.MaxValue);
            output.WriteLine($"{error:E2} {where}");
            Assert.True(error <= (name.Contains("Norm", StringComparison.Ordinal) ? NormTolerance : Tolerance), $"{error:E2} {where}");
        }
    }

    /// <summary>As torch's padding_idx: the row takes part in the forward pass, and what it would learn is left out.</summary>
    [Theory]
    [MemberData(nameof(PaddingCases))]
    public void Padding_row_learns_nothing_and_the_others_as_without_it(string name)
    {
        var graph = new OperationGraph();
        graph.Finish(RowOperationCases.WithPadding[name](graph, Width));
        OracleParameters parameters = OracleParameters.Random(graph.Table, 1);
        OracleBatch batch = OperationGraph.Batch(1, DropoutRate);
        Assert.Contains(batch.Targets, sequence => sequence.Tokens.Contains(RowOperationCases.Padding));
        IReadOnlyDictionary<string, Matrix> gradients = Interpreter.Run(graph.Graph, graph.Table, batch, parameters).Gradients;
        Matrix learnt = gradients["table"];
        Assert.All(learnt.Row(RowOperationCases.Padding).ToArray(), entry => Assert.Equal(0, entry));

        // Where no row is padding, nothing is left out.
        (double error, string where) = FiniteDifferences.Worst(graph.Graph, graph.Table, Without(batch), parameters, int.MaxValue);
        output.WriteLine($"{error:E2} {where}");
        Assert.True(error <= Tolerance, $"{error:E2} {where}");
    }

    // The same batch without the padding token.
    private static OracleBatch Without(OracleBatch batch) => batch with
    {
        Targets = [.. batch.Targets.Select(sequence => sequence with { Tokens = [.. sequence.Tokens.Select(token => token == RowOperationCases.Padding ? 0 : token)] })],
    };
}

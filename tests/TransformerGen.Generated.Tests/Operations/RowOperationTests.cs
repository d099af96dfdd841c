using System.Reflection;
using TransformerGen.Generated.Tests.Specs;
using TransformerGen.Generator.Graph;
using TransformerGen.Oracle;
using TransformerGen.Testing;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Operations;

/// <summary>The kernels of the row-wise operations, forward and backward, against the oracle.</summary>
public sealed class RowOperationTests(ITestOutputHelper output)
{
    // No multiple of any vector; one vector of 512 bits and a half.
    private static readonly int[] s_widths = [5, 24];

    [Fact]
    public void Generated_code_agrees_with_the_oracle() => Report(RunAll(out IReadOnlyList<string> failures), failures);

    /// <summary>Every case at every width, in training and in inference.</summary>
    public static string RunAll(out IReadOnlyList<string> failures)
    {
        var emitted = new EmittedGraphs();
        var runs = new List<(string Name, OperationRun Run, bool IsTraining)>();
        foreach ((string name, Func<OperationGraph, int, Value> build) in RowOperationCases.All.Concat(RowOperationCases.WithPadding))
        {
            // Columns of heads begin anywhere: whole vectors as well. What is the same kernel in training and inference is run once.
            foreach (int width in name.Contains("Head", StringComparison.Ordinal) || name.Contains("Rotary", StringComparison.Ordinal) ? [.. s_widths, 16] : s_widths)
            {
                foreach (bool isTraining in name.Contains("Norm", StringComparison.Ordinal) || name.Contains("behind", StringComparison.Ordinal) ? (bool[])[true, false] : [true])
                {
                    var graph = new OperationGraph { Positions = 300, IsTraining = isTraining };
                    graph.Finish(build(graph, width));
                    runs.Add(($"{name}, width {width}{(isTraining ? "" : ", inference")}", new OperationRun($"Case{runs.Count}", graph, emitted), isTraining));
                }
            }
        }

        Assembly assembly = InMemoryCompiler.Load(InMemoryCompiler.Create("Operations" + Guid.NewGuid().ToString("N"), emitted.Source));
        var failed = new List<string>();
        (double worst, string worstItem) = (0, "");
        foreach ((string name, OperationRun run, bool isTraining) in runs)
        {
            var report = new SpecReport();

            // A few rows; and more than a block of 64, with positions beyond a page of the rotary table.
            foreach (OracleBatch batch in (OracleBatch[])[OperationGraph.Batch(1, 0.3), OperationGraph.Batch(2, 0.3, 280, 1, 70)])
            {
                run.Check(assembly, isTraining ? batch : batch with { Training = false, Dropout = Kernels.DropoutKey.None }, report);
            }

            failed.AddRange(report.Failures.Select(failure => $"{name}: {failure}"));
            if (report.Worst > worst)
            {
                (worst, worstItem) = (report.Worst, $"{name}: {report.WorstItem}");
            }
        }

        failures = failed;
        return FormattableString.Invariant($"{runs.Count} cases, worst {worst:P0} of what is allowed in {worstItem}");
    }

    private void Report(string summary, IReadOnlyList<string> failures)
    {
        output.WriteLine(summary);
        Assert.True(failures.Count == 0, summary + "\n" + string.Join('\n', failures.Take(40)));
    }
}

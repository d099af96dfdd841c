using System.Reflection;
using TransformerGen.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Generated code of every head against the oracle: what it says, its loss, its gradients; and the runtime's API over it.</summary>
public sealed class HeadTests(ITestOutputHelper output)
{
    [Fact]
    public void Generated_heads_agree_with_the_oracle()
    {
        KeyValuePair<string, HeadCase>[] cases = [.. HeadCase.All];
        Assembly assembly = SpecRun.Compile([.. cases.Select((head, i) => ($"Head{i}", head.Value.Spec))]);
        var failures = new List<string>();
        for (int i = 0; i < cases.Length; i++)
        {
            var report = new SpecReport();
            typeof(HeadChecks<>).MakeGenericType(assembly.GetType($"Head{i}", true)!).GetMethod("Run")!
                .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [cases[i].Value, report], null);
            output.WriteLine(FormattableString.Invariant($"{cases[i].Key}: {report.Count} comparisons, worst {report.Worst:P0} of what is allowed in {report.WorstItem}"));
            failures.AddRange(report.Failures.Select(failure => $"{cases[i].Key}: {failure}"));
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }
}

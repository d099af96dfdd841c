using TransformerGen.Conformance;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>The conformance tool itself: it must not pass by comparing nothing.</summary>
public sealed class ConformanceToolTests
{
    [Fact]
    public void Tensor_that_was_not_compared_fails_the_case()
    {
        var comparison = new Comparison();
        comparison.Add("logits", [1f], [1f], 1e-6);
        comparison.RequireAll(["input.src", "input2.tgt", "logits"]);
        Assert.Equal("PASS", comparison.Verdict.Kind);

        comparison.RequireAll(["input.src", "logits", "grad.fc1.weight"]);
        Assert.Equal("FAIL", comparison.Verdict.Kind);
        Assert.Contains("grad.fc1.weight", comparison.Verdict.Worst, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-case")]
    [InlineData("PAPER")]
    public void Filter_without_a_match_is_an_error(string filter) => Assert.Equal(2, RunTool(Repository.Fixtures, "--filter", filter));

    [Fact]
    public void Folder_without_a_case_is_an_error() => Assert.Equal(2, RunTool(Path.Combine(Repository.Fixtures, "paper")));

    private static int RunTool(params string[] args) => (int)typeof(ReferenceCase).Assembly.EntryPoint!.Invoke(null, [args])!;
}

using TransformerGen.Conformance;
using TransformerGen.Testing;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests;

/// <summary>Every reference case of tests/Fixtures, as the conformance tool runs it.</summary>
public sealed class FixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases =>
        new(Directory.GetDirectories(Repository.Fixtures).Where(p => File.Exists(Path.Combine(p, "case.json"))).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Generated_code_agrees_with_the_reference(string name)
    {
        Verdict verdict = ReferenceCase.Run(Path.Combine(Repository.Fixtures, name));
        output.WriteLine($"{verdict.Kind} {name} {verdict.Worst}");
        Assert.True(verdict.Kind == "PASS", $"{verdict.Kind} {name} {verdict.Worst}");
    }
}

using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Emit;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>
/// Runs the generator as every test does: once, once more with nothing changed, and once after an edit elsewhere. The later runs must do no work, and
/// nothing that is cached may hold on to a compilation. So no test has to remember to look.
/// </summary>
internal static class GeneratorDriverFixture
{
    /// <summary>Names of the tracked steps, from the generator's own list.</summary>
    public static ImmutableArray<string> StepNames { get; } =
    [
        .. typeof(TransformerGenerator.Steps).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!),
    ];

    /// <summary>Runs the generator on a source.</summary>
    /// <param name="source">A file with models.</param>
    /// <param name="files">Additional files: path and text.</param>
    /// <param name="properties">MSBuild properties that the project shows.</param>
    public static GeneratorDriverRunResult Run(string source, IEnumerable<(string Path, string Text)>? files = null, IReadOnlyDictionary<string, string>? properties = null) =>
        Run(Compile(source), files, properties);

    /// <summary>Runs the generator on a compilation.</summary>
    /// <param name="compilation">With models.</param>
    /// <param name="files">Additional files: path and text.</param>
    /// <param name="properties">MSBuild properties that the project shows.</param>
    /// <param name="generator">The generator; null for the real one.</param>
    public static GeneratorDriverRunResult Run(
        CSharpCompilation compilation,
        IEnumerable<(string Path, string Text)>? files = null,
        IReadOnlyDictionary<string, string>? properties = null,
        TransformerGenerator? generator = null)
    {
        GeneratorDriver driver = CreateDriver(files, properties, generator).RunGenerators(compilation);
        GeneratorDriverRunResult first = driver.GetRunResult();
        Assert.All(first.Results, result => Assert.Null(result.Exception));
        CachedModel.AssertHoldsNoCompilation(first);

        AssertCached(driver.RunGenerators(compilation).GetRunResult(), first);
        CSharpCompilation edited = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("internal sealed class Unrelated;", InMemoryCompiler.ParseOptions, "Unrelated.cs"));
        AssertCached(driver.RunGenerators(edited).GetRunResult(), first);
        return first;
    }

    /// <summary>A compilation of one source beside the runtime.</summary>
    public static CSharpCompilation Compile(string source) => InMemoryCompiler.Create("Models", "using TransformerGen;\n" + source);

    /// <summary>A generator that reads models and writes next to nothing, for tests of reading.</summary>
    public static TransformerGenerator ReadingOnly() => new(target => [new GeneratedFile(target.HintPrefix + ".g.cs", target.ToString())]);

    /// <summary>A driver that tracks steps.</summary>
    public static GeneratorDriver CreateDriver(
        IEnumerable<(string Path, string Text)>? files = null, IReadOnlyDictionary<string, string>? properties = null, TransformerGenerator? generator = null) =>
        CSharpGeneratorDriver.Create(
            [(generator ?? new TransformerGenerator()).AsSourceGenerator()],
            [.. (files ?? []).Select(file => new TextFile(file.Path, file.Text))],
            InMemoryCompiler.ParseOptions,
            new Properties(properties ?? ImmutableDictionary<string, string>.Empty),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>What the analyzer says about a source, in the order of places.</summary>
    public static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(
        CSharpCompilation compilation, IEnumerable<(string Path, string Text)>? files = null, IReadOnlyDictionary<string, string>? properties = null)
    {
        var options = new AnalyzerOptions([.. (files ?? []).Select(file => new TextFile(file.Path, file.Text))], new Properties(properties ?? ImmutableDictionary<string, string>.Empty));
        CompilationWithAnalyzers analysis = compilation.WithAnalyzers(
            [new TransformerModelAnalyzer()],
            new CompilationWithAnalyzersOptions(options, onAnalyzerException: null, concurrentAnalysis: false, logAnalyzerExecutionTime: false));
        ImmutableArray<Diagnostic> found = await analysis.GetAnalyzerDiagnosticsAsync();
        return [.. found.OrderBy(d => d.Location.GetLineSpan().Path, StringComparer.Ordinal).ThenBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id, StringComparer.Ordinal)];
    }

    private static void AssertCached(GeneratorDriverRunResult again, GeneratorDriverRunResult first)
    {
        GeneratorRunResult result = Assert.Single(again.Results);
        foreach (string name in StepNames)
        {
            // A step without input does not appear; one that appeared in the first run must appear again.
            Assert.Equal(first.Results[0].TrackedSteps.ContainsKey(name), result.TrackedSteps.ContainsKey(name));
            if (result.TrackedSteps.TryGetValue(name, out ImmutableArray<IncrementalGeneratorRunStep> steps))
            {
                Assert.All(steps.SelectMany(step => step.Outputs), output =>
                    Assert.True(output.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"Step {name} was {output.Reason}."));
            }
        }

        foreach ((object _, IncrementalStepRunReason reason) in result.TrackedOutputSteps.SelectMany(output => output.Value).SelectMany(step => step.Outputs))
        {
            Assert.Equal(IncrementalStepRunReason.Cached, reason);
        }

        Assert.Equal(first.GeneratedTrees.Select(tree => tree.ToString()), again.GeneratedTrees.Select(tree => tree.ToString()));
    }

    private sealed class Properties(IReadOnlyDictionary<string, string> properties) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(properties);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Values(IReadOnlyDictionary<string, string> properties) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
                properties.TryGetValue(key.Replace("build_property.", "", StringComparison.Ordinal), out value);
        }
    }
}

using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>Each mistake is named, its value is underlined, and nothing is generated for it.</summary>
public class DiagnosticTests
{
    private const string File = "/project/config.json";

    /// <summary>Indices of the cases; xunit shows the id beside them.</summary>
    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach ((int index, DiagnosticCase @case) in DiagnosticCases.All.Index())
            {
                data.Add(index, @case.Id);
            }

            return data;
        }
    }

    /// <summary>Ids that the analyzer reports.</summary>
    public static TheoryData<string> Ids => [.. Descriptors.OfAnalyzer.Select(descriptor => descriptor.Id)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Mistake_is_explained_and_underlined(int index, string id)
    {
        DiagnosticCase expected = DiagnosticCases.All.ElementAt(index);
        (CSharpCompilation compilation, (string, string)[] files, Dictionary<string, string> properties) = Arrange(expected);
        Assert.Equal(
            expected.CompilerErrors,
            compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id).Distinct());

        Diagnostic found = Assert.Single(await GeneratorDriverFixture.AnalyzeAsync(compilation, files, properties));
        Assert.Equal((id, expected.Message), (found.Id, found.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
        FileLinePositionSpan span = found.Location.GetLineSpan();
        string text = expected.Place is null ? found.Location.SourceTree!.ToString() : expected.Json!;
        Assert.Equal(expected.Underlined, text.Substring(found.Location.SourceSpan.Start, found.Location.SourceSpan.Length));
        if (expected.Place is (int line, int column))
        {
            Assert.Equal((File, line, column), (span.Path, span.StartLinePosition.Line + 1, span.StartLinePosition.Character + 1));
            Assert.Equal(expected.Underlined.Length, span.EndLinePosition.Character - span.StartLinePosition.Character);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Generator_is_silent_on_a_mistake_and_works_through_a_warning(int index, string id)
    {
        DiagnosticCase @case = DiagnosticCases.All.ElementAt(index);
        (CSharpCompilation compilation, (string, string)[] files, Dictionary<string, string> properties) = Arrange(@case);
        GeneratorDriverRunResult run = GeneratorDriverFixture.Run(compilation, files, properties);

        // Of checkpoints the generator knows nothing: its code is right, whatever somebody means to load.
        bool error = id != Descriptors.WeightsDoNotFit.Id && Descriptors.OfAnalyzer.Single(descriptor => descriptor.Id == id).DefaultSeverity == DiagnosticSeverity.Error;
        Assert.Equal(error, run.GeneratedTrees.IsEmpty);
        Assert.Empty(run.Diagnostics);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_id_has_a_case(string id) => Assert.Contains(DiagnosticCases.All, @case => @case.Id == id || id == Descriptors.AmbiguousFile.Id);

    [Fact]
    public async Task Path_that_ends_two_files_is_ambiguous_without_the_projects_folder()
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile("[TransformerModel(\"config.json\")] partial class M;");
        Diagnostic found = Assert.Single(await GeneratorDriverFixture.AnalyzeAsync(compilation, [("/a/config.json", "{"), ("/b/config.json", "{")]));
        Assert.Equal("TFG023: 'config.json' could be any of '/a/config.json', '/b/config.json'. Write more of the path.", found.Id + ": " + found.GetMessage(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("\"config.json\"", found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan));
    }

    [Fact]
    public async Task All_mistakes_of_a_model_are_reported_at_once()
    {
        ImmutableArray<Diagnostic> found = await GeneratorDriverFixture.AnalyzeAsync(
            GeneratorDriverFixture.Compile("[TransformerModel(9, 2, 0, 10, Dropout = 2, PadId = 99, Norm = (Norm)5)] class M;"));
        Assert.Equal(["TFG007", "TFG007", "TFG014", "TFG013", "TFG015", "TFG001"], found.Select(d => d.Id));
    }

    [Theory]
    [InlineData("[TransformerModel] partial class M;")]
    [InlineData("[TransformerModel(] partial class M;")]
    [InlineData("[TransformerModel(8, 2, 1)] partial class M;")]
    [InlineData("[TransformerModel(8, 2, 1, \"ten\")] partial class M;")]
    [InlineData("[TransformerModel(8, 2, 1, 10, Pattern = Pattern.None)] partial class M;")]
    [InlineData("[TransformerModel(8, 2, 1, 10, Window = Width)] partial class M { static int Width => 3; }")]
    public async Task What_the_compiler_reports_is_left_to_it(string source)
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile(source);
        Assert.Contains(compilation.GetDiagnostics(), d => d.Severity == DiagnosticSeverity.Error);
        Assert.Empty(await GeneratorDriverFixture.AnalyzeAsync(compilation));
        Assert.Empty(GeneratorDriverFixture.Run(source).GeneratedTrees);
    }

    [Fact]
    public void Writer_that_fails_is_reported_and_leaves_the_other_models_alone()
    {
        var generator = new TransformerGenerator(target => target.ClassName == "Bad" ? throw new InvalidOperationException("No rule.\nNone.") : [new(target.ClassName + ".g.cs", "// fine")]);
        GeneratorDriverRunResult run = CSharpGeneratorDriver.Create(generator).RunGenerators(
            GeneratorDriverFixture.Compile("[TransformerModel(8, 2, 1, 10)] partial class Bad; [TransformerModel(8, 2, 1, 10)] partial class Good;")).GetRunResult();
        Diagnostic found = Assert.Single(run.Diagnostics);
        Assert.Equal("TFG099", found.Id);
        Assert.StartsWith("The generator failed on 'Bad': System.InvalidOperationException: No rule. None.", found.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Equal("// fine", Assert.Single(run.GeneratedTrees).ToString());
    }

    /// <summary>The page of every diagnostic has its message, and its two snippets do what they say.</summary>
    [Fact]
    public async Task Help_pages_tell_the_truth()
    {
        string valid = DiagnosticCases.All.First(@case => @case.Id == "TFG022").Json!;
        foreach (DiagnosticDescriptor descriptor in Descriptors.OfAnalyzer.Append(Descriptors.InternalError))
        {
            string page = await System.IO.File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "diagnostics", descriptor.Id + ".md"));
            Assert.EndsWith("/docs/diagnostics/" + descriptor.Id + ".md", descriptor.HelpLinkUri, StringComparison.Ordinal);
            Assert.StartsWith($"# {descriptor.Id}: {descriptor.Title}\n", page, StringComparison.Ordinal);
            Assert.Contains("\n> " + descriptor.MessageFormat + "\n", page, StringComparison.Ordinal);
            Assert.Contains($"| {descriptor.DefaultSeverity.ToString().ToLowerInvariant()} |", page, StringComparison.Ordinal);
            string[] snippets = [.. Regex.Matches(page, "```(?:csharp|json)\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];
            foreach ((int i, string snippet) in snippets.Index())
            {
                bool json = snippet.StartsWith('{');
                (string, string)[] files = json ? [("/a/config.json", snippet)]
                    : descriptor.Id == "TFG016" ? []
                    : descriptor.Id == "TFG023" ? [("/a/config.json", valid), ("/b/small/config.json", valid)]
                    : [("/a/config.json", valid)];
                if (descriptor.Id == "TFG028")
                {
                    files = [.. files, ("/a/" + WeightsCheck.FileName, Listed("/a/config.json", CheckpointOf(snippets[1])))];
                }

                ImmutableArray<Diagnostic> found = await GeneratorDriverFixture.AnalyzeAsync(
                    GeneratorDriverFixture.Compile(json ? "[TransformerModel(\"config.json\")] partial class M;" : snippet), files);
                Assert.True(i == 0 == found.Any(d => d.Id == descriptor.Id), $"{descriptor.Id}, snippet {i + 1} gave: {string.Join("; ", found)}");
            }
        }
    }

    private static (CSharpCompilation Compilation, (string, string)[] Files, Dictionary<string, string> Properties) Arrange(DiagnosticCase @case)
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile(@case.Source);
        var properties = new Dictionary<string, string> { ["ProjectDir"] = "/project/" };
        if (@case.Cap is string cap)
        {
            properties["TransformerGenParameterCap"] = cap;
        }

        return (compilation.WithOptions(compilation.Options.WithAllowUnsafe(@case.AllowUnsafe)), Files(@case), properties);
    }

    private static IEnumerable<string> CheckpointOf(string config) =>
        SpecTensors.Of(Generator.Parsing.ConfigFile.Read("config.json", config, []).Spec!).Select(tensor => $"[{string.Join(", ", tensor.Value)}]\t{tensor.Key}");

    private static (string, string)[] Files(DiagnosticCase @case) =>
        @case.Json is null ? [] : @case.Weights is null ? [(File, @case.Json)] : [(File, @case.Json), ("/project/obj/" + WeightsCheck.FileName, Listed(File, @case.Weights))];

    /// <summary>What the build task writes of one checkpoint.</summary>
    private static string Listed(string config, params IEnumerable<string> tensors) =>
        $"{WeightsCheck.Format}\nconfig\t{config}\nweights\t{Path.GetDirectoryName(config)}/model.safetensors\n{string.Concat(tensors.Select(tensor => tensor + "\n"))}";
}

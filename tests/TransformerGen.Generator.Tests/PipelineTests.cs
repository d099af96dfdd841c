using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TransformerGen.Testing;
using Xunit.Sdk;

namespace TransformerGen.Generator.Tests;

/// <summary>The pipeline does what changed and nothing else; its text is the same everywhere.</summary>
public class PipelineTests
{
    private const string Two = "[TransformerModel(8, 2, 1, 10)] partial class A; namespace N { partial class Outer { [TransformerModel(\"config.json\")] internal sealed partial class B; } }";

    private static readonly (string Path, string Text) s_file = ("/p/config.json", DiagnosticCases.All.First(@case => @case.Id == "TFG022").Json!);

    /// <summary>An encoder-decoder with all of its parts, and a decoder alone that cannot be trained.</summary>
    [Fact]
    public void Generated_files() => Snapshot.Verify(GeneratorDriverFixture.Run(
        """
        [TransformerModel(8, 2, 1, 10)] public sealed partial class Whole;

        namespace Inner
        {
            partial record Outer
            {
                [TransformerModel(6, 2, 1, 10, Architecture = Architecture.Decoder, HeadDim = 4, NormPlacement = NormPlacement.Pre, Norm = Norm.Batch,
                    Positions = Positions.Learned, ShareEmbeddings = false, Bias = false, Attention = Attention.Additive, Pattern = Pattern.Window, Window = 2, Training = false)]
                internal sealed partial class Decoder;
            }
        }
        """));

    [Fact]
    public void Generated_code_compiles_without_a_warning()
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile(Two + " namespace @if.@else { partial record struct @class { [TransformerModel(16, 2, 1, 10)] internal sealed partial class @event; } }");
        GeneratorDriverFixture.CreateDriver([s_file]).RunGeneratorsAndUpdateCompilation(compilation, out Compilation full, out _);
        System.Reflection.Assembly assembly = InMemoryCompiler.Load(full);
        Assert.All(["A", "N.Outer+B", "if.else.class+event"], name => Assert.NotEmpty(assembly.GetType(name, throwOnError: true)!.GetMembers()));
    }

    /// <summary>The control of the caching assertions: an edit that matters is seen, and touches its own model only.</summary>
    [Fact]
    public void Edit_of_one_model_regenerates_that_one()
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile(Two);
        GeneratorDriver driver = GeneratorDriverFixture.CreateDriver([s_file]).RunGenerators(compilation);
        CSharpCompilation edited = compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees[0], CSharpSyntaxTree.ParseText(compilation.SyntaxTrees[0].ToString().Replace("8, 2, 1, 10", "8, 2, 1, 11", StringComparison.Ordinal), InMemoryCompiler.ParseOptions, "Source0.cs"));
        GeneratorRunResult result = driver.RunGenerators(edited).GetRunResult().Results[0];
        Assert.Equal(
            [IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached],
            result.TrackedSteps[TransformerGenerator.Steps.Targets].SelectMany(step => step.Outputs).Select(output => output.Reason is IncrementalStepRunReason.Unchanged ? IncrementalStepRunReason.Cached : output.Reason));
    }

    [Fact]
    public void Edit_of_a_config_that_says_the_same_regenerates_nothing()
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile(Two);
        var before = new TextFile(s_file.Path, s_file.Text);
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new TransformerGenerator().AsSourceGenerator()], [before], InMemoryCompiler.ParseOptions, driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true)).RunGenerators(compilation);

        Assert.All(Reasons(s_file.Text.Replace(", ", ",\n", StringComparison.Ordinal)), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.Contains(IncrementalStepRunReason.Modified, Reasons(s_file.Text.Replace("\"vocab\": 10", "\"vocab\": 11", StringComparison.Ordinal)));

        IEnumerable<IncrementalStepRunReason> Reasons(string text) => driver.ReplaceAdditionalText(before, new TextFile(s_file.Path, text)).RunGenerators(compilation)
            .GetRunResult().Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs).Select(output => output.Reason);
    }

    [Fact]
    public void Files_that_no_model_names_do_not_matter()
    {
        GeneratorDriverRunResult run = GeneratorDriverFixture.Run(Two, [s_file, ("/p/appsettings.json", "{ nonsense"), ("/p/readme.txt", "hello"), ("/p/tokenizer.json", "[]")]);
        Assert.Equal(GeneratorDriverFixture.Run(Two, [s_file]).GeneratedTrees.Select(tree => tree.FilePath), run.GeneratedTrees.Select(tree => tree.FilePath));
        Assert.Empty(run.Diagnostics);
    }

    /// <summary>The control of the walk over cached objects.</summary>
    [Fact]
    public void Walk_finds_what_would_keep_a_compilation_alive()
    {
        CSharpCompilation compilation = GeneratorDriverFixture.Compile("class C;");
        object symbol = compilation.GetTypeByMetadataName("C")!;
        foreach (object culprit in new[] { symbol, compilation, compilation.SyntaxTrees[0], compilation.SyntaxTrees[0].GetRoot(), ((ISymbol)symbol).Locations[0] })
        {
            Assert.Throws<FalseException>(() => CachedModel.AssertHoldsNoCompilation(new { Deep = new[] { new Lazy<object>(() => 1), (object)Tuple.Create(1, new List<object> { culprit }) } }));
        }

        CachedModel.AssertHoldsNoCompilation(new { Deep = new[] { (object)Tuple.Create(1, "text") } });
    }

    [Fact]
    public void Steps_are_tracked_by_name()
    {
        Assert.Equal(["ConfigFiles", "Declarations", "Settings", "Targets"], GeneratorDriverFixture.StepNames.Order(StringComparer.Ordinal));
        Assert.All(GeneratorDriverFixture.StepNames, name => Assert.Contains(name, GeneratorDriverFixture.Run(Two, [s_file]).Results[0].TrackedSteps.Keys));
    }

    [Fact]
    public async Task Culture_changes_neither_code_nor_messages()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string expected = await Everything();
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat = new NumberFormatInfo { NegativeSign = "\u2212", NumberDecimalSeparator = ",", NumberGroupSeparator = "\u2019", NegativeInfinitySymbol = "\u2212inf", NaNSymbol = "nan" };
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = odd;
            Assert.Equal("\u22120,5", (-0.5).ToString(CultureInfo.CurrentCulture));
            Assert.Equal(expected, await Everything());
        }
        finally
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = before;
        }

        static async Task<string> Everything()
        {
            var text = new List<string>();
            foreach (DiagnosticCase @case in DiagnosticCases.All)
            {
                CSharpCompilation compilation = GeneratorDriverFixture.Compile(@case.Source);
                (string, string)[] files = @case.Json is null ? [] : [("config.json", @case.Json)];
                text.AddRange((await GeneratorDriverFixture.AnalyzeAsync(compilation, files)).Select(found => found.GetMessage(CultureInfo.CurrentCulture)));
            }

            GeneratorDriverRunResult run = GeneratorDriverFixture.Run(Two + " [TransformerModel(8, 2, 1, 10, NormEpsilon = 1.5e-7, Dropout = 0.25)] partial class C;", [s_file]);
            text.AddRange(run.GeneratedTrees.Select(tree => tree.ToString()));
            text.Add(SpecTests.Target("[TransformerModel(8, 2, 1, 10, NormEpsilon = 1.5e-7, Dropout = 0.25)] partial class C;").Spec.ConfigJson);
            return string.Join('\n', text);
        }
    }

    [Fact]
    public void Two_drivers_write_the_same_text()
    {
        IEnumerable<string> Texts() => GeneratorDriverFixture.Run(Two, [s_file]).GeneratedTrees.Select(tree => tree.FilePath + tree);
        Assert.Equal(Texts(), Texts());
    }
}

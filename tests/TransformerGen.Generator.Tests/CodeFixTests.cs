using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using TransformerGen.CodeFixes;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>The code fix makes exactly the reported type partial.</summary>
public class CodeFixTests
{
    [Theory]
    [InlineData(
        "[TransformerModel(8, 2, 1, 10)]\n// Mine.\npublic sealed class M;",
        "[TransformerModel(8, 2, 1, 10)]\n// Mine.\npublic sealed partial class M;",
        "Make 'M' partial")]
    [InlineData(
        "/// <summary>Mine.</summary>\n[TransformerModel(8, 2, 1, 10)] class M { }",
        "/// <summary>Mine.</summary>\n[TransformerModel(8, 2, 1, 10)] partial class M { }",
        "Make 'M' partial")]
    [InlineData(
        "// Around.\nstruct Outer\n{\n    [TransformerModel(8, 2, 1, 10)]\n    partial class M;\n}",
        "// Around.\npartial struct Outer\n{\n    [TransformerModel(8, 2, 1, 10)]\n    partial class M;\n}",
        "Make 'Outer' partial")]
    public async Task Type_becomes_partial(string source, string expected, string title)
    {
        using var workspace = new AdhocWorkspace();
        Document document = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Models", "Models", LanguageNames.CSharp,
            compilationOptions: GeneratorDriverFixture.Compile("").Options, parseOptions: InMemoryCompiler.ParseOptions, metadataReferences: GeneratorDriverFixture.Compile("").References))
            .AddDocument("Source0.cs", "using TransformerGen;\n" + source);
        var compilation = (CSharpCompilation)(await document.Project.GetCompilationAsync())!;
        ImmutableArray<Diagnostic> found = await GeneratorDriverFixture.AnalyzeAsync(compilation);

        CodeAction? action = null;
        var provider = new MakePartialCodeFixProvider();
        Assert.Contains(Assert.Single(found).Id, provider.FixableDiagnosticIds);
        await provider.RegisterCodeFixesAsync(new CodeFixContext(document, found[0], (registered, _) => action = registered, CancellationToken.None));
        Assert.Equal(title, action!.Title);
        var applied = Assert.Single((await action.GetOperationsAsync(CancellationToken.None)).OfType<ApplyChangesOperation>());
        Document changed = applied.ChangedSolution.GetDocument(document.Id)!;
        Assert.Equal("using TransformerGen;\n" + expected, (await changed.GetTextAsync()).ToString());
        Assert.Empty(await GeneratorDriverFixture.AnalyzeAsync((CSharpCompilation)(await changed.Project.GetCompilationAsync())!));
    }
}

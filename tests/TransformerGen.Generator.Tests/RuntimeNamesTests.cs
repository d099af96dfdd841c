using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Graph;
using TransformerGen.Oracle;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>A user's own types may have any names.</summary>
public sealed class RuntimeNamesTests
{
    private const string Attribute = "[TransformerModel(8, 2, 1, 10, CaptureAttention = true, CaptureHiddenStates = true)]";

    /// <summary>Every name that generated code uses, declared around the model: in its namespace, the one around, the global one, and the type around.</summary>
    [Theory]
    [InlineData("namespace N.M { TYPES ATTRIBUTE public sealed partial class Model; }")]
    [InlineData("namespace N { TYPES namespace M { ATTRIBUTE public sealed partial class Model; } }")]
    [InlineData("TYPES ATTRIBUTE public sealed partial class Model;")]
    [InlineData("internal static partial class Outer { TYPES ATTRIBUTE public sealed partial class Model; }")]
    public void Types_of_the_user_do_not_disturb(string source)
    {
        string types = string.Concat(RuntimeNames.Namespaces.Keys.Select(name => $"internal struct {name};\n"));
        string full = "using TransformerGen;\n" + source.Replace("TYPES", types, StringComparison.Ordinal).Replace("ATTRIBUTE", Attribute, StringComparison.Ordinal);
        Assert.NotEmpty(InMemoryCompiler.Emit(GeneratedModel.Generate(full)));
    }

    /// <summary>Every name that generated code uses, brought into every file of the project a second time.</summary>
    [Theory]
    [InlineData("global using Other;", "namespace Other { TYPES }")]
    [InlineData("global using global::Other.Inner;", "namespace Other.Inner { TYPES }")]
    [InlineData("global using static Other.Library;", "namespace Other { internal static class Library { TYPES } }")]
    [InlineData("ALIASES", "namespace Other { TYPES }")]
    public void Global_usings_of_the_user_do_not_disturb(string directives, string types)
    {
        string[] names = [.. RuntimeNames.Namespaces.Keys, "MethodImplAttribute"];
        string aliases = string.Concat(names.Select(name => $"global using {name} = Other.{name};\n"));
        string declared = string.Concat(names.Select(name => $"internal struct {name};\n"));
        string source = directives.Replace("ALIASES", aliases, StringComparison.Ordinal) + types.Replace("TYPES", declared, StringComparison.Ordinal)
            + "namespace N { [TransformerGen.TransformerModel(8, 2, 1, 10, CaptureAttention = true, CaptureHiddenStates = true)] public sealed partial class Model; }";
        Assert.NotEmpty(InMemoryCompiler.Emit(GeneratedModel.Generate(source)));
    }

    [Fact]
    public void Global_usings_of_what_is_meant_are_no_reason_to_write_in_full()
    {
        string text = string.Concat(GeneratedModel.Files(GeneratedModel.Generate(
            "global using System; global using System.IO; global using System.Linq; global using TransformerGen.Model; global using TransformerGen.Kernels; [TransformerGen.TransformerModel(8, 2, 1, 10)] public sealed partial class Model;")).Values);
        Assert.Contains("(Team team", text, StringComparison.Ordinal);
        Assert.Contains(" Region ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("global::TransformerGen.Model.Region", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_is_hidden_is_written_in_full()
    {
        string text = string.Concat(GeneratedModel.Files(GeneratedModel.Generate(
            "namespace N { internal sealed class Team; [TransformerGen.TransformerModel(8, 2, 1, 10)] public sealed partial class Model; }")).Values);
        Assert.Contains("global::TransformerGen.Kernels.Team team", text, StringComparison.Ordinal);
        Assert.DoesNotContain("(Team team", text, StringComparison.Ordinal);
        Assert.Contains(" Region ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("global::TransformerGen.Model.Region", text, StringComparison.Ordinal);
    }

    /// <summary>What the table lacks, a user's type could still hide; what nobody uses, it need not have.</summary>
    [Fact]
    public void Table_has_the_names_that_generated_code_uses()
    {
        var used = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string folder in Directory.GetDirectories(Repository.Fixtures, "paper*"))
        {
            Compilation compilation = GeneratedModel.Generate(
                "[TransformerGen.TransformerModel(\"config.json\", CaptureAttention = true, CaptureHiddenStates = true)] public sealed partial class Model;",
                File.ReadAllText(Path.Combine(folder, "config.json")).TrimEnd('}', '\n') + ", \"dropout\": 0.1 }");
            Collect(compilation, tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal), used);
        }

        // Tensors that a checkpoint stores in an order of its own.
        const string Transposed = """{ "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 8, "n_head": 2, "n_layer": 1, "n_positions": 8, "vocab_size": 9, "bos_token_id": 1, "eos_token_id": 2 }""";
        Collect(
            GeneratedModel.Generate("[TransformerGen.TransformerModel(\"config.json\")] public sealed partial class Model;", Transposed),
            tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal),
            used);

        // Heads that say what they answer.
        const string Classifier = """{ "model_type": "bert", "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 9 }""";
        Collect(
            GeneratedModel.Generate("using TransformerGen; [TransformerModel(\"config.json\", Head = ModelHead.SequenceClassification)] public sealed partial class Model;", Classifier),
            tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal),
            used);

        // A head whose decoder is fed the source.
        const string Mirrored = """{ "model_type": "t5", "d_model": 8, "num_heads": 2, "d_kv": 4, "num_layers": 1, "d_ff": 8, "vocab_size": 9 }""";
        Collect(
            GeneratedModel.Generate("using TransformerGen; [TransformerModel(\"config.json\", Head = ModelHead.QuestionAnswering)] public sealed partial class Model;", Mirrored),
            tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal),
            used);

        // A family whose batches mark tokens that see everything.
        Collect(
            GeneratedModel.Generate(
                "[TransformerGen.TransformerModel(\"config.json\")] public sealed partial class Model;", File.ReadAllText(Path.Combine(Repository.Fixtures, "longformer-mlm", "config.json"))),
            tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal),
            used);

        // Operations that the paper's model does not have.
        Collect(InMemoryCompiler.Create("Operations", Emitted("Gate, Silu", "Linear, HeadNorm, Rotary", "Embed, fairseq positions from 2, dropout")), _ => true, used);

        string Text(IEnumerable<KeyValuePair<string, string>> names) => string.Join("\n", names.Select(name => name.Value + "." + name.Key).Order(StringComparer.Ordinal));
        Assert.Equal("", Text(used.Except(RuntimeNames.Namespaces)));
        Assert.Equal("", Text(RuntimeNames.Namespaces.Except(used)));
    }

    private static string Emitted(params ReadOnlySpan<string> cases)
    {
        var emitted = new EmittedGraphs();
        foreach (string name in cases)
        {
            var graph = new OperationGraph();
            graph.Finish(RowOperationCases.All[name](graph, 5));
            emitted.Add($"Case{name.Length}", graph.Graph, graph.Table, share: true, graph.Positions);
        }

        return emitted.Source;
    }

    private static void Collect(Compilation compilation, Func<SyntaxTree, bool> isGenerated, SortedDictionary<string, string> used)
    {
        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(isGenerated))
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax, descendIntoTrivia: true).OfType<SimpleNameSyntax>())
            {
                bool behindDot = (name.Parent is QualifiedNameSyntax qualified && qualified.Right == name) || (name.Parent is MemberAccessExpressionSyntax access && access.Name == name);
                if (behindDot || !char.IsUpper(name.Identifier.ValueText[0]) || used.ContainsKey(name.Identifier.ValueText))
                {
                    continue;
                }

                ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
                INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? (name.Parent is AttributeSyntax ? symbol?.ContainingType : null);
                if (type is { ContainingType: null } && !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly))
                {
                    used[name.Identifier.ValueText] = type.ContainingNamespace.ToDisplayString();
                }
            }
        }
    }
}

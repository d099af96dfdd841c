using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>What a reader would stumble over in generated files.</summary>
public sealed class EmittedTextTests
{
    private static readonly Lazy<Compilation> s_model = new(() => GeneratedModel.Generate(
        "[TransformerGen.TransformerModel(8, 2, 1, 10, CaptureAttention = true, CaptureHiddenStates = true, Positions = TransformerGen.Positions.Learned)] public sealed partial class Model;"));

    /// <summary>Kernels apart, whose parts unpack all arguments.</summary>
    [Fact]
    public void Every_local_of_a_stage_is_used()
    {
        MethodDeclarationSyntax[] methods = [.. s_model.Value.SyntaxTrees.Where(tree => !tree.FilePath.EndsWith(".Kernels.g.cs", StringComparison.Ordinal)).SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>())];
        Assert.True(methods.Length > 20, $"{methods.Length} methods.");
        Assert.All(methods, method =>
        {
            HashSet<string> used = [.. method.DescendantNodes().OfType<IdentifierNameSyntax>().Select(name => name.Identifier.ValueText)];
            Assert.All(method.DescendantNodes().OfType<VariableDeclaratorSyntax>(), local => Assert.True(used.Contains(local.Identifier.ValueText), $"{local} is not used in {method.Identifier}."));
        });
    }

    [Fact]
    public void No_blank_line_stands_before_a_closing_brace() =>
        Assert.All(GeneratedModel.Files(s_model.Value), file => Assert.DoesNotMatch(@"\n\n *\}", file.Value));

    /// <summary>A thread's scratch belongs to the kernel that runs: who holds it across a call of one loses it.</summary>
    [Fact]
    public void Scratch_is_for_kernels_alone() => Assert.All(
        GeneratedModel.Files(s_model.Value).Where(file => !file.Key.EndsWith(".Kernels.g.cs", StringComparison.Ordinal)),
        file => Assert.DoesNotContain("KernelScratch", file.Value, StringComparison.Ordinal));
}

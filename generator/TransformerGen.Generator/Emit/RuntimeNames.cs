using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// The types that generated code writes by their short names, for the reader's sake. Where the user's own namespace or class has a member of such a name, C#
/// finds that one first; where a <c>global using</c> of the project brings a second type of it, C# cannot choose. Then, and only then, the name is written in full.
/// </summary>
internal static class RuntimeNames
{
    private static readonly Dictionary<string, string> s_namespaces = new (string Namespace, string Names)[]
    {
        ("System", "BitConverter IDisposable InvalidOperationException Math MathF ReadOnlySpan Span"),
        ("System.Collections.Generic", "IReadOnlyList"),
        ("System.Runtime.CompilerServices", "MethodImpl MethodImplOptions"),
        ("System.Runtime.Intrinsics", "Vector256 Vector512"),
        ("TransformerGen.Kernels", "DropoutKey ILanes KernelScratch KeyBlock KeyPanels LaneMath LaneParts Lanes128 Lanes256 Lanes512 Losses RotaryTable Team Zeros"),
        ("TransformerGen.Model", "ArenaSizes CapturedAttention CapturedState GlobalTokens ICapturing ITrainable ITransformer Initialization KeyValueCache LabelView LoadOptions ModelFiles ModelInfo ModelMismatchException ModelWeights NativeBuffer OutputKind OutputLoss OutputRows ParameterInfo Region RowView Sinusoid TargetOrigin TensorLayout Workspace"),
    }.SelectMany(group => group.Names.Split(' ').Select(name => (name, group.Namespace))).ToDictionary(pair => pair.name, pair => pair.Namespace, StringComparer.Ordinal);

    /// <summary>The short names with their namespaces.</summary>
    public static IReadOnlyDictionary<string, string> Namespaces => s_namespaces;

    /// <summary>The short names that mean something else inside a class.</summary>
    public static IEnumerable<string> HiddenIn(INamedTypeSymbol type, Compilation compilation)
    {
        var scopes = new List<INamespaceOrTypeSymbol>();
        for (INamedTypeSymbol? around = type; around is not null; around = around.ContainingType)
        {
            for (INamedTypeSymbol? one = around; one is not null; one = one.BaseType)
            {
                scopes.Add(one);
            }
        }

        for (INamespaceSymbol? space = type.ContainingNamespace; space is not null; space = space.ContainingNamespace)
        {
            scopes.Add(compilation.GetCompilationNamespace(space) ?? space);
        }

        (HashSet<INamespaceOrTypeSymbol> opened, HashSet<string> aliases) = GlobalUsings(compilation);
        scopes.AddRange(opened);
        return s_namespaces.Where(name => Spellings(name.Key).Any(spelling => aliases.Contains(spelling) || scopes.Any(scope => scope.GetMembers(spelling).Any(member => !IsMeant(member, name.Value)))))
            .Select(name => name.Key).OrderBy(name => name, StringComparer.Ordinal);
    }

    /// <summary>What may stand for a name: an attribute is found by its whole name, too.</summary>
    private static IEnumerable<string> Spellings(string name) => name == "MethodImpl" ? [name, name + "Attribute"] : [name];

    /// <summary>Writes names in full.</summary>
    /// <param name="text">A generated file.</param>
    /// <param name="hidden">The short names that the class's surroundings hide.</param>
    public static string Qualify(string text, IReadOnlyCollection<string> hidden)
    {
        if (hidden.Count == 0)
        {
            return text;
        }

        var result = new StringBuilder(text);
        IEnumerable<SimpleNameSyntax> names = CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes(descendIntoTrivia: true).OfType<SimpleNameSyntax>();
        foreach (SimpleNameSyntax name in names.Where(name => hidden.Contains(name.Identifier.ValueText) && StandsAlone(name)).OrderByDescending(name => name.SpanStart))
        {
            result.Insert(name.SpanStart, "global::" + s_namespaces[name.Identifier.ValueText] + ".");
        }

        return result.ToString();
    }

    /// <summary>What the project's <c>global using</c> directives bring into every file, generated ones too: namespaces and classes that they open, and names of their own.</summary>
    private static (HashSet<INamespaceOrTypeSymbol> Opened, HashSet<string> Aliases) GlobalUsings(Compilation compilation)
    {
        var opened = new HashSet<INamespaceOrTypeSymbol>(SymbolEqualityComparer.Default);
        var aliases = new HashSet<string>(StringComparer.Ordinal);
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            foreach (UsingDirectiveSyntax directive in ((CompilationUnitSyntax)tree.GetRoot()).Usings.Where(directive => directive.GlobalKeyword.IsKind(SyntaxKind.GlobalKeyword)))
            {
                if (directive.Alias is { } alias)
                {
                    aliases.Add(alias.Name.Identifier.ValueText);
                }
                else if (compilation.GetSemanticModel(tree).GetSymbolInfo(directive.NamespaceOrType).Symbol is INamespaceOrTypeSymbol symbol)
                {
                    opened.Add(symbol);
                }
            }
        }

        return (opened, aliases);
    }

    private static bool IsMeant(ISymbol member, string space) => member is INamedTypeSymbol { ContainingType: null } && member.ContainingNamespace.ToDisplayString() == space;

    /// <summary>Whether a name is looked up from where it stands: not behind a dot, not a member that an initializer or an argument names.</summary>
    private static bool StandsAlone(SimpleNameSyntax name) => name.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression == name,
        QualifiedNameSyntax qualified => qualified.Left == name,
        AliasQualifiedNameSyntax or NameColonSyntax or NameEqualsSyntax => false,
        AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } assignment => assignment.Left != name,
        NameMemberCrefSyntax { Parent: QualifiedCrefSyntax } => false,
        _ => true,
    };
}

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>What the class itself must be, so that another part of it can be generated.</summary>
internal static class ClassRules
{
    /// <summary>The class as the output step needs it, or null after a problem.</summary>
    public static ModelClass? Read(INamedTypeSymbol type, Compilation compilation, List<Diagnostic> problems, CancellationToken cancellationToken)
    {
        int before = problems.Count;
        if (KindProblem(type) is string kind)
        {
            Report(problems, Descriptors.WrongKind, type, cancellationToken, type.Name, kind);
        }

        for (INamedTypeSymbol? around = type; around is not null; around = around.ContainingType)
        {
            if (around.TypeParameters.Length > 0)
            {
                string parameters = "<" + string.Join(", ", around.TypeParameters.Select(parameter => parameter.Name)) + ">";
                Report(problems, Descriptors.Generic, type, cancellationToken, type.Name, around.Name, parameters);
            }

            if (IsPartial(around, cancellationToken))
            {
                continue;
            }

            if (SymbolEqualityComparer.Default.Equals(around, type))
            {
                Report(problems, Descriptors.NotPartial, type, cancellationToken, type.Name);
            }
            else
            {
                Report(problems, Descriptors.ContainerNotPartial, around, cancellationToken, type.Name, around.Name);
            }
        }

        if (compilation.Options is CSharpCompilationOptions { AllowUnsafe: false })
        {
            Report(problems, Descriptors.UnsafeOff, type, cancellationToken, type.Name);
        }

        return problems.Count > before ? null : Describe(type, compilation);
    }

    /// <summary>Reports a problem under a type's name.</summary>
    public static void Report(List<Diagnostic> problems, DiagnosticDescriptor descriptor, INamedTypeSymbol type, CancellationToken cancellationToken, params object[] arguments)
    {
        var syntax = type.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken) as BaseTypeDeclarationSyntax;
        problems.Add(Diagnostic.Create(descriptor, syntax?.Identifier.GetLocation() ?? Location.None, arguments));
    }

    private static ModelClass Describe(INamedTypeSymbol type, Compilation compilation)
    {
        var containers = new List<string>();
        for (INamedTypeSymbol? around = type.ContainingType; around is not null; around = around.ContainingType)
        {
            containers.Insert(0, "partial " + Keyword(around) + " " + Escape(around.Name));
        }

        string space = type.ContainingNamespace.IsGlobalNamespace ? "" : string.Join(".", Parts(type.ContainingNamespace));
        return new ModelClass(
            space,
            Escape(type.Name),
            new EquatableList<string>(containers),
            SyntaxFacts.GetText(type.DeclaredAccessibility),
            new EquatableList<string>(RuntimeNames.HiddenIn(type, compilation)));
    }

    private static IEnumerable<string> Parts(INamespaceSymbol space) =>
        space.IsGlobalNamespace ? [] : Parts(space.ContainingNamespace).Concat([Escape(space.Name)]);

    private static string Escape(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    private static string? KindProblem(INamedTypeSymbol type) => type switch
    {
        { TypeKind: not TypeKind.Class } => "a " + Keyword(type),
        { IsRecord: true } => "a record",
        { IsStatic: true } => "static",
        { IsAbstract: true } => "abstract",
        { IsFileLocal: true } => "local to its file",
        _ => null,
    };

    private static string Keyword(INamedTypeSymbol type) => type switch
    {
        { IsRecord: true, TypeKind: TypeKind.Struct } => "record struct",
        { IsRecord: true } => "record",
        { TypeKind: TypeKind.Struct } => "struct",
        { TypeKind: TypeKind.Interface } => "interface",
        _ => "class",
    };

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellationToken) => type.DeclaringSyntaxReferences.All(
        reference => reference.GetSyntax(cancellationToken) is TypeDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword));
}

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TransformerGen.Generator.Parsing;

namespace TransformerGen.Generator.Diagnostics;

/// <summary>Reports what is wrong with a model, while it is typed, through the generator's own parser.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TransformerModelAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Descriptors.OfAnalyzer];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var problems = new List<Diagnostic>();
        (ModelDeclaration? declaration, AttributeFields? fields) = DeclarationParser.Parse(
            (INamedTypeSymbol)context.Symbol, context.Compilation, problems, context.CancellationToken);
        if (declaration is not null)
        {
            AdditionalText[] files = [.. context.Options.AdditionalFiles.Where(file => file.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))];
            TargetResolver.Resolve(
                declaration,
                [.. files.Select(file => file.Path)],
                i => ConfigFile.Read(files[i].Path, files[i].GetText(context.CancellationToken)?.ToString() ?? "", problems).Spec,
                BuildSettings.Read(context.Options.AnalyzerConfigOptionsProvider.GlobalOptions),
                fields);
        }

        foreach (Diagnostic problem in problems)
        {
            context.ReportDiagnostic(problem);
        }
    }
}

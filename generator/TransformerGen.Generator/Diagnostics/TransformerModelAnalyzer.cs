using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

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
            BuildSettings settings = BuildSettings.Read(context.Options.AnalyzerConfigOptionsProvider.GlobalOptions);
            ModelTarget? target = TargetResolver.Resolve(
                declaration,
                [.. files.Select(file => file.Path)],
                i => ConfigFile.Read(files[i].Path, files[i].GetText(context.CancellationToken)?.ToString() ?? "", problems, declaration.Head),
                settings,
                fields);
            AdditionalText? tensors = context.Options.AdditionalFiles.FirstOrDefault(file => ConfigPaths.FileName(file.Path) == WeightsCheck.FileName);
            if (target is not null && declaration.ConfigPath is string config && tensors?.GetText(context.CancellationToken)?.ToString() is string text)
            {
                WeightsCheck.Report(target.Spec, config, WeightsCheck.Read(text), settings, fields!);
            }
        }

        foreach (Diagnostic problem in problems)
        {
            context.ReportDiagnostic(problem);
        }
    }
}

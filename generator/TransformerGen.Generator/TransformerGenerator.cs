using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator;

/// <summary>
/// Writes the code of every class with [TransformerModel]. This file is the table of contents: gather declarations, config.json files and settings, join them
/// to one <see cref="ModelTarget"/> a class, write. The target is all that is cached; graph, backward pass, plan and text are computed from it in the output
/// step. A class in error is left out here and reported by <see cref="TransformerModelAnalyzer"/>.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class TransformerGenerator : IIncrementalGenerator
{
    private readonly Func<ModelTarget, IReadOnlyList<GeneratedFile>> _write;

    /// <summary>The generator that the compiler starts.</summary>
    public TransformerGenerator()
        : this(ModelWriter.Write)
    {
    }

    /// <summary>With another writer: tests make one that fails.</summary>
    internal TransformerGenerator(Func<ModelTarget, IReadOnlyList<GeneratedFile>> write) => _write = write;

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ModelDeclaration> declarations = context.SyntaxProvider
            .ForAttributeWithMetadataName(DeclarationParser.AttributeName, static (node, _) => node is TypeDeclarationSyntax, Declare)
            .Where(static declaration => declaration is not null)
            .Select(static (declaration, _) => declaration!)
            .WithTrackingName(Steps.Declarations);

        IncrementalValueProvider<ImmutableArray<ConfigFile>> files = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            .Select(ReadFile)
            .WithTrackingName(Steps.ConfigFiles)
            .Collect();

        IncrementalValueProvider<BuildSettings> settings = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => BuildSettings.Read(options.GlobalOptions))
            .WithTrackingName(Steps.Settings);

        IncrementalValuesProvider<ModelTarget> targets = declarations
            .Combine(files)
            .Combine(settings)
            .Select(static (joined, _) => Resolve(joined.Left.Left, joined.Left.Right, joined.Right))
            .Where(static target => target is not null)
            .Select(static (target, _) => target!)
            .WithTrackingName(Steps.Targets);

        context.RegisterSourceOutput(targets, Write);
    }

    private static ModelDeclaration? Declare(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken) =>
        context.TargetSymbol is INamedTypeSymbol type ? DeclarationParser.Parse(type, context.SemanticModel.Compilation, [], cancellationToken).Declaration : null;

    private static ConfigFile ReadFile(AdditionalText file, CancellationToken cancellationToken) =>
        ConfigFile.Read(file.Path, file.GetText(cancellationToken)?.ToString() ?? "", []);

    private static ModelTarget? Resolve(ModelDeclaration declaration, ImmutableArray<ConfigFile> files, BuildSettings settings) =>
        TargetResolver.Resolve(declaration, [.. files.Select(file => file.Path)], i => files[i].With(declaration.Head), settings, fields: null);

    private void Write(SourceProductionContext context, ModelTarget target)
    {
        try
        {
            foreach (GeneratedFile file in _write(target))
            {
                context.AddSource(file.Hint, SourceText.From(file.Text, Encoding.UTF8));
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A mistake in the compiler behind this line must not take the user's other generated code with it.
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.InternalError, Location.None, target.ClassName, exception.ToString().Replace("\r", "").Replace("\n", " ")));
        }
    }

    /// <summary>Names of the steps whose caching is tested.</summary>
    internal static class Steps
    {
        public const string Declarations = "Declarations";
        public const string ConfigFiles = "ConfigFiles";
        public const string Settings = "Settings";
        public const string Targets = "Targets";
    }
}

using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>
/// Reads a class with [TransformerModel]. The generator and the analyzer both ask here: one keeps the declaration, the other the problems, so that they
/// cannot disagree on what is an error.
/// </summary>
internal static class DeclarationParser
{
    /// <summary>Full name of the attribute.</summary>
    public const string AttributeName = "TransformerGen.TransformerModelAttribute";

    /// <summary>Arguments that may stand beside a config.json: what to generate, not what to compute; and which head.</summary>
    private static readonly HashSet<string> s_besideConfig = new(StringComparer.Ordinal)
    {
        AttributeFields.Config, AttributeFields.ParameterCap, "Training", "CaptureAttention", "CaptureHiddenStates", HeadChoice.Head, HeadChoice.LabelCount,
    };

    /// <summary>Attributes of a type that make it a model; more than one is a mistake.</summary>
    public static IReadOnlyList<AttributeData> AttributesOf(INamedTypeSymbol type) =>
        [.. type.GetAttributes().Where(attribute => attribute.AttributeClass is { Name: "TransformerModelAttribute" } @class && @class.ToDisplayString() == AttributeName)];

    /// <summary>The declaration, null when there is an error, which is then among the problems (or is one that the compiler reports); and the attribute's arguments.</summary>
    public static (ModelDeclaration? Declaration, AttributeFields? Fields) Parse(
        INamedTypeSymbol type, Compilation compilation, List<Diagnostic> problems, CancellationToken cancellationToken)
    {
        IReadOnlyList<AttributeData> attributes = AttributesOf(type);
        if (attributes.Count == 0)
        {
            return (null, null);
        }

        ModelClass? target = ClassRules.Read(type, compilation, problems, cancellationToken);
        if (attributes.Count > 1)
        {
            Location location = attributes[1].ApplicationSyntaxReference?.GetSyntax(cancellationToken).GetLocation() ?? Location.None;
            problems.Add(Diagnostic.Create(Descriptors.Duplicate, location, type.Name));
            return (null, null);
        }

        var fields = new AttributeFields(attributes[0], problems, cancellationToken);
        if (!fields.IsComplete)
        {
            return (null, fields);
        }

        string? path = null;
        HeadChoice? head = HeadChoice.Read(fields);
        ModelSpec? spec = null;
        if (fields.Has(AttributeFields.Config))
        {
            path = fields.Get(AttributeFields.Config, "");
            foreach (string member in fields.Written.Where(member => !s_besideConfig.Contains(member)))
            {
                fields.ReportAt(Descriptors.BesideConfig, member, member, path);
            }
        }
        else
        {
            PaperConfig config = PaperAttribute.Read(fields);
            PaperRules.Check(config, fields);
            if (head is not null)
            {
                HeadChoice.Report(fields, new HeadProblem(head.Task is null ? HeadChoice.LabelCount : HeadChoice.Head, PaperFamily.Type, "a config.json, or leave it out"));
            }

            spec = fields.Failed ? null : PaperFamily.Build(config);
        }

        if (target is null || fields.Failed)
        {
            return (null, fields);
        }

        var options = new BuildOptions
        {
            Training = fields.Get("Training", true),
            CaptureAttention = fields.Get("CaptureAttention", false),
            CaptureHiddenStates = fields.Get("CaptureHiddenStates", false),
        };
        long? cap = fields.Has(AttributeFields.ParameterCap) ? fields.Get(AttributeFields.ParameterCap, 0L) : null;
        return (new ModelDeclaration(target, spec, path, options, cap) { Head = head }, fields);
    }
}

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TransformerGen.Generator.Families;

namespace TransformerGen.Generator.Parsing;

/// <summary>The arguments of one [TransformerModel] with the places where they stand.</summary>
internal sealed class AttributeFields : IFieldReporter
{
    /// <summary>Constructor parameter of the config.json's path.</summary>
    public const string Config = "config";

    /// <summary>Property of the parameter cap.</summary>
    public const string ParameterCap = "ParameterCap";

    private readonly Dictionary<string, TypedConstant> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ExpressionSyntax> _syntax = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> _problems;
    private readonly Location _attribute;

    public AttributeFields(AttributeData data, List<Diagnostic> problems, CancellationToken cancellationToken)
    {
        _problems = problems;
        var syntax = data.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;
        _attribute = syntax?.GetLocation() ?? Location.None;
        for (int i = 0; i < data.ConstructorArguments.Length; i++)
        {
            _values[data.AttributeConstructor!.Parameters[i].Name] = data.ConstructorArguments[i];
        }

        foreach (KeyValuePair<string, TypedConstant> named in data.NamedArguments)
        {
            _values[named.Key] = named.Value;
        }

        int position = 0;
        foreach (AttributeArgumentSyntax argument in syntax?.ArgumentList?.Arguments ?? default)
        {
            string? name = argument.NameEquals?.Name.Identifier.ValueText ?? argument.NameColon?.Name.Identifier.ValueText
                ?? (position < data.AttributeConstructor?.Parameters.Length ? data.AttributeConstructor.Parameters[position].Name : null);
            position++;
            if (name is not null)
            {
                _syntax[name] = argument.Expression;
            }
        }

        // What the compiler could not evaluate it has reported itself.
        IsComplete = data.AttributeConstructor is not null && _values.Values.All(value => value.Kind is not (TypedConstantKind.Error or TypedConstantKind.Array))
            && syntax?.ContainsDiagnostics != true;
    }

    /// <summary>All arguments have values.</summary>
    public bool IsComplete { get; }

    /// <summary>An error was reported.</summary>
    public bool Failed { get; private set; }

    /// <summary>Names of all arguments that were written.</summary>
    public IEnumerable<string> Written => _syntax.Keys;

    /// <summary>Whether an argument was written, by its name in the attribute.</summary>
    public bool Has(string member) => _values.ContainsKey(member);

    /// <summary>Value of an argument, or the default when it was not written.</summary>
    public T Get<T>(string member, T ordinary) => _values.TryGetValue(member, out TypedConstant constant) && constant.Value is T value ? value : ordinary;

    /// <summary>As the source has it, for messages: Dropout = 0.1.</summary>
    public string Source(string member) => _syntax.TryGetValue(member, out ExpressionSyntax? syntax) ? syntax.ToString() : "";

    /// <inheritdoc/>
    public string NameOf(string key) => IsLayers(key) ? PaperFields.Layers : PaperFields.Member(key);

    /// <inheritdoc/>
    public string WordFor<T>(WordTable<T> table, T value)
        where T : struct => table.MemberOf(value);

    /// <inheritdoc/>
    public bool IsGiven(string key) => Has(PaperFields.Member(key));

    /// <inheritdoc/>
    public void Report(DiagnosticDescriptor descriptor, string key, params object[] arguments) => ReportAt(descriptor, MemberAt(key), arguments);

    /// <summary>Reports a problem under an argument, by its name in the attribute; under the attribute when it has no such argument.</summary>
    public void ReportAt(DiagnosticDescriptor descriptor, string member, params object[] arguments)
    {
        Failed |= descriptor.DefaultSeverity == DiagnosticSeverity.Error;
        _problems.Add(Diagnostic.Create(descriptor, _syntax.TryGetValue(member, out ExpressionSyntax? syntax) ? syntax.GetLocation() : _attribute, arguments));
    }

    /// <summary>The argument that decides a field: a model from a config.json has only the path.</summary>
    private string MemberAt(string key) => key == ParameterCap ? key : Has(Config) ? Config : NameOf(key);

    /// <summary>The number of layers comes from the constructor unless a property gives it.</summary>
    private bool IsLayers(string key) => key is PaperFields.EncoderLayers or PaperFields.DecoderLayers && Get(PaperFields.Member(key), 0) == 0;
}

using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Families;

namespace TransformerGen.Generator.Parsing;

/// <summary>Where the fields of a configuration stand and what they are called there: in an attribute or in a config.json. Fields are named by their JSON keys.</summary>
internal interface IFieldReporter
{
    /// <summary>What a field is called where the user wrote it.</summary>
    string NameOf(string key);

    /// <summary>How the user writes a choice.</summary>
    string WordFor<T>(WordTable<T> table, T value)
        where T : struct;

    /// <summary>Whether the user wrote the field at all.</summary>
    bool IsGiven(string key);

    /// <summary>Reports a problem under the field's value, or the nearest thing when the field is not there.</summary>
    void Report(DiagnosticDescriptor descriptor, string key, params object[] arguments);
}

using System.Text.RegularExpressions;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads a <c>pattern</c>: a string, or an expression.</summary>
internal static class PatternReader
{
    /// <summary>The string or the expression; the other is null.</summary>
    public static (string? Literal, string? Expression) Read(JsonPart pattern)
    {
        if (pattern.TextOf("String") is { } literal) return literal.Length > 0 ? (literal, null) : throw pattern.Damaged("is an empty string");
        return (null, pattern.TextOf("Regex") ?? throw pattern.Damaged("has neither 'String' nor 'Regex'"));
    }

    /// <summary>The expression for an engine that does not backtrack.</summary>
    public static Regex Linear(JsonPart pattern, string expression) => Guarded(pattern, expression, SplitExpression.Linear);

    /// <summary>The expression that cuts words.</summary>
    public static SplitExpression Split(JsonPart pattern, string expression) => Guarded(pattern, expression, static text => new SplitExpression(text));

    private static T Guarded<T>(JsonPart pattern, string expression, Func<string, T> create)
    {
        try
        {
            return create(expression);
        }
        catch (Exception refused) when (refused is NotSupportedException or ArgumentException)
        {
            // Possessive quantifiers and look-arounds: only an engine that backtracks runs them, whose time has no bound.
            throw pattern.Unsupported($"the expression {expression}", "the expressions of GPT-2, GPT-4, Llama 3 and Qwen, and those that need no backtracking");
        }
    }
}

using System.Globalization;

namespace TransformerGen.Generator.Emit;

/// <summary>Numbers as C# literals, the same in every culture.</summary>
internal static class Literal
{
    public static string Of(float value) => value.ToString("R", CultureInfo.InvariantCulture) + "f";

    public static string Of(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.IndexOfAny(['.', 'E', 'e']) >= 0 ? text : text + ".0";
    }

    /// <summary>A text in double quotes.</summary>
    public static string Of(string text) => Microsoft.CodeAnalysis.CSharp.SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>With thousands separators, for prose.</summary>
    public static string Prose(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}

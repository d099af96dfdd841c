using System.Globalization;

namespace TransformerGen.Generator.Parsing;

/// <summary>Numbers as text, the same in every culture.</summary>
internal static class Number
{
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The shortest text that reads back as the same number, as JSON and C# take it: 0.1, 1e-05.</summary>
    public static string Text(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Replace('E', 'e');
    }

    /// <summary>With separators between thousands.</summary>
    public static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

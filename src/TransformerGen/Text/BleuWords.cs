using System.Text.RegularExpressions;

namespace TransformerGen.Text;

/// <summary>
/// The words BLEU counts: those of NIST's <c>mteval-v13a</c>. Signs become words of their own, except a period, comma or hyphen
/// inside a number. The four rules work one after the other on the whole line, because each sees the blanks of the one before.
/// </summary>
internal static partial class BleuWords
{
    /// <summary>The words of a line.</summary>
    public static List<string> Split(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var end = line.Length;
        while (end > 0 && IsBlank(line[end - 1])) end--;
        var text = line[..end].Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        if (text.Contains('&', StringComparison.Ordinal))
        {
            text = text.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        }

        text = Signs.Replace($" {text} ", " $1 ");
        text = StopBehindNonDigit.Replace(text, "$1 $2 ");
        text = StopBeforeNonDigit.Replace(text, " $1 $2");
        text = HyphenBehindDigit.Replace(text, "$1 $2 ");
        return SplitAtBlanks(text);
    }

    private static List<string> SplitAtBlanks(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            if (IsBlank(text[at]))
            {
                at++;
                continue;
            }

            var start = at;
            while (at < text.Length && !IsBlank(text[at])) at++;
            words.Add(text[start..at]);
        }

        return words;
    }

    // The separators U+001C to U+001F are blanks to Python, in which the reference is written, and not to .NET.
    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    // ASCII signs and the blank, without ' , - . of which the last three have rules of their own.
    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])", RegexOptions.CultureInvariant)]
    private static partial Regex Signs { get; }

    [GeneratedRegex(@"([^0-9])([\.,])", RegexOptions.CultureInvariant)]
    private static partial Regex StopBehindNonDigit { get; }

    [GeneratedRegex(@"([\.,])([^0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex StopBeforeNonDigit { get; }

    [GeneratedRegex(@"([0-9])(-)", RegexOptions.CultureInvariant)]
    private static partial Regex HyphenBehindDigit { get; }
}

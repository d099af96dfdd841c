using System.Text;
using System.Text.RegularExpressions;

namespace TransformerGen.Text.Steps;

/// <summary>
/// An expression out of a file, run by the engine that never backtracks: the time is linear in the text whatever the file says. The
/// one look-ahead that tokenizers use, <c>\s+(?!\S)|\s+</c>, means "a run of white space without its last character where text
/// follows" and is done by hand; other look-arounds are refused.
/// </summary>
internal sealed class SplitExpression
{
    private const string LastBlankLeft = @"\s+(?!\S)|\s+";
    private const string Blanks = "blanks";

    // Two code points that are no characters. .NET 10's engine without backtracking looks for the start of a match in a way that
    // misses " ?[a-z]+" in ",b" (its first match there is one that begins with a blank); a second alternative keeps it from that.
    private const string Never = @"\uFFFF\uFFFE";

    private readonly Regex _regex;
    private readonly bool _leavesLastBlank;

    /// <summary>Prepares an expression.</summary>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    /// <exception cref="ArgumentException">It is no expression.</exception>
    public SplitExpression(string pattern)
    {
        _leavesLastBlank = pattern.EndsWith("|" + LastBlankLeft, StringComparison.Ordinal);
        if (_leavesLastBlank) pattern = pattern[..^LastBlankLeft.Length] + $@"(?<{Blanks}>\s+)";
        _regex = Linear(pattern);
    }

    /// <summary>An expression that does not backtrack.</summary>
    /// <exception cref="NotSupportedException">It needs backtracking, or a class within a class that is more than a union.</exception>
    /// <exception cref="ArgumentException">It is no expression.</exception>
    public static Regex Linear(string pattern) => new($"(?:{WithoutNestedClasses(pattern)})|{Never}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>The matches that are not empty, from left to right.</summary>
    public List<Word> Matches(ReadOnlySpan<char> text)
    {
        // Letters beyond U+FFFF are two units, and the engine knows classes of units only: each becomes a pair of units of its class.
        var input = Spelled(text);
        var matches = new List<Word>();
        for (var match = _regex.Match(input); match.Success; match = match.NextMatch())
        {
            var end = match.Index + match.Length;
            if (_leavesLastBlank && match.Length > 1 && end < input.Length && match.Groups[Blanks].Success)
            {
                // The last blank begins the next match.
                matches.Add(new Word(match.Index, end - 1));
                match = _regex.Match(input, end - 1);
                if (!match.Success) break;
                end = match.Index + match.Length;
            }

            if (match.Length > 0) matches.Add(new Word(match.Index, end));
        }

        return matches;
    }

    /// <summary>
    /// In the reference's engines <c>[ab[cd]]</c> is the union of both classes; .NET's would take the inner bracket for a character and
    /// the first closing one for the end, and match something else in silence.
    /// </summary>
    private static string WithoutNestedClasses(string pattern)
    {
        var result = new StringBuilder(pattern.Length);
        var depth = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var unit = pattern[i];
            if (unit == '\\' && i + 1 < pattern.Length)
            {
                result.Append(unit).Append(pattern[++i]);
                continue;
            }

            if (depth > 0 && unit == '&' && i + 1 < pattern.Length && pattern[i + 1] == '&') throw new NotSupportedException("an intersection of classes");
            if (unit == '[' && depth++ > 0)
            {
                if (i + 1 < pattern.Length && (pattern[i + 1] is '^' or ':')) throw new NotSupportedException("a class within a class that is more than a union");
                continue;
            }

            if (unit == ']' && depth > 0 && --depth > 0) continue;
            result.Append(unit);
        }

        return result.ToString();
    }

    private static string Spelled(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAnyInRange('\ud800', '\udfff');
        if (first < 0) return text.ToString();
        var units = text.ToArray();
        for (int at = first, length; at < units.Length; at += length)
        {
            var rune = AlignedText.RuneAt(text, at, out length);
            if (length == 2) units[at] = units[at + 1] = Stand(rune);
        }

        return new string(units);
    }

    /// <summary>A unit of the same class as a character beyond U+FFFF.</summary>
    private static char Stand(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        System.Globalization.UnicodeCategory.UppercaseLetter => '\u0181',
        System.Globalization.UnicodeCategory.LowercaseLetter => '\u0180',
        System.Globalization.UnicodeCategory.ModifierLetter => '\u02b0',
        System.Globalization.UnicodeCategory.OtherLetter => '\u05d0',
        System.Globalization.UnicodeCategory.NonSpacingMark => '\u0300',
        System.Globalization.UnicodeCategory.SpacingCombiningMark => '\u0903',
        System.Globalization.UnicodeCategory.DecimalDigitNumber => '\u0660',
        System.Globalization.UnicodeCategory.LetterNumber => '\u2160',
        System.Globalization.UnicodeCategory.OtherNumber => '\u00b2',
        System.Globalization.UnicodeCategory.OtherPunctuation => '\u00b7',
        System.Globalization.UnicodeCategory.MathSymbol => '\u00d7',
        _ => '\u00a9',
    };
}

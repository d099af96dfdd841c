using System.Buffers;
using System.Globalization;
using System.Text;

namespace TransformerGen.Text;

/// <summary>
/// Cuts text into the words inside which a byte-level tokenizer merges: what the expression of GPT-2 matches,
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. Written out rather than given to
/// <see cref="System.Text.RegularExpressions.Regex"/>, which classifies UTF-16 units: letters above U+FFFF would count as
/// punctuation there. The words cover the text without a gap.
/// </summary>
internal static class Gpt2Words
{
    /// <summary>What the expressions tell apart.</summary>
    internal enum Kind
    {
        /// <summary><c>\p{L}</c>.</summary>
        Letter,

        /// <summary><c>\p{N}</c>.</summary>
        Number,

        /// <summary><c>\s</c>.</summary>
        Space,

        /// <summary>None of them.</summary>
        Other,
    }

    /// <summary>The index behind the word that begins at <paramref name="start"/>.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">Where the word begins: 0 or what the previous call returned; less than the text's length.</param>
    public static int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        var contraction = ContractionLength(text[start..]);
        if (contraction > 0) return start + contraction;

        // " ?" belongs to the letters, numbers or signs that follow.
        var first = start;
        if (text[start] == ' ' && start + 1 < text.Length && KindAt(text, start + 1, out _) != Kind.Space) first++;
        var kind = KindAt(text, first, out var length);
        if (kind != Kind.Space) return EndOfRun(text, first + length, kind);

        // "\s+(?!\S)" leaves the last blank of a run to the word behind it, unless it is the only one; "\s+" takes that.
        var end = EndOfRun(text, first + length, Kind.Space);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>The index behind the run of one kind that goes on at <paramref name="from"/>.</summary>
    internal static int EndOfRun(ReadOnlySpan<char> text, int from, Kind kind)
    {
        while (from < text.Length && KindAt(text, from, out var length) == kind) from += length;
        return from;
    }

    private static int ContractionLength(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] != '\'') return 0;
        if (rest[1] is 's' or 't' or 'm' or 'd') return 2;
        return rest.Length > 2 && (rest[1], rest[2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    /// <summary>The kind of a character, and its length in UTF-16 units.</summary>
    internal static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1;
        var unit = text[index];
        if (char.IsAscii(unit))
        {
            if (char.IsAsciiLetter(unit)) return Kind.Letter;
            if (char.IsAsciiDigit(unit)) return Kind.Number;
            return unit is ' ' or >= '\t' and <= '\r' ? Kind.Space : Kind.Other;
        }

        // A lone surrogate is no character: neither letter nor number.
        if (Rune.DecodeFromUtf16(text[index..], out var rune, out length) != OperationStatus.Done) return Kind.Other;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };
    }
}

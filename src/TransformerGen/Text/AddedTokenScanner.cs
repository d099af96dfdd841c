using System.Buffers;
using System.Globalization;
using System.Text;

namespace TransformerGen.Text;

/// <summary>Finds <see cref="AddedToken"/>s in text: the leftmost first, of those that begin together the longest.</summary>
internal sealed class AddedTokenScanner
{
    private readonly AddedToken[] _longestFirst;
    private readonly SearchValues<char> _firstCharacters;

    /// <summary>A scanner for these tokens.</summary>
    public AddedTokenScanner(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.Where(token => token.Content.Length > 0).OrderByDescending(token => token.Content.Length)];
        _firstCharacters = SearchValues.Create([.. _longestFirst.Select(token => token.Content[0]).Distinct()]);
    }

    /// <summary>The next added token at or behind <paramref name="from"/>.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="from">Where the search begins.</param>
    /// <param name="start">Where the token begins, white space it takes along included.</param>
    /// <param name="end">Behind the token and the white space it takes along.</param>
    /// <returns>The token, or null where there is no further one.</returns>
    public AddedToken? Find(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        var at = from;
        while (at < text.Length)
        {
            var offset = text[at..].IndexOfAny(_firstCharacters);
            if (offset < 0) break;
            at += offset;
            var token = LongestAt(text[at..]);
            if (token is null)
            {
                at++;
                continue;
            }

            (start, end) = (at, at + token.Content.Length);
            if (token.SingleWord && (EndsInWord(text[..start]) || BeginsWithWord(text[end..])))
            {
                at = end;
                continue;
            }

            if (token.StripsLeft)
            {
                while (start > from && char.IsWhiteSpace(text[start - 1])) start--;
            }

            if (token.StripsRight)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            }

            return token;
        }

        start = end = text.Length;
        return null;
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> rest)
    {
        foreach (var token in _longestFirst)
        {
            if (rest.StartsWith(token.Content, StringComparison.Ordinal)) return token;
        }

        return null;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWordCharacter(rune);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWordCharacter(rune);

    private static bool IsWordCharacter(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}

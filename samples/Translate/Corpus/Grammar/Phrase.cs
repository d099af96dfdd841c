namespace Translate.Corpus.Grammar;

/// <summary>The same piece of a sentence in both languages, before elision and capitals.</summary>
/// <param name="French">French words, separated by single spaces; may be empty.</param>
/// <param name="English">English words, separated by single spaces; may be empty.</param>
internal readonly record struct Phrase(string French, string English)
{
    /// <summary>No words at all.</summary>
    public static readonly Phrase Empty = new("", "");

    /// <summary>Whether there are no French words.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(French);

    /// <summary>The words of one piece followed by those of the other, in both languages.</summary>
    public static Phrase operator +(Phrase left, Phrase right) =>
        new(Join(left.French, right.French), Join(left.English, right.English));

    /// <summary>Joins the pieces that have words by single spaces.</summary>
    public static string Join(params ReadOnlySpan<string?> parts)
    {
        var text = new System.Text.StringBuilder();
        foreach (string? part in parts)
        {
            if (string.IsNullOrEmpty(part)) continue;
            if (text.Length > 0) text.Append(' ');
            text.Append(part);
        }
        return text.ToString();
    }
}

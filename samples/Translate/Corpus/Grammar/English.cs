using System.Text;

namespace Translate.Corpus.Grammar;

/// <summary>The spelling rules of English that hold across words: a or an, the negative of an auxiliary, the capital.</summary>
internal static class English
{
    /// <summary>The sentence as written: "a" before a vowel becomes "an", capital first, end mark last.</summary>
    public static string Finish(string words, char mark)
    {
        string[] parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var text = new StringBuilder();
        for (int i = 0; i < parts.Length; i++)
        {
            bool vowel = i + 1 < parts.Length && "aeiou".Contains(parts[i + 1][0], StringComparison.Ordinal);
            if (i > 0) text.Append(' ');
            text.Append(parts[i] == "a" && vowel ? "an" : parts[i]);
        }
        text[0] = char.ToUpperInvariant(text[0]);
        return text.Append(mark).ToString();
    }

    /// <summary>The negative of an auxiliary: "do" gives "don't", "am" gives "am not".</summary>
    /// <exception cref="ArgumentException">The word is no auxiliary of this grammar.</exception>
    public static string Not(string auxiliary) => auxiliary switch
    {
        "am" => "am not",
        "must" => "must not",
        "will" => "won't",
        "can" => "can't",
        "do" or "does" or "did" or "is" or "are" or "was" or "were" or "have" or "has" => auxiliary + "n't",
        _ => throw new ArgumentException($"\"{auxiliary}\" is no auxiliary of this grammar; add its negative here.", nameof(auxiliary)),
    };

    /// <summary>The present of "be": am, is, are.</summary>
    public static string Be(Agreement agreement) => agreement switch
    {
        Agreement.FirstSingular => "am",
        Agreement.ThirdSingular => "is",
        _ => "are",
    };

    /// <summary>The past of "be": was, were.</summary>
    public static string Was(Agreement agreement) => agreement == Agreement.Other ? "were" : "was";

    /// <summary>The present of "have": have, has.</summary>
    public static string Have(Agreement agreement) => agreement == Agreement.ThirdSingular ? "has" : "have";

    /// <summary>The present of "do": do, does.</summary>
    public static string Do(Agreement agreement) => agreement == Agreement.ThirdSingular ? "does" : "do";
}

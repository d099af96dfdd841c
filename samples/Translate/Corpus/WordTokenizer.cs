using System.Text;
using System.Text.RegularExpressions;

namespace Translate.Corpus;

/// <summary>
/// Cuts French and English text into words, marks and the pieces that grammar joins to words: "j'" and "aime", "mange" and
/// "-t-elle", "Paul" and "'s". The word that opens a sentence loses its capital unless the word always has one.
/// </summary>
internal static partial class WordTokenizer
{
    private static readonly HashSet<string> Elisions =
        new(["j'", "m'", "t'", "s'", "l'", "d'", "n'", "c'", "qu'", "jusqu'", "lorsqu'", "puisqu'"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">One or more sentences.</param>
    /// <param name="capitals">Words that keep their capital where they open a sentence; see <see cref="Capitals.Learn"/>.</param>
    public static List<string> Split(string text, IReadOnlySet<string> capitals)
    {
        List<string> tokens = Pieces(text);
        bool opens = true;
        for (int i = 0; i < tokens.Count; i++)
        {
            if (opens && !capitals.Contains(tokens[i])) tokens[i] = LowerFirst(tokens[i]);
            if (char.IsLetterOrDigit(tokens[i][0])) opens = false;
            if (EndsSentence(tokens[i])) opens = true;
        }

        return tokens;
    }

    /// <summary>The tokens as they are written, capitals untouched.</summary>
    internal static List<string> Pieces(string text)
    {
        var tokens = new List<string>();
        foreach (Match match in Chunk().Matches(text.Replace('\u2019', '\'').Normalize(NormalizationForm.FormC)))
        {
            string word = match.Value;
            for (int cut = word.IndexOf('\'', StringComparison.Ordinal); cut > 0 && Elisions.Contains(word[..(cut + 1)]); cut = word.IndexOf('\'', StringComparison.Ordinal))
            {
                tokens.Add(word[..(cut + 1)]);
                word = word[(cut + 1)..];
            }

            Match joined = Joined().Match(word);
            if (joined.Success)
            {
                tokens.Add(word[..joined.Index]);
                word = joined.Value;
            }

            if (word.Length > 0) tokens.Add(word);
        }

        return tokens;
    }

    /// <summary>Text from tokens: spaces where English has them, a capital where a sentence opens.</summary>
    public static string Join(IEnumerable<string> tokens)
    {
        var text = new StringBuilder();
        bool opens = true;
        bool glue = true;
        foreach (string token in tokens)
        {
            if (token.Length == 0) continue;
            bool attached = token[0] is '.' or ',' or '?' or '!' or ';' or ':' or ')' or '\'' || (token[0] == '-' && token.Length > 1);
            if (!glue && !attached) text.Append(' ');
            text.Append(opens ? char.ToUpperInvariant(token[0]) : token[0]).Append(token.AsSpan(1));
            if (char.IsLetterOrDigit(token[0])) opens = false;
            if (EndsSentence(token)) opens = true;
            glue = token is "(" || Elisions.Contains(token);
        }

        return text.ToString();
    }

    /// <summary>How many words a text has, as a reader counts: what spaces part, marks not counted.</summary>
    public static int CountWords(string text)
    {
        int count = 0;
        foreach (Range part in text.AsSpan().Split(' '))
            if (text[part].Any(char.IsLetterOrDigit)) count++;
        return count;
    }

    /// <summary>Whether the token ends a sentence, so that the next one opens another.</summary>
    internal static bool EndsSentence(string token) => token is "." or "?" or "!";

    private static string LowerFirst(string word) => char.ToLowerInvariant(word[0]) + word[1..];

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*|\S", RegexOptions.CultureInvariant)]
    private static partial Regex Chunk();

    [GeneratedRegex(@"(?<=\p{L})(?:-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|ce|le|la|les|lui|leur|moi|toi|y|en)|'s)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Joined();
}

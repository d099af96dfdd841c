namespace Translate.Corpus;

/// <summary>Learns which words always have a capital, so that "Paul" keeps it at the start of a sentence and "Nous" does not.</summary>
internal static class Capitals
{
    /// <summary>Words that are seen with a capital inside a sentence and never without one.</summary>
    public static HashSet<string> Learn(IEnumerable<string> texts)
    {
        var capital = new HashSet<string>(StringComparer.Ordinal);
        var small = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string text in texts)
        {
            bool opens = true;
            foreach (string token in WordTokenizer.Pieces(text))
            {
                if (!opens && char.IsUpper(token[0])) capital.Add(token);
                if (char.IsLower(token[0])) small.Add(token);
                if (char.IsLetterOrDigit(token[0])) opens = false;
                if (WordTokenizer.EndsSentence(token)) opens = true;
            }
        }

        capital.ExceptWith(small);
        capital.RemoveWhere(small.Contains);
        return capital;
    }
}

using System.Text;

namespace SemanticSearch;

/// <summary>A sentence and where it stands.</summary>
/// <param name="Line">Its first line in the file, from 1.</param>
/// <param name="Text">The sentence.</param>
internal readonly record struct Sentence(int Line, string Text);

/// <summary>Cuts a text into sentences: at line ends, except before a line that goes on in small letters, and behind full stops, question and exclamation marks.</summary>
internal static class SentenceSplitter
{
    private static readonly string[] s_abbreviations = ["Mr.", "Mrs.", "Ms.", "Dr.", "St.", "Prof.", "No.", "vs.", "e.g.", "i.e.", "etc."];

    /// <summary>The sentences of a text; blank lines have none.</summary>
    /// <param name="lines">The lines of the text.</param>
    public static IEnumerable<Sentence> Split(IEnumerable<string> lines)
    {
        var open = new StringBuilder();
        int number = 0, first = 1;
        foreach (string raw in lines)
        {
            number++;
            string line = raw.Trim();
            if (open.Length > 0 && (line.Length == 0 || !char.IsLower(line[0])))
            {
                yield return new Sentence(first, open.ToString());
                open.Clear();
            }

            int from = 0;
            for (int end = NextEnd(line, from); end >= 0; end = NextEnd(line, from))
            {
                Append(open, line.AsSpan(from, end - from), number, ref first);
                if (open.Length > 0) yield return new Sentence(first, open.ToString());
                open.Clear();
                from = end;
            }

            Append(open, line.AsSpan(from), number, ref first);
        }

        if (open.Length > 0) yield return new Sentence(first, open.ToString());
    }

    private static void Append(StringBuilder open, ReadOnlySpan<char> part, int line, ref int first)
    {
        part = part.Trim();
        if (part.IsEmpty) return;
        if (open.Length == 0) first = line;
        else open.Append(' ');
        open.Append(part);
    }

    // Index behind the next sentence of the line, with closing quotes and brackets; -1 where it goes on beyond the line.
    private static int NextEnd(string line, int from)
    {
        for (int i = from; i < line.Length; i++)
        {
            if (line[i] is not ('.' or '!' or '?')) continue;
            int end = i + 1;
            while (end < line.Length && line[end] is '.' or '!' or '?' or '"' or '\'' or ')' or ']' or '\u201d' or '\u2019') end++;
            bool follows = end < line.Length && char.IsWhiteSpace(line[end]) && end + 1 < line.Length && !char.IsLower(line[end + 1]);
            if ((end == line.Length || follows) && !IsAbbreviation(line.AsSpan(from, i + 1 - from))) return end;
            i = end - 1;
        }

        return -1;
    }

    private static bool IsAbbreviation(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> word = text[(text.LastIndexOf(' ') + 1)..];
        if (word is [>= 'A' and <= 'Z', '.']) return true;
        foreach (string abbreviation in s_abbreviations)
        {
            if (word.SequenceEqual(abbreviation)) return true;
        }

        return false;
    }
}

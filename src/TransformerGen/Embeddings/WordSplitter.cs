namespace TransformerGen.Embeddings;

/// <summary>Plain text to words, as simply as word vectors need it.</summary>
internal static class WordSplitter
{
    /// <summary>The words of each paragraph.</summary>
    public static IEnumerable<IEnumerable<string>> Paragraphs(string text)
    {
        var words = new List<string>();
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                yield return words;
                words = [];
            }

            AddWords(line, words);
        }

        yield return words;
    }

    private static void AddWords(string line, List<string> words)
    {
        int start = 0;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && (char.IsLetterOrDigit(line[i]) || IsInnerApostrophe(line, i)))
            {
                continue;
            }

            if (i > start)
            {
                words.Add(line[start..i].ToLowerInvariant());
            }

            start = i + 1;
        }
    }

    private static bool IsInnerApostrophe(string line, int at) =>
        line[at] is '\'' or '\u2019' && at > 0 && at + 1 < line.Length && char.IsLetter(line[at - 1]) && char.IsLetter(line[at + 1]);
}

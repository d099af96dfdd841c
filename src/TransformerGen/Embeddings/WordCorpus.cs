namespace TransformerGen.Embeddings;

/// <summary>Sentences as ids of a vocabulary, the material that word vectors are trained on. Contexts do not reach beyond a sentence.</summary>
public sealed class WordCorpus
{
    /// <summary>The longest sentence; a longer one goes on as the next (as in Mikolov's program).</summary>
    public const int LongestSentence = 1000;

    private readonly int[] _words;
    private readonly int[] _offsets;

    private WordCorpus(WordVocabulary vocabulary, int[] words, int[] offsets)
    {
        Vocabulary = vocabulary;
        _words = words;
        _offsets = offsets;
    }

    /// <summary>The words, the most frequent first, equally frequent ones in ordinal order.</summary>
    public WordVocabulary Vocabulary { get; }

    /// <summary>The number of sentences.</summary>
    public int SentenceCount => _offsets.Length - 1;

    /// <summary>The number of words in all sentences together.</summary>
    public int WordCount => _words.Length;

    /// <summary>The ids of one sentence; none is empty.</summary>
    /// <param name="index">From 0 to <see cref="SentenceCount"/> - 1.</param>
    public ReadOnlySpan<int> Sentence(int index) => _words.AsSpan(_offsets[index].._offsets[index + 1]);

    /// <summary>A corpus of sentences that are split already, for example into a tokenizer's pieces.</summary>
    /// <param name="sentences">The words of each sentence; enumerated once.</param>
    /// <param name="minimumCount">Words that are rarer are left out, as if they were not there.</param>
    /// <returns>The corpus.</returns>
    /// <exception cref="ArgumentException">No word is left.</exception>
    public static WordCorpus Create(IEnumerable<IEnumerable<string>> sentences, int minimumCount = 5)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumCount, 1);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var counts = new List<long>();
        var words = new List<int>();
        var ends = new List<int>();
        foreach (IEnumerable<string> sentence in sentences)
        {
            foreach (string word in sentence)
            {
                if (!seen.TryGetValue(word, out int number))
                {
                    seen.Add(word, number = counts.Count);
                    counts.Add(0);
                }

                counts[number]++;
                words.Add(number);
            }

            ends.Add(words.Count);
        }

        KeyValuePair<string, int>[] kept = [.. seen.Where(word => counts[word.Value] >= minimumCount).OrderByDescending(word => counts[word.Value]).ThenBy(word => word.Key, StringComparer.Ordinal)];
        if (kept.Length == 0)
        {
            throw new ArgumentException($"Of {seen.Count} words none occurs {minimumCount} times. Give more text, or a smaller minimum count.", nameof(sentences));
        }

        int[] ids = new int[counts.Count];
        Array.Fill(ids, -1);
        for (int id = 0; id < kept.Length; id++)
        {
            ids[kept[id].Value] = id;
        }

        var vocabulary = new WordVocabulary([.. kept.Select(word => word.Key)], [.. kept.Select(word => counts[word.Value])]);
        (int[] known, int[] offsets) = Keep(words, ends, ids);
        return new WordCorpus(vocabulary, known, offsets);
    }

    /// <summary>
    /// A corpus of plain text: words are runs of letters and digits with apostrophes inside, in lower case; sentences are paragraphs, which end at blank lines.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="minimumCount">Words that are rarer are left out, as if they were not there.</param>
    /// <returns>The corpus.</returns>
    /// <exception cref="ArgumentException">No word is left.</exception>
    public static WordCorpus FromText(string text, int minimumCount = 5)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Create(WordSplitter.Paragraphs(text), minimumCount);
    }

    private static (int[] Words, int[] Offsets) Keep(List<int> words, List<int> ends, int[] ids)
    {
        var known = new List<int>(words.Count);
        var offsets = new List<int> { 0 };
        int from = 0;
        foreach (int end in ends)
        {
            for (; from < end; from++)
            {
                if (ids[words[from]] < 0)
                {
                    continue;
                }

                known.Add(ids[words[from]]);
                if (known.Count - offsets[^1] == LongestSentence)
                {
                    offsets.Add(known.Count);
                }
            }

            if (known.Count > offsets[^1])
            {
                offsets.Add(known.Count);
            }
        }

        return ([.. known], [.. offsets]);
    }
}

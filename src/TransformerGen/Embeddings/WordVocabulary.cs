namespace TransformerGen.Embeddings;

/// <summary>Words, their ids from 0 and how often each occurs.</summary>
public sealed class WordVocabulary
{
    private readonly Dictionary<string, int> _ids;

    /// <summary>A vocabulary of given words.</summary>
    /// <param name="words">The words in the order of their ids, each once.</param>
    /// <param name="counts">How often each occurs; null where that is not known.</param>
    /// <exception cref="ArgumentException">A word stands twice, or there are not as many counts as words.</exception>
    public WordVocabulary(IReadOnlyList<string> words, IReadOnlyList<long>? counts = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (counts is not null && counts.Count != words.Count)
        {
            throw new ArgumentException($"There are {words.Count} words, but {counts.Count} counts.", nameof(counts));
        }

        string[] copy = [.. words];
        _ids = new Dictionary<string, int>(copy.Length, StringComparer.Ordinal);
        for (int i = 0; i < copy.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(copy[i], nameof(words));
            if (!_ids.TryAdd(copy[i], i))
            {
                throw new ArgumentException($"The word '{copy[i]}' stands twice, at {_ids[copy[i]]} and at {i}. Every word has one id.", nameof(words));
            }
        }

        Words = Array.AsReadOnly(copy);
        Counts = Array.AsReadOnly(counts is null ? new long[copy.Length] : [.. counts]);
    }

    /// <summary>The words by id.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>How often each word occurs, by id; zeros where that is not known.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>The number of words.</summary>
    public int Count => Words.Count;

    /// <summary>The id of a word, or null where it is none of these. Spelling counts, case included.</summary>
    /// <param name="word">The word.</param>
    public int? FindId(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return _ids.TryGetValue(word, out int id) ? id : null;
    }
}

namespace TransformerGen.Embeddings;

/// <summary>How often words stand near each other.</summary>
public static class Cooccurrences
{
    /// <summary>
    /// The matrix X of GloVe: every pair of words of a sentence at distance k, at most <paramref name="window"/>, adds 1 / k to X_ij and to X_ji (Pennington,
    /// Socher and Manning 2014, section 4.2).
    /// </summary>
    /// <param name="corpus">The sentences.</param>
    /// <param name="window">The largest distance.</param>
    /// <returns>The entries that are not zero, ordered by row and column.</returns>
    public static IReadOnlyList<CooccurrencePair> Count(WordCorpus corpus, int window)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);

        // Half of the symmetric matrix is counted; the key's upper half is the smaller id.
        var counts = new Dictionary<ulong, double>();
        for (int s = 0; s < corpus.SentenceCount; s++)
        {
            ReadOnlySpan<int> sentence = corpus.Sentence(s);
            for (int i = 0; i < sentence.Length; i++)
            {
                for (int j = i + 1; j < sentence.Length && j - i <= window; j++)
                {
                    int low = Math.Min(sentence[i], sentence[j]), high = Math.Max(sentence[i], sentence[j]);
                    ref double count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, ((ulong)low << 32) | (uint)high, out _);
                    count += (low == high ? 2.0 : 1.0) / (j - i);
                }
            }
        }

        var pairs = new List<CooccurrencePair>(2 * counts.Count);
        foreach ((ulong key, double count) in counts)
        {
            int low = (int)(key >> 32), high = (int)(uint)key;
            pairs.Add(new CooccurrencePair(low, high, count));
            if (low != high)
            {
                pairs.Add(new CooccurrencePair(high, low, count));
            }
        }

        pairs.Sort(static (a, b) => a.Word != b.Word ? a.Word.CompareTo(b.Word) : a.Context.CompareTo(b.Context));
        return pairs;
    }
}

namespace TransformerGen.Text;

/// <summary>One distinct word of the training text: its pieces now, and how often it occurs.</summary>
/// <param name="pieces">Ids of the bytes of the word, in order; changed by <see cref="Merge"/>.</param>
/// <param name="count">Occurrences in the training text.</param>
internal sealed class BpeWord(int[] pieces, long count)
{
    private int _length = pieces.Length;

    /// <summary>Occurrences in the training text.</summary>
    public long Count => count;

    /// <summary>The pieces as they stand.</summary>
    public ReadOnlySpan<int> Pieces => pieces.AsSpan(0, _length);

    /// <summary>
    /// Replaces each <paramref name="left"/> <paramref name="right"/>, from the left, by <paramref name="merged"/> and tells
    /// <paramref name="changes"/> which neighbouring pairs went and came.
    /// </summary>
    public void Merge(int left, int right, int merged, PairCounts changes, int wordIndex)
    {
        var to = 0;
        for (var from = 0; from < _length; to++)
        {
            if (pieces[from] != left || from + 1 == _length || pieces[from + 1] != right)
            {
                pieces[to] = pieces[from++];
                continue;
            }

            // What stands before is already merged; what stands behind is not yet.
            if (to > 0)
            {
                changes.Remove(pieces[to - 1], left, count);
                changes.Add(pieces[to - 1], merged, count, wordIndex);
            }

            from += 2;
            pieces[to] = merged;
            if (from < _length)
            {
                changes.Remove(right, pieces[from], count);
                changes.Add(merged, pieces[from], count, wordIndex);
            }
        }

        _length = to;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace TransformerGen.Text;

/// <summary>A pair of neighbouring pieces; ordered by left id, then right id.</summary>
internal readonly record struct PiecePair(int Left, int Right) : IComparable<PiecePair>
{
    /// <inheritdoc/>
    public int CompareTo(PiecePair other) => Left != other.Left ? Left.CompareTo(other.Left) : Right.CompareTo(other.Right);
}

/// <summary>
/// How often each pair occurs, and a queue that gives the most frequent first (of equally frequent ones the pair of lower ids).
/// An entry of the queue carries the words in which its pair appeared since the last <see cref="Queue"/>; counts that have
/// fallen since are corrected when an entry comes to the front, which is cheaper than to move it each time.
/// </summary>
internal sealed class PairCounts
{
    private readonly Dictionary<PiecePair, long> _counts = [];
    private readonly Dictionary<PiecePair, List<int>> _appeared = [];
    private readonly PriorityQueue<List<int>, (long Count, PiecePair Pair)> _queue = new(Comparer<(long Count, PiecePair Pair)>.Create(
        static (x, y) => x.Count != y.Count ? y.Count.CompareTo(x.Count) : x.Pair.CompareTo(y.Pair)));

    /// <summary>Notes that a pair appeared <paramref name="count"/> times, in the word of that index.</summary>
    public void Add(int left, int right, long count, int wordIndex)
    {
        var pair = new PiecePair(left, right);
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += count;
        ref var words = ref CollectionsMarshal.GetValueRefOrAddDefault(_appeared, pair, out _);
        words ??= [];

        // Words are visited one after the other: a repeated index can only be the last.
        if (words.Count == 0 || words[^1] != wordIndex) words.Add(wordIndex);
    }

    /// <summary>Notes that a pair went, <paramref name="count"/> times.</summary>
    public void Remove(int left, int right, long count) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, new PiecePair(left, right), out _) -= count;

    /// <summary>Puts what appeared since the last call into the queue.</summary>
    public void Queue()
    {
        foreach (var (pair, words) in _appeared)
        {
            var count = _counts[pair];
            if (count > 0) _queue.Enqueue(words, (count, pair));
        }

        _appeared.Clear();
    }

    /// <summary>Takes the most frequent pair out of the queue.</summary>
    /// <param name="minimum">The least count that is worth a merge.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="words">Indices of the words it may be in, each once.</param>
    /// <returns>False where no pair is left that occurs at least <paramref name="minimum"/> times.</returns>
    public bool TryTake(long minimum, out PiecePair pair, [NotNullWhen(true)] out List<int>? words)
    {
        while (_queue.TryDequeue(out words, out var entry))
        {
            pair = entry.Pair;
            var count = _counts[pair];
            if (count == entry.Count) return count >= Math.Max(1, minimum);
            if (count > 0) _queue.Enqueue(words, (count, pair));
        }

        pair = default;
        return false;
    }
}

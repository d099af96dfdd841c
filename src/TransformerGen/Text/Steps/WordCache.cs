using System.Collections.Concurrent;

namespace TransformerGen.Text.Steps;

/// <summary>The pieces of words met before. Words repeat: the few thousand most frequent ones are nearly all of a text.</summary>
internal sealed class WordCache
{
    private const int MostWords = 1 << 14;
    private const int LongestWord = 48;

    private readonly ConcurrentDictionary<string, Piece[]> _pieces;
    private readonly ConcurrentDictionary<string, Piece[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    /// <summary>An empty cache.</summary>
    public WordCache()
    {
        _pieces = new ConcurrentDictionary<string, Piece[]>(StringComparer.Ordinal);
        _lookup = _pieces.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Adds the pieces of a word that is known.</summary>
    /// <returns>False where it is not.</returns>
    public bool TryAdd(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (word.Length > LongestWord || !_lookup.TryGetValue(word, out var known)) return false;
        pieces.AddRange(known);
        return true;
    }

    /// <summary>Remembers the pieces of a word, unless it is long or there are many.</summary>
    public void Remember(ReadOnlySpan<char> word, ReadOnlySpan<Piece> pieces)
    {
        if (word.Length > LongestWord || _count >= MostWords || !_lookup.TryAdd(word, pieces.ToArray())) return;
        Interlocked.Increment(ref _count);
    }
}

namespace TransformerGen.Text.Steps;

/// <summary>A word while its neighbouring pieces are merged: a linked list of pieces, and a queue of the merges that are possible.</summary>
internal sealed class MergeScratch
{
    private readonly PriorityQueue<(int At, int Id), long> _queue = new();
    private Symbol[] _symbols = new Symbol[64];

    /// <summary>The number of pieces the word began with.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a word.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a piece at the end of the word.</summary>
    public void Add(int id, int start, int end)
    {
        if (Count == _symbols.Length) Array.Resize(ref _symbols, 2 * Count);
        _symbols[Count] = new Symbol { Id = id, Start = start, End = end, Previous = Count - 1, Next = Count + 1 };
        Count++;
    }

    /// <summary>The last piece covers up to <paramref name="end"/>.</summary>
    public void ExtendLast(int end) => _symbols[Count - 1].End = end;

    /// <summary>The id of the last piece, or -1.</summary>
    public int LastId => Count == 0 ? -1 : _symbols[Count - 1].Id;

    /// <summary>
    /// Merges pairs, the one of the lowest rank first, of equals the leftmost, until none is left, and adds what remains to
    /// <paramref name="pieces"/>. n log n in the word's length.
    /// </summary>
    public void Merge(Dictionary<long, (int Rank, int Id)> merges, List<Piece> pieces)
    {
        for (var i = 0; i + 1 < Count; i++) Offer(merges, i, i + 1);
        while (_queue.TryDequeue(out var merge, out _))
        {
            // Entries are not taken back when one of their pieces is merged away; such an entry names another result, or a piece that is gone.
            ref var left = ref _symbols[merge.At];
            if (left.Id < 0 || left.Next >= Count) continue;
            ref var right = ref _symbols[left.Next];
            if (!merges.TryGetValue(Key(left.Id, right.Id), out var found) || found.Id != merge.Id) continue;
            (left.Id, left.End, left.Next) = (merge.Id, right.End, right.Next);
            right.Id = -1;
            if (left.Next < Count)
            {
                _symbols[left.Next].Previous = merge.At;
                Offer(merges, merge.At, left.Next);
            }

            if (left.Previous >= 0) Offer(merges, left.Previous, merge.At);
        }

        for (var i = 0; i < Count; i = _symbols[i].Next) pieces.Add(new Piece(_symbols[i].Id, _symbols[i].Start, _symbols[i].End));
    }

    /// <summary>The key of a pair of pieces.</summary>
    public static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private void Offer(Dictionary<long, (int Rank, int Id)> merges, int at, int next)
    {
        if (merges.TryGetValue(Key(_symbols[at].Id, _symbols[next].Id), out var found)) _queue.Enqueue((at, found.Id), ((long)found.Rank << 32) | (uint)at);
    }

    private struct Symbol
    {
        public int Id;
        public int Start;
        public int End;
        public int Previous;
        public int Next;
    }
}

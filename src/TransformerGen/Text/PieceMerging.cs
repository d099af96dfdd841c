namespace TransformerGen.Text;

/// <summary>The part that the trainers share: the most frequent pair of neighbouring pieces becomes a piece, until there are enough.</summary>
internal static class PieceMerging
{
    private const int MergesPerReport = 128;

    /// <summary>Merges pairs in all words.</summary>
    /// <param name="words">The distinct words, split into pieces; changed.</param>
    /// <param name="pieces">The vocabulary so far; grows.</param>
    /// <param name="target">The size at which it ends.</param>
    /// <param name="minimumFrequency">A pair that occurs less often is not merged.</param>
    /// <param name="join">The spelling of two pieces together.</param>
    /// <param name="report">Called now and then.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The pairs, in the order in which they were merged.</returns>
    public static List<(string Left, string Right)> Run(
        List<BpeWord> words, PieceList pieces, int target, int minimumFrequency, Func<string, string, string> join, Action report, CancellationToken cancellationToken)
    {
        var pairs = new PairCounts();
        for (var index = 0; index < words.Count; index++)
        {
            var word = words[index].Pieces;
            for (var i = 1; i < word.Length; i++) pairs.Add(word[i - 1], word[i], words[index].Count, index);
        }

        pairs.Queue();
        var merges = new List<(string Left, string Right)>();
        while (pieces.Count < target && pairs.TryTake(minimumFrequency, out var pair, out var where))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (left, right) = (pieces[pair.Left], pieces[pair.Right]);
            var merged = pieces.Add(join(left, right));
            merges.Add((left, right));
            foreach (var index in where) words[index].Merge(pair.Left, pair.Right, merged, pairs, index);
            pairs.Queue();
            if (merges.Count % MergesPerReport == 0) report();
        }

        return merges;
    }
}

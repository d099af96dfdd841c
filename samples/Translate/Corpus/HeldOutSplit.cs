namespace Translate.Corpus;

/// <summary>Holds pairs out so that the rest still teaches every word they need.</summary>
internal static class HeldOutSplit
{
    /// <summary>
    /// Holds out whole combinations in a random order, passing over those that would leave one of their words rarer in training
    /// than allowed, and over those that do not fit the count any more.
    /// </summary>
    /// <param name="pairs">All pairs.</param>
    /// <param name="count">How many to hold out; fewer when words are too rare.</param>
    /// <param name="minimumInTraining">How many training pairs each word of a held-out pair must be left in.</param>
    /// <param name="random">The order.</param>
    public static SplitCorpus ByCombination(IReadOnlyList<SentencePair> pairs, int count, int minimumInTraining, SeededRandom random)
    {
        HashSet<string> capitals = Capitals.Learn(pairs.SelectMany(pair => new[] { pair.Source, pair.Target }));
        IEnumerable<(bool Target, string Word)> Words(SentencePair pair) =>
            WordTokenizer.Split(pair.Source, capitals).Select(word => (false, word))
                .Concat(WordTokenizer.Split(pair.Target, capitals).Select(word => (true, word)))
                .Distinct();

        var left = new Dictionary<(bool Target, string Word), int>();
        foreach (SentencePair pair in pairs)
            foreach (var word in Words(pair)) left[word] = left.GetValueOrDefault(word) + 1;

        IGrouping<string, SentencePair>[] groups = [.. pairs.GroupBy(pair => pair.Combination, StringComparer.Ordinal)];
        random.Shuffle(groups);
        var held = new HashSet<string>(StringComparer.Ordinal);
        int taken = 0;
        foreach (IGrouping<string, SentencePair> group in groups)
        {
            if (taken == count) break;
            if (taken + group.Count() > count) continue;
            var used = group.SelectMany(Words).GroupBy(word => word).Select(word => (Word: word.Key, Count: word.Count())).ToList();
            if (used.Any(word => left[word.Word] - word.Count < minimumInTraining)) continue;
            foreach (var (word, uses) in used) left[word] -= uses;
            held.Add(group.Key);
            taken += group.Count();
        }

        return new(
            [.. pairs.Where(pair => !held.Contains(pair.Combination))],
            [.. pairs.Where(pair => held.Contains(pair.Combination))]);
    }

    /// <summary>
    /// Holds source sentences out, spread evenly over the file, with all their translations; one translation of each is judged by.
    /// </summary>
    /// <param name="pairs">All pairs.</param>
    /// <param name="count">How many to hold out; at least one and at most half.</param>
    public static SplitCorpus Evenly(IReadOnlyList<SentencePair> pairs, int count)
    {
        SentencePair[] sources = [.. pairs.DistinctBy(pair => pair.Combination)];
        count = Math.Clamp(count, Math.Min(1, sources.Length / 2), sources.Length / 2);
        SentencePair[] held = [.. Enumerable.Range(0, count).Select(index => sources[(int)((index + 1L) * sources.Length / count) - 1])];
        var combinations = held.Select(pair => pair.Combination).ToHashSet(StringComparer.Ordinal);
        return new([.. pairs.Where(pair => !combinations.Contains(pair.Combination))], held);
    }
}

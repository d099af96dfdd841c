using Translate.Corpus.Grammar;

namespace Translate.Corpus;

/// <summary>
/// The embedded French-English corpus: a seeded selection from the sentences of the grammar in <c>Corpus/Grammar</c>. The same
/// seed gives the same pairs, in the same order, everywhere.
/// </summary>
internal static class Phrasebook
{
    /// <summary>How many pairs the sample learns and is judged by together.</summary>
    public const int DefaultCount = 5_000;

    /// <summary>How many of them are held out.</summary>
    public const int DefaultHeldOut = 500;

    /// <summary>What the number of tokens of both languages stays within; the embedding of the model has this many rows.</summary>
    public const int VocabularyLimit = 704;

    private const int MinimumWords = 5;
    private const int MaximumWords = 14;
    private const int Candidates = 6;

    private static readonly int TotalWeight = Frames.All.Sum(frame => frame.Weight);

    /// <summary>Selects distinct pairs and holds combinations out whose every word occurs in the rest.</summary>
    /// <param name="count">Distinct pairs in all.</param>
    /// <param name="heldOut">How many of them are held out.</param>
    /// <param name="seed">Chooses the selection and the split.</param>
    public static SplitCorpus Create(int count = DefaultCount, int heldOut = DefaultHeldOut, ulong seed = 1)
    {
        var random = new SeededRandom(seed);
        List<SentencePair> pairs = Select(random, count);
        return HeldOutSplit.ByCombination(pairs, heldOut, minimumInTraining: 8, random);
    }

    /// <summary>Distinct pairs in the order the grammar made them.</summary>
    /// <exception cref="InvalidOperationException">The grammar gave one French sentence two translations.</exception>
    internal static List<SentencePair> Select(SeededRandom random, int count)
    {
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        var pairs = new List<SentencePair>(count);
        while (pairs.Count < count)
        {
            // Of a few sentences the one with the rarest word is kept: every form of every verb gets its share.
            SentencePair? best = null;
            double bestScore = double.MaxValue;
            for (int candidate = 0; candidate < Candidates; candidate++)
            {
                SentencePair pair = Next(random);
                if (targets.TryGetValue(pair.Source, out string? known))
                {
                    if (known != pair.Target) throw Ambiguous(pair.Source, known, pair.Target);
                    continue;
                }

                double score = WordTokenizer.Pieces(pair.Source).Concat(WordTokenizer.Pieces(pair.Target)).Min(word => uses.GetValueOrDefault(word.ToLowerInvariant()));
                if (score < bestScore) (best, bestScore) = (pair, score);
            }

            if (best is null) continue;
            targets.Add(best.Source, best.Target);
            pairs.Add(best);
            foreach (string word in WordTokenizer.Pieces(best.Source).Concat(WordTokenizer.Pieces(best.Target)))
                uses[word.ToLowerInvariant()] = uses.GetValueOrDefault(word.ToLowerInvariant()) + 1;
        }

        return pairs;
    }

    /// <summary>One sentence of the grammar that is neither too short nor too long.</summary>
    internal static SentencePair Next(SeededRandom random)
    {
        while (true)
        {
            int roll = random.Next(TotalWeight);
            int frame = 0;
            while (roll >= Frames.All[frame].Weight) roll -= Frames.All[frame++].Weight;
            SentencePair pair = Frames.All[frame].Make(random);
            if (WordTokenizer.CountWords(pair.Source) is >= MinimumWords and <= MaximumWords) return pair;
        }
    }

    internal static InvalidOperationException Ambiguous(string source, string first, string second) =>
        new($"\"{source}\" is translated both \"{first}\" and \"{second}\"; the grammar must choose one.");
}

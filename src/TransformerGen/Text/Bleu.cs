using System.Runtime.InteropServices;

namespace TransformerGen.Text;

/// <summary>
/// BLEU (Papineni et al., 2002) as sacreBLEU computes it by default: one reference, words of mteval's 13a, upper and lower case
/// distinct, n-grams up to four counted over the whole corpus, exponential smoothing. Its signature is
/// <c>nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp</c>.
/// </summary>
public static class Bleu
{
    private const int MaximumOrder = 4;

    /// <summary>Scores a corpus of translations.</summary>
    /// <param name="hypotheses">The translations, detokenised, one sentence each.</param>
    /// <param name="references">The right translation of each, in the same order.</param>
    /// <exception cref="ArgumentException">The two lists differ in length or hold no sentence.</exception>
    public static BleuScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        if (hypotheses.Count != references.Count)
        {
            throw new ArgumentException($"There are {hypotheses.Count} hypotheses and {references.Count} references; each hypothesis needs its one reference.");
        }

        if (hypotheses.Count == 0) throw new ArgumentException("BLEU of an empty corpus is undefined; pass at least one sentence.");

        var counter = new NGramCounter();
        for (var i = 0; i < hypotheses.Count; i++) counter.AddSentence(BleuWords.Split(hypotheses[i]), BleuWords.Split(references[i]));
        return Score(counter);
    }

    private static BleuScore Score(NGramCounter counter)
    {
        var brevityPenalty = counter.HypothesisLength >= counter.ReferenceLength ? 1.0
            : counter.HypothesisLength == 0 ? 0.0
            : Math.Exp(1.0 - ((double)counter.ReferenceLength / counter.HypothesisLength));

        var precisions = new double[MaximumOrder];
        var score = 0.0;
        if (counter.Matches.AsSpan().ContainsAnyExcept(0L))
        {
            // Each order without a match counts half a match less than the one before: 1/2, 1/4, ...
            var smoothing = 1.0;
            for (var n = 0; n < MaximumOrder && counter.Totals[n] > 0; n++)
            {
                if (counter.Matches[n] == 0) smoothing *= 2.0;
                precisions[n] = counter.Matches[n] == 0
                    ? 100.0 / (smoothing * counter.Totals[n])
                    : 100.0 * counter.Matches[n] / counter.Totals[n];
            }

            // An order for which the corpus has no n-gram at all has precision 0, and so the score is 0.
            var logarithms = 0.0;
            foreach (var precision in precisions) logarithms += Math.Log(precision);
            score = brevityPenalty * Math.Exp(logarithms / MaximumOrder);
        }

        return new BleuScore(score, precisions, brevityPenalty, counter.HypothesisLength, counter.ReferenceLength, counter.Matches, counter.Totals);
    }

    /// <summary>Counts n-grams of hypotheses and how many of them their references have (each at most as often as there).</summary>
    private sealed class NGramCounter
    {
        private readonly Dictionary<string, int> _wordIds = new(StringComparer.Ordinal);
        private readonly Dictionary<(int, int, int, int), int> _ofReference = [];

        public long[] Matches { get; } = new long[MaximumOrder];

        public long[] Totals { get; } = new long[MaximumOrder];

        public long HypothesisLength { get; private set; }

        public long ReferenceLength { get; private set; }

        public void AddSentence(List<string> hypothesis, List<string> reference)
        {
            HypothesisLength += hypothesis.Count;
            ReferenceLength += reference.Count;
            var hypothesisIds = ToIds(hypothesis);
            var referenceIds = ToIds(reference);

            _ofReference.Clear();
            for (var n = 1; n <= MaximumOrder; n++)
            {
                for (var at = 0; at + n <= referenceIds.Length; at++)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(_ofReference, NGram(referenceIds.AsSpan(at, n)), out _)++;
                }

                for (var at = 0; at + n <= hypothesisIds.Length; at++)
                {
                    Totals[n - 1]++;
                    ref var left = ref CollectionsMarshal.GetValueRefOrNullRef(_ofReference, NGram(hypothesisIds.AsSpan(at, n)));
                    if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref left) || left == 0) continue;
                    left--;
                    Matches[n - 1]++;
                }
            }
        }

        private static (int, int, int, int) NGram(ReadOnlySpan<int> words) =>
            (words[0], words.Length > 1 ? words[1] : -1, words.Length > 2 ? words[2] : -1, words.Length > 3 ? words[3] : -1);

        private int[] ToIds(List<string> words)
        {
            var ids = new int[words.Count];
            for (var i = 0; i < ids.Length; i++)
            {
                ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_wordIds, words[i], out var known);
                if (!known) id = _wordIds.Count;
                ids[i] = id;
            }

            return ids;
        }
    }
}

using Translate.Corpus;

namespace Translate.Baseline;

/// <summary>
/// What the Transformer has to beat: a dictionary that turns each French word into its likeliest English one, in French order.
/// It is learned from the training pairs by expectation maximisation over word alignments (Brown et al. 1993, their first model),
/// and passes over French words that mostly have no English counterpart, such as "ne".
/// </summary>
internal sealed class WordDictionary
{
    private const int Rounds = 8;

    /// <summary>A French word below this many English words per occurrence is passed over.</summary>
    private const double LeastFertility = 0.4;

    private readonly Dictionary<string, string> entries = new(StringComparer.Ordinal);
    private readonly Vocabulary vocabulary;

    private WordDictionary(Vocabulary vocabulary) => this.vocabulary = vocabulary;

    /// <summary>How many French words have an entry, those passed over included.</summary>
    public int Count => entries.Count;

    /// <summary>Learns the dictionary.</summary>
    public static WordDictionary Learn(IReadOnlyList<SentencePair> training, Vocabulary vocabulary)
    {
        var sentences = training.Select(pair => (French: vocabulary.Split(pair.Source), English: vocabulary.Split(pair.Target))).ToList();
        var probability = new Dictionary<(string French, string English), double>();
        var count = new Dictionary<(string French, string English), double>();
        for (int round = 0; round < Rounds; round++)
        {
            count.Clear();
            foreach (var (french, english) in sentences)
            {
                foreach (string target in english)
                {
                    double sum = 0;
                    foreach (string source in french) sum += round == 0 ? 1 : probability.GetValueOrDefault((source, target));
                    foreach (string source in french)
                    {
                        double share = (round == 0 ? 1 : probability.GetValueOrDefault((source, target))) / sum;
                        count[(source, target)] = count.GetValueOrDefault((source, target)) + share;
                    }
                }
            }

            var totals = count.GroupBy(entry => entry.Key.French).ToDictionary(group => group.Key, group => group.Sum(entry => entry.Value));
            probability.Clear();
            foreach (var (pair, value) in count)
                if (value / totals[pair.French] > 1e-5) probability[pair] = value / totals[pair.French];
        }

        var dictionary = new WordDictionary(vocabulary);
        var occurrences = sentences.SelectMany(sentence => sentence.French).GroupBy(word => word).ToDictionary(group => group.Key, group => group.Count());
        foreach (var group in count.GroupBy(entry => entry.Key.French))
        {
            var best = group.MaxBy(entry => (entry.Value, entry.Key.English));
            bool silent = group.Sum(entry => entry.Value) / occurrences[group.Key] < LeastFertility;
            dictionary.entries[group.Key] = silent ? "" : best.Key.English;
        }

        return dictionary;
    }

    /// <summary>Translates word by word; a word that is not in the dictionary stays as it is.</summary>
    public string Translate(string sentence) =>
        WordTokenizer.Join(vocabulary.Split(sentence).Select(word => entries.GetValueOrDefault(word, word)));
}

using Translate.Corpus;

namespace Translate.Session;

/// <summary>How well held-out sentences are translated.</summary>
/// <param name="Pairs">The held-out pairs.</param>
/// <param name="Translations">One translation of each.</param>
/// <param name="Bleu">Corpus BLEU, 0 to 100.</param>
internal sealed record Evaluation(IReadOnlyList<SentencePair> Pairs, IReadOnlyList<string> Translations, double Bleu)
{
    /// <summary>How many translations equal their reference, character by character.</summary>
    public int Exact { get; } = Pairs.Zip(Translations).Count(pair => pair.First.Target == pair.Second);

    /// <summary>Translates the pairs' sources and judges the result.</summary>
    public static Evaluation Of(
        IReadOnlyList<SentencePair> pairs, Func<IReadOnlyList<string>, IReadOnlyList<string>> translate,
        Func<IReadOnlyList<string>, IReadOnlyList<string>, double> bleu)
    {
        IReadOnlyList<string> translations = translate([.. pairs.Select(pair => pair.Source)]);
        if (translations.Count != pairs.Count)
            throw new InvalidOperationException($"{pairs.Count} sentences gave {translations.Count} translations; there must be one of each.");
        return new(pairs, translations, bleu(translations, [.. pairs.Select(pair => pair.Target)]));
    }
}

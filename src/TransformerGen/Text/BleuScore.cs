using System.Globalization;

namespace TransformerGen.Text;

/// <summary>BLEU of a corpus, and what it is made of.</summary>
/// <param name="Score">From 0 to 100: <c>BrevityPenalty</c> times the geometric mean of <c>Precisions</c>.</param>
/// <param name="Precisions">In percent, of 1-, 2-, 3- and 4-grams; smoothed where an order has no match.</param>
/// <param name="BrevityPenalty">From 0 to 1; 1 where the translations are not shorter than the references.</param>
/// <param name="HypothesisLength">Words of all translations.</param>
/// <param name="ReferenceLength">Words of all references.</param>
/// <param name="Matches">N-grams of the translations that their references have, by order.</param>
/// <param name="Totals">N-grams of the translations, by order.</param>
public sealed record BleuScore(
    double Score,
    IReadOnlyList<double> Precisions,
    double BrevityPenalty,
    long HypothesisLength,
    long ReferenceLength,
    IReadOnlyList<long> Matches,
    IReadOnlyList<long> Totals)
{
    /// <summary>One line in sacreBLEU's form, <c>BLEU = 44.55 72.1/51.2/38.0/28.5 (BP = 0.998 ratio = 0.998 hyp_len = 100 ref_len = 101)</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"BLEU = {Score:F2} {Precisions[0]:F1}/{Precisions[1]:F1}/{Precisions[2]:F1}/{Precisions[3]:F1} (BP = {BrevityPenalty:F3} ratio = {(ReferenceLength == 0 ? 0.0 : (double)HypothesisLength / ReferenceLength):F3} hyp_len = {HypothesisLength} ref_len = {ReferenceLength})");
}

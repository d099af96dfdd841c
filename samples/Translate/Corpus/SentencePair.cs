namespace Translate.Corpus;

/// <summary>One sentence and its translation.</summary>
/// <param name="Source">The sentence to translate.</param>
/// <param name="Target">Its one right translation.</param>
/// <param name="Combination">
/// What is held out together: for the phrasebook the subject, verb and complement, for a file the source sentence itself.
/// </param>
internal sealed record SentencePair(string Source, string Target, string Combination);

/// <summary>Pairs to learn from, and pairs whose combinations the first part never shows.</summary>
/// <param name="Training">Pairs to learn from.</param>
/// <param name="HeldOut">Pairs to judge by.</param>
internal sealed record SplitCorpus(IReadOnlyList<SentencePair> Training, IReadOnlyList<SentencePair> HeldOut);

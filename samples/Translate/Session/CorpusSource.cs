using Spectre.Console;
using Translate.Corpus;

namespace Translate.Session;

/// <summary>Chooses what is learned: the embedded phrasebook, or a file of the user's own.</summary>
internal static class CorpusSource
{
    private const int MaximumHeldOut = 500;
    private const int ReportedLines = 20;

    /// <summary>The corpus, and a codec for its text.</summary>
    /// <exception cref="InvalidDataException">The file has fewer than two pairs.</exception>
    public static (SplitCorpus Corpus, ITextCodec Codec) Open(SessionOptions options, ITranslatorEngineFactory engines, IAnsiConsole console)
    {
        if (options.Data is null)
        {
            SplitCorpus phrasebook = Phrasebook.Create();
            return (phrasebook, Vocabulary.Build(phrasebook.Training));
        }

        int bad = 0;
        List<SentencePair> pairs = PairFile.Read(options.Data.FullName, (line, problem) =>
        {
            if (bad++ < ReportedLines) console.MarkupLineInterpolated($"[yellow]{options.Data.Name}, line {line}:[/] {problem}.");
        });
        if (bad > ReportedLines) console.MarkupLineInterpolated($"[yellow]{options.Data.Name}:[/] {bad - ReportedLines} more lines are malformed.");
        if (pairs.Count < 2)
            throw new InvalidDataException($"{options.Data.FullName} has {pairs.Count} pairs of sentences; training needs at least two lines of source, tab, target.");

        SplitCorpus split = HeldOutSplit.Evenly(pairs, Math.Min(MaximumHeldOut, pairs.Count / 10));
        return (split, engines.LearnCodec(split.Training));
    }
}

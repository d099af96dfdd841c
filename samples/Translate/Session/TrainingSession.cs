using Spectre.Console;
using Translate.Baseline;
using Translate.Corpus;
using Translate.Ui;

namespace Translate.Session;

/// <summary>Trains a model, shows how it does on the held-out part, and saves it.</summary>
internal sealed class TrainingSession(ITranslatorEngineFactory engines, IAnsiConsole console, SessionOptions options, ModelStore store)
{
    /// <summary>The trained engine, or null where training was interrupted and left a checkpoint.</summary>
    public ITranslatorEngine? Run()
    {
        (SplitCorpus corpus, ITextCodec codec) = CorpusSource.Open(options, engines, console);
        console.WriteLine($"{corpus.Training.Count} pairs to learn, {corpus.HeldOut.Count} held out, {codec.Count} tokens.");
        store.Prepare(discardCheckpoint: options.Retrain);
        if (store.HasCheckpoint) console.WriteLine("Resuming from the checkpoint; --retrain starts anew.");

        ITranslatorEngine engine = engines.Create(codec, options.Threads);
        console.WriteLine(engine.Description);
        corpus = LeaveLongOut(corpus, engine);
        TimeSpan? limit = options.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null;
        var job = new TrainingJob(corpus, options.Epochs, limit, store.CheckpointPath);
        using var interrupt = new InterruptScope();
        TrainingOutcome outcome = TrainingProgress.Run(console, progress => engine.Train(job, progress, interrupt.Token));
        if (outcome == TrainingOutcome.Interrupted)
        {
            console.WriteLine($"Interrupted; the next start resumes from {store.CheckpointPath}.");
            engine.Dispose();
            return null;
        }

        store.Save(engine);
        console.WriteLine($"Saved to {store.Directory}.");
        Judge(engine, corpus, codec, interrupt.Token);
        return engine;
    }

    /// <summary>The corpus without training pairs that the model could read or write only in part.</summary>
    private SplitCorpus LeaveLongOut(SplitCorpus corpus, ITranslatorEngine engine)
    {
        SentencePair[] fitting = [.. corpus.Training.Where(engine.Fits)];
        int left = corpus.Training.Count - fitting.Length;
        if (left == 0) return corpus;
        if (fitting.Length == 0)
            throw new InvalidDataException($"All {left} training pairs are longer than the {engine.MaxTokens} tokens that the model can read; cut them into sentences.");
        console.WriteLine($"{left} training pairs are longer than {engine.MaxTokens} tokens and left out.");
        return corpus with { Training = fitting };
    }

    private void Judge(ITranslatorEngine engine, SplitCorpus corpus, ITextCodec codec, CancellationToken cancellationToken)
    {
        Evaluation evaluation = Evaluation.Of(
            corpus.HeldOut, sentences => engine.Translate(sentences, options.Beam, cancellationToken), engines.Bleu);
        EvaluationView.ShowExamples(console, evaluation);
        if (codec is Vocabulary vocabulary)
        {
            WordDictionary dictionary = WordDictionary.Learn(corpus.Training, vocabulary);
            Evaluation baseline = Evaluation.Of(corpus.HeldOut, sentences => [.. sentences.Select(dictionary.Translate)], engines.Bleu);
            console.WriteLine(EvaluationView.BaselineLine(baseline));
        }

        console.WriteLine(EvaluationView.ExactLine(evaluation));
        console.WriteLine(EvaluationView.BleuLine(evaluation));
    }
}

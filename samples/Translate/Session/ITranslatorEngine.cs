using Translate.Corpus;

namespace Translate.Session;

/// <summary>A translating model, as the sample uses one: it learns from pairs, translates sentences and is saved to a folder.</summary>
internal interface ITranslatorEngine : IDisposable
{
    /// <summary>How text becomes numbers.</summary>
    ITextCodec Codec { get; }

    /// <summary>One line for the user: sizes, parameters, threads.</summary>
    string Description { get; }

    /// <summary>The longest sentence that is read whole, in the codec's numbers; what is behind is not translated.</summary>
    int MaxTokens { get; }

    /// <summary>Whether the model can read and write the pair whole.</summary>
    bool Fits(SentencePair pair);

    /// <summary>
    /// Learns from the training part. Begins from the job's checkpoint where there is one; when cancelled, saves a checkpoint there
    /// and says so by its result.
    /// </summary>
    /// <param name="job">What to learn, for how long, and where the checkpoint is.</param>
    /// <param name="progress">Told every few steps, on the training thread.</param>
    /// <param name="cancellationToken">Ends training after the step at hand.</param>
    /// <exception cref="InvalidDataException">The checkpoint belongs to other pairs, another vocabulary or another model.</exception>
    TrainingOutcome Train(TrainingJob job, IProgress<TrainingReport> progress, CancellationToken cancellationToken);

    /// <summary>Translates sentences, in order.</summary>
    /// <param name="sentences">Source sentences.</param>
    /// <param name="beam">Beams of the search; 1 is greedy.</param>
    /// <param name="cancellationToken">Ends the search with <see cref="OperationCanceledException"/>.</param>
    IReadOnlyList<string> Translate(IReadOnlyList<string> sentences, int beam, CancellationToken cancellationToken);

    /// <summary>Writes weights, architecture and codec into a folder that exists.</summary>
    void Save(string directory);
}

/// <summary>Makes engines, new or saved.</summary>
internal interface ITranslatorEngineFactory
{
    /// <summary>A codec learned from a user's own pairs, where no word list would do.</summary>
    ITextCodec LearnCodec(IReadOnlyList<SentencePair> training);

    /// <summary>An untrained model.</summary>
    /// <param name="codec">How text becomes numbers; its count is the vocabulary.</param>
    /// <param name="threads">Threads to compute with.</param>
    ITranslatorEngine Create(ITextCodec codec, int threads);

    /// <summary>Reads what <see cref="ITranslatorEngine.Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The folder holds no such model, or a damaged one.</exception>
    ITranslatorEngine Load(string directory, int threads);

    /// <summary>Corpus BLEU from 0 to 100, as sacreBLEU computes it.</summary>
    double Bleu(IReadOnlyList<string> translations, IReadOnlyList<string> references);
}

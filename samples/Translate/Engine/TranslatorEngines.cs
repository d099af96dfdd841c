using TransformerGen.Training;
using Translate.Corpus;
using Translate.Session;

namespace Translate.Engine;

/// <summary>The two models of the sample, and how each is trained.</summary>
internal sealed class TranslatorEngines : ITranslatorEngineFactory
{
    // What the paper's schedule comes to at its highest, for a model of this width, is 1.0e-3; a norm before each sublayer bears a little more.
    private const double HighestRate = 1.25e-3;

    /// <summary>How <see cref="FrenchEnglish"/> is trained.</summary>
    public static TrainingRecipe Phrasebook { get; } = new()
    {
        BatchSize = 32,
        Epochs = _ => 18,
        Schedule = steps => LearningRateSchedule.Linear(2e-3, steps, warmup: Math.Min(150, steps / 4)),
        LabelSmoothing = 0.1,
    };

    /// <summary>
    /// How <see cref="PairTranslator"/> is trained: the paper's warm-up and decay, the warm-up shorter where there are few steps. It needs
    /// no end to be good, so that training can stop at any time.
    /// </summary>
    public static TrainingRecipe OwnPairs { get; } = new()
    {
        BatchSize = 64,
        Epochs = batches => Math.Clamp((4_000 + batches - 1) / batches, 8, 200),
        Schedule = steps =>
        {
            long warmup = Math.Clamp(steps / 4, 1, 400);
            return LearningRateSchedule.Noam(PairTranslator.Info.Width, warmup, factor: HighestRate * Math.Sqrt(PairTranslator.Info.Width * warmup));
        },
        LabelSmoothing = 0.1,
        Validates = true,
    };

    /// <inheritdoc/>
    public ITextCodec LearnCodec(IReadOnlyList<SentencePair> training) => PieceCodec.Learn(training, PairTranslator.Pieces);

    /// <inheritdoc/>
    public ITranslatorEngine Create(ITextCodec codec, int threads) => codec is Vocabulary
        ? TranslatorEngine<FrenchEnglish>.Create(codec, Phrasebook, threads)
        : TranslatorEngine<PairTranslator>.Create(codec, OwnPairs, threads);

    /// <inheritdoc/>
    public ITranslatorEngine Load(string directory, int threads)
    {
        if (File.Exists(Path.Combine(directory, Vocabulary.FileName)))
            return TranslatorEngine<FrenchEnglish>.Load(directory, Vocabulary.Load(directory), Phrasebook, threads);
        if (File.Exists(Path.Combine(directory, PieceCodec.FileName)))
            return TranslatorEngine<PairTranslator>.Load(directory, PieceCodec.Load(directory), OwnPairs, threads);
        throw new InvalidDataException(
            $"{directory} is no model of this program: it has neither {Vocabulary.FileName} nor {PieceCodec.FileName}. Name another folder with --model, or train a model there with --retrain.");
    }

    /// <inheritdoc/>
    public double Bleu(IReadOnlyList<string> translations, IReadOnlyList<string> references) =>
        TransformerGen.Text.Bleu.Corpus(translations, references).Score;
}

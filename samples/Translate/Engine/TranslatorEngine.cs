using System.Globalization;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Translate.Corpus;
using Translate.Session;

namespace Translate.Engine;

/// <summary>Trains a generated encoder-decoder on pairs, and translates with it.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
internal sealed class TranslatorEngine<TModel> : ITranslatorEngine
    where TModel : class, ITrainable<TModel>, IDisposable
{
    // Sentences that are decoded together: every weight is read once for all of them.
    private const int SentencesPerBatch = 64;

    private readonly TrainingRecipe recipe;
    private readonly Team team;
    private readonly int[] neverWritten;
    private TModel model;

    private TranslatorEngine(TModel model, ITextCodec codec, TrainingRecipe recipe, Team team)
    {
        (this.model, Codec, this.recipe, this.team) = (model, codec, recipe, team);
        neverWritten = [TModel.Info.PadId, TModel.Info.BeginId, .. Enumerable.Range(codec.Count, TModel.Info.Vocabulary - codec.Count)];
    }

    /// <inheritdoc/>
    public ITextCodec Codec { get; }

    /// <inheritdoc/>
    public string Description => string.Create(
        CultureInfo.InvariantCulture,
        $"{TModel.Info.Name}: {TModel.Info.ParameterCount:N0} parameters, width {TModel.Info.Width}, at most {TModel.Info.MaxLength} tokens, {Threads}.");

    /// <inheritdoc/>
    public int MaxTokens => TModel.Info.MaxLength - 1;

    private string Threads => team.Threads == 1 ? "1 thread" : $"{team.Threads} threads";

    /// <summary>A model with fresh weights.</summary>
    /// <param name="codec">How text becomes numbers.</param>
    /// <param name="recipe">How it will be trained.</param>
    /// <param name="threads">Threads to compute with.</param>
    public static TranslatorEngine<TModel> Create(ITextCodec codec, TrainingRecipe recipe, int threads)
    {
        RequireRoom(codec);
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        WeightInitializer.Initialize(weights, recipe.Seed);
        return new(TModel.Wrap(weights), codec, recipe, new Team(threads));
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="codec">The codec that was saved there.</param>
    /// <param name="recipe">How it would be trained.</param>
    /// <param name="threads">Threads to compute with.</param>
    public static TranslatorEngine<TModel> Load(string directory, ITextCodec codec, TrainingRecipe recipe, int threads)
    {
        RequireRoom(codec);
        return new(ModelFiles.Load<TModel>(directory), codec, recipe, new Team(threads));
    }

    /// <inheritdoc/>
    public bool Fits(SentencePair pair) => Examples.Fit(pair, Codec, TModel.Info);

    /// <inheritdoc/>
    public TrainingOutcome Train(TrainingJob job, IProgress<TrainingReport> progress, CancellationToken cancellationToken)
    {
        var source = new ShuffledSource(Examples.Of(job.Corpus.Training, Codec, TModel.Info), recipe.BatchSize, recipe.Seed);
        ShuffledSource? validation = recipe.Validates && job.Corpus.HeldOut.Count > 0
            ? new ShuffledSource(Examples.Of(job.Corpus.HeldOut, Codec, TModel.Info), recipe.BatchSize)
            : null;
        int epochs = job.Epochs ?? recipe.Epochs(source.BatchesPerEpoch);
        using Trainer<TModel> trainer = Begin(job.CheckpointPath, new TrainerOptions
        {
            Optimizer = recipe.Optimizer,
            Schedule = recipe.Schedule((long)epochs * source.BatchesPerEpoch),
            Seed = recipe.Seed,
            Dropout = recipe.Dropout,
            LabelSmoothing = recipe.LabelSmoothing,
            ClipNorm = recipe.ClipNorm,
            Data = Examples.Fingerprint(job.Corpus.Training, Codec),
        });
        return new TrainingRun<TModel>(trainer, source, validation, epochs).Run(job, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Translate(IReadOnlyList<string> sentences, int beam, CancellationToken cancellationToken)
    {
        model.Sessions().Team = team;
        var options = new GenerationOptions { MaxNewTokens = TModel.Info.MaxLength, Beams = beam, SuppressTokens = neverWritten };
        int[][] sources = [.. sentences.Select(sentence => Examples.Source(sentence, Codec, TModel.Info))];
        string[] translations = new string[sources.Length];

        // Sentences of about one length end together, so that a batch stays full.
        foreach (int[] batch in Enumerable.Range(0, sources.Length).OrderBy(index => sources[index].Length).Chunk(SentencesPerBatch))
        {
            GenerationResult result = model.Generate([.. batch.Select(index => sources[index])], options, cancellationToken: cancellationToken);
            for (int i = 0; i < batch.Length; i++) translations[batch[i]] = Codec.Decode(result[i].Generated);
        }

        return translations;
    }

    /// <inheritdoc/>
    public void Save(string directory)
    {
        model.Save(directory);
        Codec.Save(directory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        model.Sessions().Dispose();
        model.Dispose();
        team.Dispose();
    }

    private static void RequireRoom(ITextCodec codec)
    {
        if (codec.Count > TModel.Info.Vocabulary)
        {
            throw new InvalidDataException(
                $"The vocabulary has {codec.Count} tokens, but {TModel.Info.Name} was compiled for {TModel.Info.Vocabulary}. " +
                "Give its attribute a larger vocab, or train with the vocabulary it was made for.");
        }
    }

    /// <summary>A trainer at the first step, or where the checkpoint was saved; the engine then has the checkpoint's weights.</summary>
    private Trainer<TModel> Begin(string checkpoint, TrainerOptions options)
    {
        if (!File.Exists(checkpoint)) return new(model, options, team);
        Trainer<TModel> trainer;
        try
        {
            trainer = Trainer<TModel>.Resume(checkpoint, options, team);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new InvalidDataException($"Training cannot be resumed. {error.Message} --retrain drops the checkpoint and starts anew.", error);
        }

        model.Dispose();
        model = trainer.Model;
        return trainer;
    }
}

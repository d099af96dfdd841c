using TransformerGen.Training;
using Translate.Corpus;
using Translate.Engine;
using Translate.Session;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>The sample's engine on a corpus of a few sentences: it learns, is saved and loaded, and resumes to the last bit.</summary>
public sealed class TranslatorEngineTests : IDisposable
{
    private static readonly SplitCorpus Corpus = Phrasebook.Create(count: 100, heldOut: 0);

    private static readonly TrainingRecipe Recipe = new()
    {
        BatchSize = 20,
        Epochs = _ => 4,
        Schedule = steps => LearningRateSchedule.Linear(2e-3, steps, warmup: 4),
        LabelSmoothing = 0.1,
    };

    private readonly string folder = Directory.CreateTempSubdirectory("translate-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Training_lowers_the_loss_and_a_saved_engine_translates_the_same()
    {
        string model = Directory.CreateDirectory(Path.Combine(folder, "model")).FullName;
        using var engine = New();
        var reports = new Reports();
        Assert.Equal(TrainingOutcome.Finished, engine.Train(Job(), reports, CancellationToken.None));
        Assert.Equal((20, 20), (reports.All[^1].Step, reports.All[^1].TotalSteps));
        // Uniform guessing costs ln 704 = 6.6; the untrained model is above that, and twenty steps teach it the frequent words.
        Assert.InRange(reports.All[0].Loss, 6, 12);
        Assert.True(reports.All[^1].Loss < reports.All[0].Loss - 1, $"The loss went from {reports.All[0].Loss} to {reports.All[^1].Loss}.");

        engine.Save(model);
        using ITranslatorEngine loaded = new TranslatorEngines().Load(model, threads: 1);
        string[] sentences = [.. Corpus.Training.Take(70).Select(pair => pair.Source)];
        IReadOnlyList<string> expected = engine.Translate(sentences, beam: 1, CancellationToken.None);
        Assert.Equal(expected, loaded.Translate(sentences, beam: 1, CancellationToken.None));
        // Neither the other sentences of the batch nor their order matter.
        Assert.Equal(expected[7], Assert.Single(loaded.Translate([sentences[7]], beam: 1, CancellationToken.None)));
        Assert.Equal(
            engine.Translate(sentences[..5], beam: 3, CancellationToken.None), loaded.Translate(sentences[..5], beam: 3, CancellationToken.None));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_resumed_training_ends_with_the_bits_of_one_that_was_never_interrupted(int threads)
    {
        using TranslatorEngine<FrenchEnglish> whole = New();
        whole.Train(Job(), new Reports(), CancellationToken.None);

        using var interrupt = new CancellationTokenSource();
        using (TranslatorEngine<FrenchEnglish> first = New(threads))
        {
            // The first report comes behind step 1, in the middle of an epoch.
            Assert.Equal(TrainingOutcome.Interrupted, first.Train(Job(), new Reports(_ => interrupt.Cancel()), interrupt.Token));
            Assert.True(File.Exists(Job().CheckpointPath));
        }

        using TranslatorEngine<FrenchEnglish> second = New(threads);
        var reports = new Reports();
        Assert.Equal(TrainingOutcome.Finished, second.Train(Job(), reports, CancellationToken.None));
        Assert.Equal(2, reports.All[0].Step);
        Assert.Equal(Weights(whole), Weights(second));
    }

    [Fact]
    public void A_checkpoint_of_other_pairs_is_refused_with_the_way_out()
    {
        using var interrupt = new CancellationTokenSource();
        using TranslatorEngine<FrenchEnglish> first = New();
        first.Train(Job(), new Reports(_ => interrupt.Cancel()), interrupt.Token);

        SplitCorpus other = Corpus with { Training = [.. Corpus.Training.Skip(1)] };
        using var second = TranslatorEngine<FrenchEnglish>.Create(Vocabulary.Build(other.Training), Recipe, threads: 1);
        var error = Assert.Throws<InvalidDataException>(() => second.Train(Job() with { Corpus = other }, new Reports(), CancellationToken.None));
        Assert.Contains("another data: '100 pairs", error.Message, StringComparison.Ordinal);
        Assert.Contains("--retrain", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        using var interrupt = new CancellationTokenSource();
        using TranslatorEngine<FrenchEnglish> first = New();
        first.Train(Job(), new Reports(_ => interrupt.Cancel()), interrupt.Token);

        using var second = TranslatorEngine<PairTranslator>.Create(PieceCodec.Learn(Corpus.Training, PairTranslator.Pieces), Recipe, threads: 1);
        var error = Assert.Throws<InvalidDataException>(() => second.Train(Job(), new Reports(), CancellationToken.None));
        Assert.Contains("d_model is 128; the class was compiled with 256", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_limit_ends_training_as_if_it_were_done()
    {
        using TranslatorEngine<FrenchEnglish> engine = New();
        TrainingJob job = Job() with { Epochs = 100_000, Limit = TimeSpan.FromMilliseconds(1) };
        Assert.Equal(TrainingOutcome.Finished, engine.Train(job, new Reports(), CancellationToken.None));
    }

    [Fact]
    public void A_folder_without_a_model_is_named()
    {
        var error = Assert.Throws<InvalidDataException>(() => new TranslatorEngines().Load(folder, threads: 1));
        Assert.StartsWith(folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_the_model_has_no_rows_for_is_refused()
    {
        SentencePair[] pairs = [.. Enumerable.Range(0, 500).Select(i => new SentencePair($"a{i}", $"b{i}", $"{i}"))];
        var error = Assert.Throws<InvalidDataException>(() => TranslatorEngine<FrenchEnglish>.Create(Vocabulary.Build(pairs), Recipe, threads: 1));
        Assert.Contains("1004 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentences_that_are_too_long_are_known_and_cut()
    {
        using TranslatorEngine<FrenchEnglish> engine = New();
        string longest = string.Join(' ', Enumerable.Repeat("le", engine.MaxTokens));
        Assert.True(engine.Fits(new(longest, longest, "")));
        Assert.False(engine.Fits(new(longest + " le", longest, "")));
        Assert.False(engine.Fits(new(longest, longest + " le", "")));
        Assert.Equal(
            engine.Translate([longest], beam: 1, CancellationToken.None), engine.Translate([longest + " le le"], beam: 1, CancellationToken.None));
    }

    [Fact]
    public void Pieces_are_saved_and_write_every_text()
    {
        PieceCodec codec = PieceCodec.Learn(Corpus.Training, 400);
        codec.Save(folder);
        PieceCodec loaded = PieceCodec.Load(folder);
        const string text = "Où est-elle ? </s> 猫 🙂";
        Assert.Equal(400, codec.Count);
        Assert.Equal(codec.Encode(text), loaded.Encode(text));
        Assert.DoesNotContain(PieceCodec.End, codec.Encode(text));
        Assert.Equal(text, loaded.Decode([PieceCodec.Begin, .. codec.Encode(text), PieceCodec.End, 300]));
    }

    private static TranslatorEngine<FrenchEnglish> New(int threads = 1) =>
        TranslatorEngine<FrenchEnglish>.Create(Vocabulary.Build(Corpus.Training), Recipe, threads);

    private TrainingJob Job() => new(Corpus, Epochs: null, Limit: null, Path.Combine(folder, "state.checkpoint"));

    private byte[] Weights(TranslatorEngine<FrenchEnglish> engine)
    {
        string saved = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString())).FullName;
        engine.Save(saved);
        return File.ReadAllBytes(Path.Combine(saved, "model.safetensors"));
    }

    private sealed class Reports(Action<TrainingReport>? then = null) : IProgress<TrainingReport>
    {
        public List<TrainingReport> All { get; } = [];

        public void Report(TrainingReport value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}

using TransformerGen.Embeddings;
using Xunit;

namespace TransformerGen.Tests.Embeddings;

/// <summary>Steps are gradient descent on the losses; runs are a function of corpus, options and seed, whether interrupted or not.</summary>
public sealed class WordVectorTrainerTests
{
    private static readonly WordCorpus Toy = ToyLanguage.Corpus(seed: 3, sentences: 400);

    public static TheoryData<Word2VecModel, Word2VecObjective> Kinds => new()
    {
        { Word2VecModel.SkipGram, Word2VecObjective.NegativeSampling },
        { Word2VecModel.SkipGram, Word2VecObjective.FullSoftmax },
        { Word2VecModel.Cbow, Word2VecObjective.NegativeSampling },
        { Word2VecModel.Cbow, Word2VecObjective.FullSoftmax },
    };

    [Theory]
    [InlineData(Word2VecModel.SkipGram)]
    [InlineData(Word2VecModel.Cbow)]
    public void A_run_is_gradient_descent_on_the_loss_at_a_rate_that_falls(Word2VecModel model)
    {
        // Three sentences of two words: two predictions each, one behind the other, the rate constant within a sentence.
        WordCorpus corpus = WordCorpus.Create([["a", "b"], ["b", "c"], ["a", "c"]], minimumCount: 1);
        var options = new Word2VecOptions { Model = model, Objective = Word2VecObjective.FullSoftmax, Dimension = 5, Window = 1, Subsample = 0, Epochs = 2, LearningRate = 0.5, SmallestRateFactor = 0.3 };
        float[] inputs = new Word2VecTrainer(corpus, options).Vectors().Elements.ToArray(), outputs = new float[15], inputGradient = new float[15], outputGradient = new float[15];
        for (int step = 0; step < 12; step++)
        {
            float rate = 0.5f * (float)Math.Max(0.3, 1 - (step / 2 / 6.0));
            ReadOnlySpan<int> sentence = corpus.Sentence(step / 2 % 3);
            var sample = new Word2VecSample(sentence[step % 2], [sentence[1 - (step % 2)]], []);
            WordVectorLosses.Word2Vec(model, options.Objective, [sample], 5, inputs, outputs, inputGradient, outputGradient);
            for (int i = 0; i < 15; i++)
            {
                inputs[i] -= rate * inputGradient[i];
                outputs[i] -= rate * outputGradient[i];
            }
        }

        var trainer = new Word2VecTrainer(corpus, options);
        Assert.True(trainer.Fit().Completed);

        // Elements up to about 1; twelve steps, each rounding once more or less than the lines above.
        for (int i = 0; i < 15; i++)
        {
            Assert.Equal(inputs[i], trainer.Vectors().Elements[i], 2e-6f);
            Assert.Equal(outputs[i], trainer.OutputVectors().Elements[i], 2e-6f);
        }
    }

    [Fact]
    public void A_step_of_GloVe_is_AdaGrad_on_the_loss()
    {
        var vocabulary = new WordVocabulary(["a", "b"]);
        CooccurrencePair[] pairs = [new(0, 1, 7)];
        float[] Vectors(int epochs)
        {
            var trainer = new GloVeTrainer(vocabulary, pairs, new GloVeOptions { Dimension = 3, Epochs = epochs, LearningRate = 0.5 });
            trainer.Fit();
            return trainer.Vectors().Elements.ToArray();
        }

        // Only w_a and c_b move; the vectors are the sums w + c, so both changes are seen alone: d(w_a) = -rate·g·c_b, d(c_b) = -rate·g·w_a.
        float[] fresh = FreshGloVe(vocabulary, pairs, out float[] words, out float[] contexts, out float bias);
        double score = bias;
        for (int i = 0; i < 3; i++)
        {
            score += words[i] * contexts[3 + i];
        }

        double gradient = 2 * Math.Pow(7 / 100.0, 0.75) * (score - Math.Log(7));
        float[] once = Vectors(1);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(fresh[i] - (0.5 * gradient * contexts[3 + i]), once[i], 1e-6);
            Assert.Equal(fresh[3 + i] - (0.5 * gradient * words[i]), once[3 + i], 1e-6);
        }

        Assert.NotEqual(once, Vectors(2));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Word2vec_is_a_function_of_its_seed_whether_interrupted_or_not(Word2VecModel model, Word2VecObjective objective)
    {
        Word2VecOptions options = new() { Model = model, Objective = objective, Dimension = 12, Epochs = 2, Subsample = 1e-2 };
        float[] whole = Train(options, 0), again = Train(options, 0), interrupted = Train(options, 3), other = Train(options with { Seed = 2 }, 0);
        Assert.Equal(whole, again);
        Assert.Equal(whole, interrupted);
        Assert.NotEqual(whole, other);

        static float[] Train(Word2VecOptions options, int interruptions)
        {
            var trainer = new Word2VecTrainer(WordCorpus.Create(Enumerable.Range(0, 40).SelectMany(_ => Sentences(Toy)), 1), options);
            return Interrupted(interruptions, trainer.Fit, () => trainer.Vectors());
        }
    }

    [Fact]
    public void GloVe_is_a_function_of_its_seed_whether_interrupted_or_not()
    {
        GloVeOptions options = new() { Dimension = 12, Epochs = 6 };
        float[] whole = Train(options, 0), again = Train(options, 0), interrupted = Train(options, 3), other = Train(options with { Seed = 2 }, 0);
        Assert.Equal(whole, again);
        Assert.Equal(whole, interrupted);
        Assert.NotEqual(whole, other);

        static float[] Train(GloVeOptions options, int interruptions)
        {
            var trainer = new GloVeTrainer(Toy, options);
            return Interrupted(interruptions, trainer.Fit, () => trainer.Vectors());
        }
    }

    [Fact]
    public void Losses_fall_and_progress_counts_to_the_end()
    {
        var reports = new List<WordVectorProgress>();
        WordCorpus corpus = WordCorpus.Create(Enumerable.Range(0, 20).SelectMany(_ => Sentences(Toy)), 1);
        WordVectorFit fit = new Word2VecTrainer(corpus, new Word2VecOptions { Dimension = 10, Epochs = 3 }).Fit(new Reports(reports.Add));
        Assert.True(fit.Completed);
        Assert.True(reports.Count > 3);
        Assert.Equal(3L * corpus.WordCount, reports[^1].Done);
        Assert.All(reports, report => Assert.Equal(3L * corpus.WordCount, report.Total));
        Assert.True(reports.Select(report => report.Done).SequenceEqual(reports.Select(report => report.Done).Order()));
        Assert.True(reports[^1].LearningRate < 0.01 * reports[0].LearningRate);

        // A fresh prediction with 5 negatives costs 6 log 2, less where a draw was the target.
        Assert.InRange(reports[0].Loss, 2, 6 * Math.Log(2));
        Assert.True(fit.Loss < 0.85 * reports[0].Loss, $"{reports[0].Loss} fell to {fit.Loss} only.");

        reports.Clear();
        fit = new GloVeTrainer(Toy, new GloVeOptions { Dimension = 10 }).Fit(new Reports(reports.Add));
        Assert.Equal(25, reports.Select(report => report.Epoch).Distinct().Count());
        Assert.Equal(reports[^1].Total, reports[^1].Done);
        Assert.True(fit.Loss < 0.1 * reports[0].Loss, $"{reports[0].Loss} fell to {fit.Loss} only.");
        Assert.Equal(fit.Loss, reports[^1].Loss, 1e-12);
    }

    [Fact]
    public void Steps_allocate_nothing()
    {
        var trainer = new Word2VecTrainer(WordCorpus.Create(Enumerable.Range(0, 20).SelectMany(_ => Sentences(Toy)), 1), new Word2VecOptions { Dimension = 10 });
        trainer.Fit(null, new CancellationToken(true));
        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Fit();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 0);
    }

    [Fact]
    public void A_rate_that_is_too_high_is_reported_and_options_are_checked()
    {
        Assert.Contains("LearningRate", Assert.Throws<NotFiniteNumberException>(() => new Word2VecTrainer(Toy, new Word2VecOptions { LearningRate = 1e30, Dimension = 8 }).Fit()).Message, StringComparison.Ordinal);
        Assert.Contains("LearningRate", Assert.Throws<NotFiniteNumberException>(() => new GloVeTrainer(Toy, new GloVeOptions { LearningRate = 1e30, Dimension = 8 }).Fit()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("Dimension", () => new Word2VecTrainer(Toy, new Word2VecOptions { Dimension = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("Negatives", () => new Word2VecTrainer(Toy, new Word2VecOptions { Negatives = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("Window", () => new GloVeTrainer(Toy, new GloVeOptions { Window = 0 }));
        Assert.Contains("co-occurrences", Assert.Throws<ArgumentException>(() => new GloVeTrainer(WordCorpus.Create([["a"], ["b"]], 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negative_words_are_drawn_in_proportion_to_their_counts_to_the_three_quarters()
    {
        long[] counts = [10_000, 1000, 100, 10, 1, 1];
        var table = new NegativeTable(counts, 0.75);
        var random = new WordRandom(5, 0, 0);
        int[] drawn = new int[counts.Length];
        const int Draws = 400_000;
        for (int i = 0; i < Draws; i++)
        {
            drawn[table.Draw(ref random)]++;
        }

        double sum = counts.Sum(count => Math.Pow(count, 0.75));
        for (int i = 0; i < counts.Length; i++)
        {
            // Five standard deviations of a binomial number.
            double expected = Draws * Math.Pow(counts[i], 0.75) / sum;
            Assert.InRange(drawn[i], expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void Co_occurrences_count_one_over_the_distance_in_both_directions()
    {
        WordCorpus corpus = WordCorpus.Create([["a", "b", "a", "c"], ["c", "c"]], 1);
        var x = Cooccurrences.Count(corpus, 2).ToDictionary(p => (corpus.Vocabulary.Words[p.Word], corpus.Vocabulary.Words[p.Context]), p => p.Count);
        var expected = new Dictionary<(string, string), double>
        {
            [("a", "b")] = 2,
            [("b", "a")] = 2,
            [("a", "a")] = 1,
            [("b", "c")] = 0.5,
            [("c", "b")] = 0.5,
            [("a", "c")] = 1,
            [("c", "a")] = 1,
            [("c", "c")] = 2,
        };
        Assert.Equal(expected.OrderBy(e => e.Key), x.OrderBy(e => e.Key));
    }

    private static float[] FreshGloVe(WordVocabulary vocabulary, CooccurrencePair[] pairs, out float[] words, out float[] contexts, out float bias)
    {
        // The trainer's own beginning: words, contexts, then the two biases of each word, uniform in ±1 / (2d).
        var random = new WordRandom(1, -1, 0);
        (words, contexts) = (new float[6], new float[6]);
        for (int i = 0; i < 6; i++) words[i] = (float)((random.NextDouble() - 0.5) / 3);
        for (int i = 0; i < 6; i++) contexts[i] = (float)((random.NextDouble() - 0.5) / 3);
        float[] biases = [.. Enumerable.Range(0, 4).Select(_ => (float)((random.NextDouble() - 0.5) / 3))];
        bias = biases[0] + biases[3];
        float[] fresh = new GloVeTrainer(vocabulary, pairs, new GloVeOptions { Dimension = 3 }).Vectors().Elements.ToArray();
        for (int i = 0; i < 6; i++) Assert.Equal(words[i] + contexts[i], fresh[i]);
        return fresh;
    }

    private static float[] Interrupted(int times, Func<IProgress<WordVectorProgress>?, CancellationToken, WordVectorFit> fit, Func<WordVectors> vectors)
    {
        for (int i = 0; i < times; i++)
        {
            using var source = new CancellationTokenSource();
            Assert.False(fit(new Reports(_ => source.Cancel()), source.Token).Completed);
        }

        Assert.True(fit(null, default).Completed);
        return vectors().Elements.ToArray();
    }

    private static IEnumerable<string[]> Sentences(WordCorpus corpus)
    {
        for (int s = 0; s < corpus.SentenceCount; s++)
        {
            yield return [.. corpus.Sentence(s).ToArray().Select(id => corpus.Vocabulary.Words[id])];
        }
    }

    private sealed class Reports(Action<WordVectorProgress> report) : IProgress<WordVectorProgress>
    {
        public void Report(WordVectorProgress value) => report(value);
    }
}

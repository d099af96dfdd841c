using TransformerGen.Embeddings;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Embeddings;

/// <summary>What vectors are for: words that are used alike lie near each other.</summary>
public sealed class WordVectorSenseTests(ITestOutputHelper output)
{
    public static TheoryData<string, int> Runs
    {
        get
        {
            var runs = new TheoryData<string, int>();
            foreach (string kind in (string[])["SkipGram NegativeSampling", "SkipGram FullSoftmax", "Cbow NegativeSampling", "Cbow FullSoftmax", "GloVe"])
            {
                for (int seed = 1; seed <= 3; seed++)
                {
                    runs.Add(kind, seed);
                }
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Words_of_a_class_are_nearer_than_across_classes(string kind, int seed)
    {
        WordCorpus corpus = ToyLanguage.Corpus(seed, sentences: 4000);
        WordVectors vectors = Train(kind, corpus, (ulong)seed);
        string[] words = [.. corpus.Vocabulary.Words.Where(word => ToyLanguage.Class(word) is not null)];
        Assert.Equal(72, words.Length);
        WordVectors centred = Centred(words, vectors);
        double within = Mean(words, centred, same: true), across = Mean(words, centred, same: false);
        double share = words.Average(word => vectors.Nearest(word, 7).Count(n => ToyLanguage.Class(n.Word) == ToyLanguage.Class(word)) / 7.0);
        output.WriteLine($"{kind}, seed {seed}: cosine {within:F3} within a class, {across:F3} across; {share:P1} of the 7 nearest are the class's other 7.");

        // By chance 7 of 80 other words, 9 %, would be of the class, and the two cosines equal.
        Assert.True(share > 0.8, $"Only {share:P1} of the nearest words are of the word's class.");
        Assert.True(within > across + 0.25, $"Cosine {within:F3} within a class, {across:F3} across.");
    }

    [SharedFact("data/text/tinyshakespeare.txt")]
    public void Neighbours_in_Shakespeare_make_sense()
    {
        WordCorpus corpus = WordCorpus.FromText(File.ReadAllText(SharedData.Find("data/text/tinyshakespeare.txt")));
        var trainer = new Word2VecTrainer(corpus, new Word2VecOptions { Dimension = 64, Epochs = 10, Subsample = 1e-4, LearningRate = 0.05 });
        output.WriteLine(trainer.Fit().ToString());
        WordVectors vectors = trainer.Vectors();
        foreach (string word in (string[])["king", "father", "hand", "death", "thou", "come", "day", "romeo"])
        {
            output.WriteLine($"{word}: {string.Join(", ", vectors.Nearest(word, 8).Select(n => $"{n.Word} {n.Similarity:F2}"))}");
        }

        // Pairs that belong together are nearer than the same words paired otherwise, on average and mostly.
        (string A, string B)[] pairs = [("father", "mother"), ("day", "night"), ("brother", "uncle"), ("hand", "sword"), ("life", "death"), ("romeo", "juliet"), ("king", "duke"), ("he", "she"), ("thee", "thou"), ("gentle", "sweet")];
        double together = pairs.Average(p => vectors.Similarity(p.A, p.B));
        double apart = pairs.SelectMany((p, i) => pairs.Where((_, j) => j != i).Select(q => (double)vectors.Similarity(p.A, q.B))).Average();
        output.WriteLine($"pairs {together:F3}, mixed {apart:F3}");
        Assert.True(together > apart + 0.1, $"Pairs have a mean cosine of {together:F3}, mixed ones {apart:F3}.");
    }

    private static WordVectors Train(string kind, WordCorpus corpus, ulong seed)
    {
        if (kind == "GloVe")
        {
            var glove = new GloVeTrainer(corpus, new GloVeOptions { Dimension = 16, Window = 5, Seed = seed });
            glove.Fit();
            return glove.Vectors();
        }

        string[] parts = kind.Split(' ');
        var trainer = new Word2VecTrainer(corpus, new Word2VecOptions
        {
            Model = Enum.Parse<Word2VecModel>(parts[0]),
            Objective = Enum.Parse<Word2VecObjective>(parts[1]),
            Dimension = 16,
            Window = 3,
            Epochs = 8,
            Subsample = 0,
            Seed = seed,
        });
        trainer.Fit();
        return trainer.Vectors();
    }

    /// <summary>
    /// Without what all words have in common: GloVe's vectors share a large component that says how frequent words are, so that all cosines are high and those
    /// of two methods cannot be compared (Mu and Viswanath 2018 subtract the mean for that reason).
    /// </summary>
    private static WordVectors Centred(string[] words, WordVectors vectors)
    {
        float[] elements = [.. words.SelectMany(word => vectors[word].ToArray())];
        for (int column = 0; column < vectors.Dimension; column++)
        {
            float mean = words.Average(word => vectors[word][column]);
            for (int row = 0; row < words.Length; row++)
            {
                elements[(row * vectors.Dimension) + column] -= mean;
            }
        }

        return new WordVectors(new WordVocabulary(words), vectors.Dimension, elements);
    }

    private static double Mean(string[] words, WordVectors vectors, bool same) =>
        words.SelectMany(a => words.Where(b => a != b && (ToyLanguage.Class(a) == ToyLanguage.Class(b)) == same).Select(b => (double)vectors.Similarity(a, b))).Average();
}

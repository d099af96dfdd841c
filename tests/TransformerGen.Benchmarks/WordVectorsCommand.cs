using TransformerGen.Embeddings;

namespace TransformerGen.Benchmarks;

/// <summary>Trains word vectors on a text and prints nearest neighbours.</summary>
internal static class WordVectorsCommand
{
    private const string Words = "king,father,death,day,sword,thou,come,romeo,sweet,war";

    /// <summary>For the list of commands.</summary>
    public static string Summary => "FILE: nearest neighbours after training: [--method skip-gram|cbow|glove] [--softmax] [--dimension 100] [--epochs N] [--window N] [--rate R] [--subsample 1e-3] [--minimum 5] [--seed 1] [--words a,b,c] [--analogy a,b,c] [--save FILE]";

    /// <summary>Some seconds for a megabyte of text.</summary>
    public static int Run(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-') || !File.Exists(args[0]))
        {
            Console.Error.WriteLine(args.Length == 0 || args[0].StartsWith('-') ? "word-vectors needs a text FILE." : $"There is no file {args[0]}.");
            return 2;
        }

        var options = new Options(args);
        WordCorpus corpus = WordCorpus.FromText(File.ReadAllText(args[0]), options.Number("minimum", 5));
        Console.WriteLine($"{corpus.WordCount:N0} words in {corpus.SentenceCount:N0} paragraphs, {corpus.Vocabulary.Count:N0} different ones");
        WordVectors vectors = Train(corpus, options);
        foreach (string word in options.Text("words", Words).Split(',').Where(word => vectors.Vocabulary.FindId(word) is not null))
        {
            Console.WriteLine($"{word,-10} {string.Join("  ", vectors.Nearest(word, 8).Select(n => $"{n.Word} {n.Similarity:F2}"))}");
        }

        if (options.Text("analogy", "").Split(',') is [string a, string b, string c])
        {
            Console.WriteLine($"{a} : {b} = {c} : {string.Join("  ", vectors.Analogy(a, b, c, 5).Select(n => $"{n.Word} {n.Similarity:F2}"))}");
        }

        if (options.Text("save", "") is { Length: > 0 } path)
        {
            vectors.SaveText(path);
        }

        return 0;
    }

    private static WordVectors Train(WordCorpus corpus, Options options)
    {
        string method = options.Text("method", "skip-gram");
        ulong seed = (ulong)options.Number("seed", 1);
        if (method == "glove")
        {
            var glove = new GloVeTrainer(corpus, new GloVeOptions
            {
                Dimension = options.Number("dimension", 100),
                Epochs = options.Number("epochs", 25),
                Window = options.Number("window", 10),
                LearningRate = Real(options, "rate", 0.05),
                Seed = seed,
            });
            Print(glove.Fit(), corpus, glove.Options.Epochs);
            return glove.Vectors();
        }

        var word2vec = new Word2VecTrainer(corpus, new Word2VecOptions
        {
            Model = method == "cbow" ? Word2VecModel.Cbow : Word2VecModel.SkipGram,
            Objective = options.Has("softmax") ? Word2VecObjective.FullSoftmax : Word2VecObjective.NegativeSampling,
            Dimension = options.Number("dimension", 100),
            Epochs = options.Number("epochs", 5),
            Window = options.Number("window", 5),
            LearningRate = options.Has("rate") ? Real(options, "rate", 0) : null,
            Subsample = Real(options, "subsample", 1e-3),
            Seed = seed,
        });
        Print(word2vec.Fit(), corpus, word2vec.Options.Epochs);
        return word2vec.Vectors();
    }

    private static void Print(WordVectorFit fit, WordCorpus corpus, int epochs) =>
        Console.WriteLine($"{epochs} epochs in {fit.Elapsed.TotalSeconds:F1} s, {corpus.WordCount * (double)epochs / fit.Elapsed.TotalSeconds:N0} words/s, mean loss of the last {fit.Loss:F4}");

    private static double Real(Options options, string name, double otherwise) =>
        double.Parse(options.Text(name, otherwise.ToString(System.Globalization.CultureInfo.InvariantCulture)), System.Globalization.CultureInfo.InvariantCulture);
}

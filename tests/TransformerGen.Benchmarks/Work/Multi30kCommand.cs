using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Text;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Work;

/// <summary>
/// Multi30k, French to English. Training: the same batches as a PyTorch run, its validation loss beside ours. --evaluate: a really trained translator,
/// its greedy and beam translations token by token, and BLEU.
/// </summary>
internal static class Multi30kCommand
{
    public const string Summary = "DIR [--epochs N] [--threads N] [--seed N]: train on a reference run's batches; DIR --evaluate: translate with the trained model";

    // Another seed of the reference run ends up to this far away.
    private const double SeedSpread = 0.15;

    public static int Run(string[] args)
    {
        if (args.Length == 0 || !Directory.Exists(args[0]))
        {
            Console.Error.WriteLine(args.Length == 0 ? "multi30k needs the folder of the reference run." : $"The folder '{args[0]}' does not exist.");
            return 2;
        }

        var corpus = new Multi30kCorpus(args[0]);
        var options = new Options(args);
        using var team = new Team(options.Number("threads", Math.Min(2, Environment.ProcessorCount)));
        return options.Has("evaluate") ? Evaluate(corpus, team) : Train(corpus, team, options.Number("epochs", 2), (ulong)options.Number("seed", 1));
    }

    private static int Train(Multi30kCorpus corpus, Team team, int epochs, ulong seed)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(corpus.Folder, "report.json")));
        List<(int[] Source, int[] Target)> train = corpus.Pairs("train");
        List<int[]> batches = corpus.Batches();
        List<TrainingBatch> validation = Validation(corpus);
        int perEpoch = report.RootElement.GetProperty("epochs")[0].GetProperty("step").GetInt32();

        using Multi30kTranslator model = Multi30kTranslator.Create(seed, team);
        var trainerOptions = new TrainerOptions
        {
            Optimizer = Optimizer.Adam(0.9, 0.98, 1e-9),
            Schedule = LearningRateSchedule.Noam(Multi30kTranslator.Info.Width, report.RootElement.GetProperty("warmup").GetInt32()),
            LabelSmoothing = report.RootElement.GetProperty("label_smoothing").GetDouble(),
            Dropout = report.RootElement.GetProperty("dropout").GetDouble(),
            Seed = seed,
        };
        using var trainer = new Trainer<Multi30kTranslator>(model, trainerOptions, team);
        var batch = new TrainingBatch(Multi30kTranslator.Info);
        bool near = true;
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            long start = Stopwatch.GetTimestamp();
            double sum = 0;
            for (int step = (epoch - 1) * perEpoch; step < epoch * perEpoch; step++)
            {
                batch.Clear();
                foreach (int line in batches[step])
                {
                    batch.AddTranslation(train[line].Source, train[line].Target);
                }

                sum += trainer.Step(batch).Loss;
                if ((step + 1) % 100 == 0)
                {
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step + 1}: loss {sum / (step + 1 - ((epoch - 1) * perEpoch)):F3} on average, {(step + 1 - ((epoch - 1) * perEpoch)) / Stopwatch.GetElapsedTime(start).TotalSeconds:F2} steps/s"));
                }
            }

            double rate = perEpoch / Stopwatch.GetElapsedTime(start).TotalSeconds, loss = trainer.Evaluate([.. validation]);
            double reference = report.RootElement.GetProperty("epochs")[epoch - 1].GetProperty("val_nll_per_token").GetDouble();
            near = Math.Abs(loss - reference) <= SeedSpread;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {epoch}: {rate:F2} steps/s with {team.Threads} threads, training loss {sum / perEpoch:F3}, validation loss {loss:F3}, PyTorch {reference:F3}, difference {loss - reference:+0.000;-0.000}"));
        }

        return near ? 0 : 1;
    }

    private static List<TrainingBatch> Validation(Multi30kCorpus corpus)
    {
        var batches = new List<TrainingBatch>();
        foreach ((int[] Source, int[] Target)[] pairs in corpus.Pairs("val").Chunk(64))
        {
            var batch = new TrainingBatch(Multi30kTranslator.Info);
            foreach ((int[] source, int[] target) in pairs)
            {
                batch.AddTranslation(source, target);
            }

            batches.Add(batch);
        }

        return batches;
    }

    private static int Evaluate(Multi30kCorpus corpus, Team team)
    {
        using Multi30kTranslator model = Multi30kTranslator.Load(Path.Combine(corpus.Folder, "model"), team);
        model.Sessions().Team = team;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(corpus.Folder, "model", "expected.json")));
        JsonElement root = expected.RootElement;
        int[][] sources = [.. corpus.Pairs("test_2016_flickr").Select(p => p.Source)];
        int room = Multi30kTranslator.Info.MaxLength - 1;

        long start = Stopwatch.GetTimestamp();
        int[][] greedy = Translate(model, sources, new GenerationOptions { MaxNewTokens = room }, out _);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int[][] wanted = [.. root.GetProperty("greedy").EnumerateArray().Select(Ids)];
        int equal = greedy.Zip(wanted, (a, b) => a.AsSpan().SequenceEqual(b)).Count(e => e);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"greedy equal {equal} of {wanted.Length}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"greedy {sources.Length / seconds:F1} sentences/s with {team.Threads} threads"));

        JsonElement beam = root.GetProperty("beam4");
        int beams = beam.GetArrayLength();
        start = Stopwatch.GetTimestamp();
        int[][] best = Translate(model, sources[..beams], new GenerationOptions { MaxNewTokens = room, Beams = 4, ReturnSequences = 4 }, out double[] scores);
        seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int beamEqual = 0;
        for (int i = 0; i < beams; i++)
        {
            (int[] ids, double score) = Best(beam[i]);
            if (best[i].AsSpan().SequenceEqual(ids) && Math.Abs(scores[i] - score) <= 1e-3)
            {
                beamEqual++;
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"beam equal {beamEqual} of {beams}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"beam 4 {beams / seconds:F1} sentences/s with {team.Threads} threads"));
        return PrintBleu(corpus, greedy, best) && equal >= wanted.Length - 3 && beamEqual >= beams - 1 ? 0 : 1;
    }

    /// <summary>Best translations, batches of sentences of like length, without the begin token.</summary>
    private static int[][] Translate(Multi30kTranslator model, int[][] sources, GenerationOptions options, out double[] scores)
    {
        var translations = new int[sources.Length][];
        scores = new double[sources.Length];
        int[] order = [.. Enumerable.Range(0, sources.Length).OrderBy(i => sources[i].Length)];
        foreach (int[] chunk in order.Chunk(50))
        {
            GenerationResult result = model.Generate([.. chunk.Select(i => sources[i])], options);
            for (int j = 0; j < chunk.Length; j++)
            {
                translations[chunk[j]] = result[j].Generated.ToArray();
                scores[chunk[j]] = result[j].Score ?? 0;
            }
        }

        return translations;
    }

    private static bool PrintBleu(Multi30kCorpus corpus, int[][] greedy, int[][] beam)
    {
        string references = Path.Combine(Testing.Repository.Shared, "data", "multi30k", "test_2016_flickr.en.gz");
        if (!File.Exists(references))
        {
            Console.WriteLine("BLEU skipped: the reference translations are not beside this checkout.");
            return true;
        }

        TextTokenizer tokenizer = TextTokenizer.Load(Path.Combine(corpus.Folder, "tokenizer.json"));
        using var reader = new StreamReader(new GZipStream(File.OpenRead(references), CompressionMode.Decompress));
        string[] english = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        double score = Bleu.Corpus([.. greedy.Select(g => tokenizer.Decode(g))], english).Score;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"BLEU {score:F2} greedy; {Bleu.Corpus([.. beam.Select(g => tokenizer.Decode(g))], english[..beam.Length]).Score:F2} beam 4 of the first {beam.Length}"));
        return Math.Abs(score - 44.55) <= 0.05;
    }

    private static (int[] Ids, double Score) Best(JsonElement beam)
    {
        int[] ids = Ids(beam.GetProperty("sequences")[0]);
        int end = Array.IndexOf(ids, Multi30kTranslator.Info.EndId);        // what follows it is filling
        return (end < 0 ? ids : ids[..(end + 1)], beam.GetProperty("scores")[0].GetDouble());
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(i => i.GetInt32())];
}

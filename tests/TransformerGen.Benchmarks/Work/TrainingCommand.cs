using System.Globalization;
using TransformerGen.Kernels;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Work;

/// <summary>W6: training steps per second of the encoder-decoder, batch 16 of 32 + 32 tokens, Adam, no dropout, fixed random ids.</summary>
internal static class TrainingCommand
{
    public const string Summary = "training steps per second of an encoder-decoder (d 256, 3 + 3 layers) [--threads N] [--json] [--rounds N: alternating with the peers]";

    private const int Sentences = 16, Length = 32;

    public static int Run(string[] args)
    {
        var options = new Options(args);
        int threads = options.Number("threads", 1);
        if (options.Has("rounds"))
        {
            return Rounds.Run("W6", threads, options, ["nn.Transformer", "sdpa"], "train_step");
        }

        if (!Verify())
        {
            return 1;
        }

        using var team = new Team(threads);
        using PaperSmall model = PaperSmall.CreateEmpty();
        WeightInitializer.Initialize(model.Weights, 1, team);
        using var trainer = new Trainer<PaperSmall>(model, Options(), team);
        TrainingBatch batch = Batch();
        double first = trainer.Step(batch).Loss, last = 0;
        List<double> seconds = Sampling.Seconds(() => last = trainer.Step(batch).Loss, options.Number("runs", 7), options.Number("warmup", 2));
        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Step(batch);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        string note = string.Create(CultureInfo.InvariantCulture, $"loss {first:F3} -> {last:F3}; {bytes} bytes allocated in a step");
        Figure figure = Figure.Of("W6", "transformergen", "generated", threads, "train_step", "steps/s", seconds.Select(s => 1 / s), note);
        Console.WriteLine(options.Has("json") ? figure.ToJson() : figure + "  " + note);
        return bytes == 0 ? 0 : 1;
    }

    private static TrainerOptions Options() => new() { Optimizer = Optimizer.Adam(0.9, 0.98, 1e-9), Schedule = LearningRateSchedule.Constant(1e-4) };

    private static TrainingBatch Batch()
    {
        var random = new Random(1);
        var batch = new TrainingBatch(PaperSmall.Info);
        for (int i = 0; i < Sentences; i++)
        {
            int[] Ids() => [.. Enumerable.Range(0, Length).Select(_ => random.Next(PaperSmall.Info.Vocabulary))];
            batch.AddPair(Ids(), Ids(), Ids());
        }

        return batch;
    }

    /// <summary>Before anything is timed: one thread and two give the same bits, and the loss of fresh weights falls.</summary>
    private static bool Verify()
    {
        var losses = new List<double[]>();
        foreach (int threads in (int[])[1, 2])
        {
            using var team = new Team(threads);
            using PaperSmall model = PaperSmall.CreateEmpty();
            WeightInitializer.Initialize(model.Weights, 1, team);
            using var trainer = new Trainer<PaperSmall>(model, Options(), team);
            TrainingBatch batch = Batch();
            losses.Add([.. Enumerable.Range(0, 4).Select(_ => trainer.Step(batch).Loss)]);
        }

        if (losses[0].SequenceEqual(losses[1]) && losses[0][3] < losses[0][0])
        {
            return true;
        }

        Console.Error.WriteLine($"The result is wrong, nothing was timed: losses with 1 thread {string.Join(", ", losses[0])}, with 2 {string.Join(", ", losses[1])}.");
        return false;
    }
}

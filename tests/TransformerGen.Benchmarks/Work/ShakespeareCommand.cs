using System.Diagnostics;
using System.Globalization;
using TransformerGen.Kernels;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Work;

/// <summary>
/// GPT-2 on the characters of Shakespeare's plays, from the same weights and on the same batches as a PyTorch run: the first losses step by step, then the
/// validation loss at every evaluation of that run.
/// </summary>
internal static class ShakespeareCommand
{
    public const string Summary = "DIR [--steps N] [--threads N] [--text FILE]: train from a reference run's weights on its batches; 1 when the losses differ";

    /// <summary>Steps whose losses agree to <see cref="RelativeBound"/>: rounding, which grows from step to step, is still far below it.</summary>
    private const int ComparedSteps = 100;

    private const double RelativeBound = 1e-3, ValidationBound = 0.03;

    public static int Run(string[] args)
    {
        if (args.Length == 0 || !Directory.Exists(args[0]))
        {
            Console.Error.WriteLine(args.Length == 0 ? "shakespeare needs the folder of the reference run." : $"The folder '{args[0]}' does not exist.");
            return 2;
        }

        var options = new Options(args);
        string text = options.Text("text", Path.Combine(Testing.Repository.Shared, "data", "text", "tinyshakespeare.txt"));
        if (!File.Exists(text))
        {
            Console.Error.WriteLine($"The text '{text}' does not exist; give its place with --text.");
            return 2;
        }

        using var team = new Team(options.Number("threads", Math.Min(2, Environment.ProcessorCount)));
        return Train(new ShakespeareRun(args[0], text), team, options.Number("steps", int.MaxValue));
    }

    private static int Train(ShakespeareRun run, Team team, int most)
    {
        int steps = Math.Min(most, run.Losses.Length);
        using ShakespeareGpt model = ShakespeareGpt.Load(run.Folder, team);
        var trainerOptions = new TrainerOptions
        {
            Optimizer = Optimizer.AdamW(0.9, 0.99, 1e-8, weightDecay: 0.1),
            Schedule = LearningRateSchedule.Cosine(1e-3, totalSteps: run.Losses.Length, warmup: 100, finalRate: 1e-4),
            ClipNorm = 1,
        };
        using var trainer = new Trainer<ShakespeareGpt>(model, trainerOptions, team);
        var batch = new TrainingBatch(ShakespeareGpt.Info);
        double worst = 0, apart = 0, last = double.NaN;
        long ticks = 0;
        for (int step = 1; step <= steps; step++)
        {
            batch.Clear();
            foreach (int offset in run.Offsets[step - 1])
            {
                run.Add(batch, offset);
            }

            long start = Stopwatch.GetTimestamp();
            StepResult result = trainer.Step(batch);
            ticks += Stopwatch.GetTimestamp() - start;
            double difference = Math.Abs(result.Loss - run.Losses[step - 1]) / run.Losses[step - 1];
            if (step <= ComparedSteps)
            {
                worst = Math.Max(worst, difference);
            }

            if (step % 100 == 0)
            {
                Console.Error.WriteLine(Text($"step {step}: loss {result.Loss:F4}, PyTorch {run.Losses[step - 1]:F4}, {step / Stopwatch.GetElapsedTime(0, ticks).TotalSeconds:F1} steps/s"));
            }

            if (run.Evaluations.TryGetValue(step, out double expected))
            {
                last = trainer.Evaluate([.. run.Validation()]);
                apart = last - expected;
                Console.WriteLine(Text($"step {step}: validation loss {last:F4}, PyTorch {expected:F4}, difference {Math.Abs(apart):E1}"));
            }
        }

        Console.WriteLine(Text($"the first {Math.Min(steps, ComparedSteps)} losses: largest relative difference {worst:E1} (at most {RelativeBound:E0})"));
        Console.WriteLine(double.IsNaN(last)
            ? "no evaluation of the reference run was reached"
            : Text($"the last validation loss: difference {Math.Abs(apart):E1} (at most {ValidationBound})"));
        Console.WriteLine(Text($"{steps / Stopwatch.GetElapsedTime(0, ticks).TotalSeconds:F1} steps/s with {team.Threads} threads"));
        return worst <= RelativeBound && Math.Abs(apart) <= ValidationBound ? 0 : 1;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

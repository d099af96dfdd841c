using System.Globalization;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Work;

/// <summary>W1: microseconds per token of a small decoder, 256 tokens from an empty cache, argmax included.</summary>
internal static class DecodingCommand
{
    public const string Summary = "microseconds per token of a small decoder (d 128, 4 layers) [--threads N] [--json] [--rounds N: alternating with the peers]";

    public static int Run(string[] args)
    {
        var options = new Options(args);
        int threads = options.Number("threads", 1);
        if (options.Has("rounds"))
        {
            return Rounds.Run("W1", threads, options, ["all"], "decode");
        }

        using var team = new Team(threads);
        using TinyGpt model = TinyGpt.CreateEmpty();
        WeightInitializer.Initialize(model.Weights, 1, team);
        using var session = new DecodingSession<TinyGpt>(model, team);
        int length = TinyGpt.Info.MaxLength;
        session.Reserve(length);
        var ids = new int[length + 1];
        void Generate()
        {
            session.Begin([0]);
            ids[0] = 1;
            for (int i = 0; i < length; i++)
            {
                session.Step(ids.AsSpan(i, 1), [1]);
                ids[i + 1] = Softmax.ArgMax(session.Logits(0));
            }
        }

        Generate();
        if (!Verify(model, ids.AsSpan(0, length)))
        {
            return 1;
        }

        List<double> seconds = Sampling.Seconds(Generate, options.Number("runs", 7), options.Number("warmup", 2));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Generate();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        string note = string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes allocated in {length} tokens");
        Figure figure = Figure.Of("W1", "transformergen", "generated", threads, "decode", "us/token", seconds.Select(s => s * 1e6 / length), note);
        Console.WriteLine(options.Has("json") ? figure.ToJson() : figure + "  " + note);
        return bytes == 0 ? 0 : 1;
    }

    /// <summary>Before anything is timed: the whole sequence at once gives the same tokens.</summary>
    private static bool Verify(TinyGpt model, ReadOnlySpan<int> ids)
    {
        float[] logits = model.Forward([ids.ToArray()])[0];
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * TinyGpt.Info.Vocabulary, TinyGpt.Info.Vocabulary);
            float best = row[Softmax.ArgMax(row)];
            if (best - row[ids[i + 1]] > 1e-4f)
            {
                Console.Error.WriteLine($"The result is wrong, nothing was timed: token {i + 1} is not the most probable one of the uncached pass.");
                return false;
            }
        }

        return true;
    }
}

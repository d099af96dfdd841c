using System.Diagnostics;
using System.Reflection;
using Microsoft.CodeAnalysis;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Costs;

/// <summary>Layers of one shape, each with a method of its own (as the generator writes them) against one method for all: size, compile time, first token, speed.</summary>
internal static class BodiesCommand
{
    private const int Steps = 32;

    /// <summary>For the list of commands.</summary>
    public static string Summary => "layers of one shape, emitted apart or sharing a method: [--only tiny|llama|gpt2] [--samples 9]";

    private static readonly (string Key, string Name, string Source, string? Config)[] s_models =
    [
        ("tiny", "decoder, 4 x 128", "[TransformerGen.TransformerModel(128, 4, 4, 512, Architecture = TransformerGen.Architecture.Decoder, FeedForward = 512, MaxLength = 256, NormPlacement = TransformerGen.NormPlacement.Pre)]", null),
        ("llama", "llama 30 x 576", "[TransformerGen.TransformerModel(\"config.json\")]", GeneratorCommand.Config("llama 30 x 576")),
        ("gpt2", "gpt2 124M", "[TransformerGen.TransformerModel(\"config.json\")]", GeneratorCommand.Config("gpt2 124M")),
    ];

    /// <summary>Prints two lines a model, and the ratio of their speeds; the two are timed by turns.</summary>
    public static int Run(string[] args)
    {
        var options = new Options(args);
        string only = options.Text("only", "");
        int samples = Math.Max(3, options.Number("samples", 9));
        foreach ((string key, string name, string source, string? config) in s_models)
        {
            if (only == "" || only == key)
            {
                Compare(name, source + "\npublic sealed partial class Model;", config, samples);
            }
        }

        return 0;
    }

    private static void Compare(string name, string source, string? config, int samples)
    {
        Compilation apart = GeneratedModel.Generate(source, config);
        (Compilation shared, int removed) = SharedBodies.Of(apart);
        (byte[] Image, double Milliseconds)[] built = Built([apart, shared]);
        var runs = new IForm[2];
        for (int i = 0; i < 2; i++)
        {
            Type model = InMemoryCompiler.Load(i == 0 ? apart : shared).GetType("Model", throwOnError: true)!;
            runs[i] = (IForm)Activator.CreateInstance(typeof(Form<>).MakeGenericType(model))!;
        }

        if (runs[0].Loss() != runs[1].Loss() || !runs[0].Tokens().SequenceEqual(runs[1].Tokens()))
        {
            throw new InvalidOperationException("The result is wrong, nothing was timed: the two forms differ.");
        }

        double[][] tokens = [new double[samples], new double[samples]], steps = [new double[samples], new double[samples]];
        for (int sample = 0; sample < samples; sample++)
        {
            for (int n = 0; n < 2; n++)
            {
                int i = (n + sample) % 2;
                tokens[i][sample] = Repeated(() => runs[i].Tokens()) / Steps * 1e6;
                steps[i][sample] = Repeated(() => runs[i].Loss());
            }
        }

        for (int i = 0; i < 2; i++)
        {
            FirstToken first = FirstToken.Measure(built[i].Image, 3);
            long characters = GeneratedModel.Files(i == 0 ? apart : shared).Sum(file => (long)file.Value.Length);
            Console.WriteLine(
                $"{name,-18} {(i == 0 ? "apart" : $"shared ({removed} methods fewer)"),-26} {characters / 1024,4} K characters, C# compiler {built[i].Milliseconds,5:F0} ms, assembly {built[i].Image.Length / 1024,4} KB, "
                + $"first token {first.Total,4:F0} ms (JIT {first.Jit:F0}), {Median(tokens[i]),8:F1} µs a token, {1 / Median(steps[i]),7:G4} training steps/s");
        }

        Console.WriteLine(
            $"{name,-18} apart is {Ratio(tokens):F3} times as fast decoding, {Ratio(steps):F3} times training (medians of {samples} pairs)");
        foreach (IForm run in runs)
        {
            run.Dispose();
        }
    }

    // By turns, medians of 5 behind one that warms up.
    private static (byte[] Image, double Milliseconds)[] Built(Compilation[] compilations)
    {
        var images = new byte[compilations.Length][];
        InMemoryCompiler.Emit(compilations[0].Clone());
        var times = new double[compilations.Length][];
        for (int sample = 0; sample < 5; sample++)
        {
            for (int i = 0; i < compilations.Length; i++)
            {
                // A compilation keeps what it has bound; a clone has not bound anything.
                Compilation fresh = compilations[i].Clone();
                (times[i] ??= new double[5])[sample] = 1000 * Time(() => images[i] = InMemoryCompiler.Emit(fresh));
            }
        }

        return [.. images.Select((image, i) => (image, Median(times[i])))];
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Seconds of one time, of as many as take a twentieth of a second.
    private static double Repeated(Action work)
    {
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            work();
            count++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < 0.05);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / count;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static double Ratio(double[][] seconds) => Median([.. seconds[1].Zip(seconds[0], (shared, apart) => shared / apart)]);

    private interface IForm : IDisposable
    {
        double Loss();

        int[] Tokens();
    }

    private sealed class Form<TModel> : IForm
        where TModel : class, ITrainable<TModel>
    {
        private readonly TModel _model;
        private readonly Trainer<TModel> _trainer;
        private readonly TrainingBatch _batch = new(TModel.Info);
        private readonly DecodingSession<TModel> _session;

        public Form()
        {
            var weights = new ModelWeights(TModel.Info, TModel.Pack);
            WeightInitializer.Initialize(weights, 1);
            _model = TModel.Wrap(weights);
            _session = new DecodingSession<TModel>(_model);
            _session.Reserve(Steps);
            _trainer = new Trainer<TModel>(_model, new TrainerOptions { Schedule = LearningRateSchedule.Constant(1e-6) });
            int[] ids = [.. Enumerable.Range(0, 33).Select(i => 37 * i % TModel.Info.Vocabulary)];
            _batch.Add(ids.AsSpan(0, 32), ids.AsSpan(1));
            // Until the layers' methods are compiled with optimisation, which happens behind some 30 calls of each and in the background.
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 2;)
            {
                Tokens();
            }
        }

        // One training step on 32 tokens.
        public double Loss() => _trainer.Step(_batch).Loss;

        public int[] Tokens()
        {
            var ids = new int[Steps + 1];
            _session.Begin([0]);
            for (int i = 0; i < Steps; i++)
            {
                _session.Step(ids.AsSpan(i, 1), [1]);
                ids[i + 1] = Softmax.ArgMax(_session.Logits(0));
            }

            return ids;
        }

        public void Dispose()
        {
            _session.Dispose();
            _trainer.Dispose();
            _model.Weights.Dispose();
        }
    }
}

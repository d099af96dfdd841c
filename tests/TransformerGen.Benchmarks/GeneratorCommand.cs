using System.Diagnostics;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Benchmarks;

/// <summary>What generating a model costs, by the number of layers: twice the layers, about twice the time and text.</summary>
internal static class GeneratorCommand
{
    private static readonly int[] s_layers = [1, 2, 4, 8, 16, 32];

    /// <summary>For the list of commands.</summary>
    public static string Summary => "milliseconds from Spec to C# by the number of layers: [--samples 9]";

    /// <summary>Prints one line for each number of layers; a few seconds.</summary>
    public static int Run(string[] args)
    {
        int samples = Math.Max(3, new Options(args).Number("samples", 9));
        Measure(s_layers[0], samples);      // warms up
        foreach (int layers in s_layers)
        {
            (double milliseconds, long characters) = Measure(layers, samples);
            Console.WriteLine($"{layers,2} + {layers,2} layers: {milliseconds,8:F2} ms, {milliseconds / layers,6:F2} ms a pair of layers, {characters / 1024,6} K characters");
        }

        return 0;
    }

    private static (double Milliseconds, long Characters) Measure(int layers, int samples)
    {
        ModelSpec spec = PaperFamily.Build(new PaperConfig { DModel = 256, Heads = 4, EncoderLayers = layers, DecoderLayers = layers, FeedForward = 1024, Vocab = 8000, Dropout = 0.1 });
        var target = new ModelTarget("Samples", "Model", new EquatableList<string>([]), "public", spec);
        var times = new double[samples];
        long characters = 0;
        for (int i = 0; i < samples; i++)
        {
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<GeneratedFile> files = ModelWriter.Write(target);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            characters = files.Sum(file => (long)file.Text.Length);
        }

        Array.Sort(times);
        return (times[samples / 2], characters);
    }
}

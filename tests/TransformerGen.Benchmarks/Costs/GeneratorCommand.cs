using System.Diagnostics;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Benchmarks.Costs;

/// <summary>
/// What a model costs before it computes: the generator's time and text by the number of layers (twice the layers, about twice of both), and for the shapes of
/// well-known checkpoints also the C# compiler's time, the assembly, and the time until a fresh process has its first token (random weights).
/// </summary>
internal static class GeneratorCommand
{
    private static readonly int[] s_layers = [1, 2, 4, 8, 16, 32];

    private static readonly (string Name, string Config)[] s_shapes =
    [
        ("gpt2 124M", """{ "model_type": "gpt2" }"""),
        ("llama 30 x 576", """{ "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30, "vocab_size": 49152, "tie_word_embeddings": true }"""),
        ("t5-small", """{ "model_type": "t5", "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8, "decoder_start_token_id": 0 }"""),
        ("bert-base", """{ "model_type": "bert", "architectures": ["BertForMaskedLM"] }"""),
    ];

    /// <summary>For the list of commands.</summary>
    public static string Summary => "milliseconds from Spec to C# by the number of layers, what well-known shapes cost to build, and until the first token: [--samples 9]";

    /// <summary>Prints one line for each number of layers and two or three for each shape; about two minutes, and 0.6 GB in the folder of temporary files while it runs.</summary>
    public static int Run(string[] args)
    {
        int samples = Math.Max(3, new Options(args).Number("samples", 9));
        Measure(Paper(s_layers[0]), samples);      // warms up
        foreach (int layers in s_layers)
        {
            (double milliseconds, long characters) = Measure(Paper(layers), samples);
            Console.WriteLine($"{layers,2} + {layers,2} layers: {milliseconds,8:F2} ms, {milliseconds / layers,6:F2} ms a pair of layers, {characters / 1024,6} K characters");
        }

        foreach ((string name, string config) in s_shapes)
        {
            foreach (bool training in (bool[])[true, false])
            {
                Shape(name + (training ? "" : ", inference only"), config, training, samples);
            }
        }

        return 0;
    }

    /// <summary>The config.json of one of the shapes.</summary>
    public static string Config(string shape) => s_shapes.Single(s => s.Name == shape).Config;

    private static void Shape(string name, string config, bool training, int samples)
    {
        var problems = new List<Diagnostic>();
        ModelSpec spec = ConfigFile.Read("config.json", config, problems).Spec ?? throw new InvalidOperationException(string.Join("; ", problems));
        (double milliseconds, long characters) = Measure(spec with { Options = new BuildOptions { Training = training } }, samples);
        string source = $"[TransformerGen.TransformerModel(\"config.json\"{(training ? "" : ", Training = false")})]\npublic sealed partial class Model;";
        var compiling = new double[3];
        byte[] image = [];
        for (int i = 0; i < compiling.Length; i++)
        {
            Compilation compilation = GeneratedModel.Generate(source, config);
            long start = Stopwatch.GetTimestamp();
            image = InMemoryCompiler.Emit(compilation);
            compiling[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(compiling);
        Console.WriteLine(
            $"{name,-32} generator {milliseconds,7:F1} ms, text {characters / 1024,5} K characters, C# compiler {compiling[1],6:F0} ms ({compiling[0]:F0} to {compiling[2]:F0}), assembly {image.Length / 1024,5} KB");
        if (!training)
        {
            FirstToken first = FirstToken.Measure(image, 3);
            Console.WriteLine(
                $"{name,-32} first token after {first.Total:F0} ms: process {first.Start:F0}, assembly {first.Assembly:F0}, weights {first.Weights:F0}, prompt and token {first.Token:F0}; "
                + $"in them the JIT {first.Jit:F0} ({first.Methods} methods). A further token {first.Next:F2} ms");
        }
    }

    private static ModelSpec Paper(int layers) =>
        PaperFamily.Build(new PaperConfig { DModel = 256, Heads = 4, EncoderLayers = layers, DecoderLayers = layers, FeedForward = 1024, Vocab = 8000, Dropout = 0.1 });

    private static (double Milliseconds, long Characters) Measure(ModelSpec spec, int samples)
    {
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

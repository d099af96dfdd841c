using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime;
using System.Runtime.Loader;
using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Costs;

/// <summary>
/// Milliseconds until a model answers, in a process of its own that nothing has warmed up: from the start of the process to its Main, loading the compiled model's assembly, loading
/// F32 weights from a file that the system has in memory, and the first token behind a prompt (or the first logits of an encoder). What the JIT compiles on the way is in each of them.
/// </summary>
/// <param name="Start">The process, up to Main.</param>
/// <param name="Assembly">The model's assembly and its class.</param>
/// <param name="Weights">Reading, checking and packing the weights.</param>
/// <param name="Token">The prompt and its first token, argmax included.</param>
/// <param name="Next">One further token (an encoder: the same tokens again), median.</param>
/// <param name="Jit">How much of it the JIT took up to the first token.</param>
/// <param name="Methods">Methods that it compiled.</param>
internal sealed record FirstToken(double Start, double Assembly, double Weights, double Token, double Next, double Jit, long Methods)
{
    /// <summary>Tokens of the prompt, or of the source.</summary>
    public const int Prompt = 16;

    /// <summary>For the list of commands.</summary>
    public static string Summary => "one process of the above: ASSEMBLY FOLDER TIMESTAMP";

    /// <summary>From the start of the process to the token.</summary>
    public double Total => Start + Assembly + Weights + Token;

    /// <summary>Writes the model with random weights to a temporary folder and starts a process for each sample.</summary>
    /// <param name="image">The assembly; its class is "Model".</param>
    /// <param name="samples">Processes.</param>
    /// <returns>The sample whose total is the median.</returns>
    public static FirstToken Measure(byte[] image, int samples)
    {
        string folder = Directory.CreateTempSubdirectory("first-token").FullName;
        try
        {
            string assembly = Path.Combine(folder, "Model.dll");
            File.WriteAllBytes(assembly, image);
            Type model = new AssemblyLoadContext("first-token", isCollectible: true).LoadFromStream(new MemoryStream(image)).GetType("Model", throwOnError: true)!;
            Call(nameof(Save), model, folder);
            FirstToken[] all = [.. Enumerable.Range(0, samples).Select(_ => Ask(assembly, folder)).OrderBy(sample => sample.Total)];
            return all[samples / 2];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The measured process.</summary>
    public static int Run(string[] args)
    {
        double start = Stopwatch.GetElapsedTime(long.Parse(args[2], CultureInfo.InvariantCulture)).TotalMilliseconds;
        long begin = Stopwatch.GetTimestamp();
        Type model = AssemblyLoadContext.Default.LoadFromAssemblyPath(args[0]).GetType("Model", throwOnError: true)!;
        double assembly = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        Console.WriteLine(JsonSerializer.Serialize((FirstToken)Call(nameof(Answer), model, args[1])! with { Start = start, Assembly = assembly }));
        return 0;
    }

    private static object? Call(string method, Type model, string folder) =>
        typeof(FirstToken).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(model).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [folder], null);

    private static void Save<TModel>(string folder)
        where TModel : class, ITransformer<TModel>
    {
        using var weights = new ModelWeights(TModel.Info, TModel.Pack);
        WeightInitializer.Initialize(weights, 1);
        TModel.Wrap(weights).Save(folder, maxShardBytes: long.MaxValue);
    }

    private static FirstToken Answer<TModel>(string folder)
        where TModel : class, ITransformer<TModel>
    {
        long begin = Stopwatch.GetTimestamp();
        TModel model = ModelFiles.Load<TModel>(folder);
        double weights = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        begin = Stopwatch.GetTimestamp();
        int[] prompt = [.. Enumerable.Range(0, Prompt).Select(i => 5 + (37 * i % (TModel.Info.Vocabulary - 5)))];
        Func<int> next = TModel.Info.HasDecoder ? Decoder(model, prompt) : () => Softmax.ArgMax(model.Forward([prompt])[0]);
        int answer = next();
        double token = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        (double jit, long methods) = (JitInfo.GetCompilationTime().TotalMilliseconds, JitInfo.GetCompiledMethodCount());
        var further = new double[Prompt];
        for (int i = 0; i < further.Length; i++)
        {
            begin = Stopwatch.GetTimestamp();
            next();
            further[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        Verify(model, prompt, answer);
        Array.Sort(further);
        return new FirstToken(0, 0, weights, token, further[further.Length / 2], jit, methods);
    }

    /// <summary>The next token: the first time of the prompt, then of the token before.</summary>
    private static Func<int> Decoder<TModel>(TModel model, int[] prompt)
        where TModel : class, ITransformer<TModel>
    {
        var session = new DecodingSession<TModel>(model, Team.Alone);
        int[] tokens = prompt;
        if (TModel.Info.HasEncoder)
        {
            session.Encode([prompt]);
            tokens = [TModel.Info.BeginId];
        }

        session.Begin([0]);
        return () =>
        {
            session.Step(tokens, [tokens.Length]);
            tokens = [Softmax.ArgMax(session.Logits(0))];
            return tokens[0];
        };
    }

    /// <summary>The whole prompt at once has the same answer.</summary>
    private static void Verify<TModel>(TModel model, int[] prompt, int answer)
        where TModel : class, ITransformer<TModel>
    {
        float[] logits = TModel.Info is { HasEncoder: true, HasDecoder: true } ? model.Forward([prompt], [[TModel.Info.BeginId]])[0] : model.Forward([prompt])[0];
        ReadOnlySpan<float> row = TModel.Info.HasDecoder ? logits.AsSpan(logits.Length - TModel.Info.Vocabulary) : logits;
        float best = row[Softmax.ArgMax(row)];
        if (best - row[answer] > 1e-4f)
        {
            throw new InvalidOperationException($"The result is wrong: token {answer} has the logit {row[answer]} in the uncached pass, whose best is {best}.");
        }
    }

    private static FirstToken Ask(string assembly, string folder)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        // What a user's program has by default; this one is set otherwise.
        start.Environment["DOTNET_TieredPGO"] = "1";
        foreach (string argument in (string[])[typeof(FirstToken).Assembly.Location, "first-token", assembly, folder, Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<FirstToken>(output)!
            : throw new InvalidOperationException($"The process that was to give a first token ended with exit code {process.ExitCode}.");
    }
}

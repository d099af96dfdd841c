using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using TransformerGen.Generator;

namespace TransformerGen.Testing;

/// <summary>Runs the real generator on a config.json or an attribute in memory, compiles what it writes and loads the class.</summary>
public static class GeneratedModel
{
    private static int s_count;
    private static long s_generatorTicks, s_compilerTicks;

    /// <summary>What the generator has taken in this process, all threads together.</summary>
    public static TimeSpan GeneratorTime => TimeSpan.FromTicks(Interlocked.Read(ref s_generatorTicks));

    /// <summary>What the C# compiler has taken in this process, all threads together.</summary>
    public static TimeSpan CompilerTime => TimeSpan.FromTicks(Interlocked.Read(ref s_compilerTicks));

    /// <summary>The class of a model that a config.json describes.</summary>
    /// <param name="configJson">Text of the config.json.</param>
    /// <param name="arguments">Further arguments of the attribute, such as CaptureAttention = true; empty for none.</param>
    public static Type FromConfig(string configJson, string arguments = "") =>
        Load($"[TransformerGen.TransformerModel(\"config.json\"{(arguments.Length > 0 ? ", " + arguments : "")})]\npublic sealed partial class Model;", configJson);

    /// <summary>The class "Model" of a source that declares it.</summary>
    /// <param name="source">C# with a partial class Model that carries the attribute.</param>
    /// <param name="configJson">Text of the config.json that the attribute names, if it does.</param>
    public static Type Load(string source, string? configJson = null)
    {
        Compilation compilation = Generate(source, configJson);
        long begin = Stopwatch.GetTimestamp();
        Assembly assembly = InMemoryCompiler.Load(compilation);
        Interlocked.Add(ref s_compilerTicks, Stopwatch.GetElapsedTime(begin).Ticks);
        return assembly.GetType("Model", throwOnError: true)!;
    }

    /// <summary>The compilation with the generated files in it.</summary>
    /// <exception cref="InvalidOperationException">The generator reported something, or wrote nothing.</exception>
    public static Compilation Generate(string source, string? configJson = null)
    {
        CSharpCompilation compilation = InMemoryCompiler.Create("Generated" + Interlocked.Increment(ref s_count), source);
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new TransformerGenerator().AsSourceGenerator()],
            configJson is null ? [] : [new TextFile("config.json", configJson)],
            InMemoryCompiler.ParseOptions,
            new Options());
        long begin = Stopwatch.GetTimestamp();
        driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);
        Interlocked.Add(ref s_generatorTicks, Stopwatch.GetElapsedTime(begin).Ticks);
        if (diagnostics.Length > 0)
        {
            throw new InvalidOperationException(string.Join('\n', diagnostics));
        }

        if (updated.SyntaxTrees.Count() == compilation.SyntaxTrees.Length)
        {
            throw new InvalidOperationException("The generator wrote nothing: the class or its config.json is in error.");
        }

        return updated;
    }

    /// <summary>The generated files by hint name.</summary>
    public static IReadOnlyDictionary<string, string> Files(Compilation compilation) => compilation.SyntaxTrees
        .Where(t => t.FilePath.EndsWith(".g.cs", StringComparison.Ordinal))
        .ToDictionary(t => Path.GetFileName(t.FilePath), t => t.ToString());

    private sealed class Options : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Empty();

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Empty : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, out string value)
            {
                value = "";
                return false;
            }
        }
    }
}

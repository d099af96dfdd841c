using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace TransformerGen.Testing;

/// <summary>Compiles C# against the runtime, as a user's build does: unsafe code, nullable, optimised, every warning an error.</summary>
public static class InMemoryCompiler
{
    /// <summary>Set to a folder, what one process compiles is kept there, and the next one loads it: one assembly, tried by several processes.</summary>
    public const string FolderVariable = "TRANSFORMERGEN_COMPILED";

    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(p => p.Length > 0).Select(p => MetadataReference.CreateFromFile(p)),
    ];

    /// <summary>Options that sources are parsed with.</summary>
    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    /// <summary>A compilation of the given sources.</summary>
    public static CSharpCompilation Create(string assemblyName, params ReadOnlySpan<string> sources)
    {
        var trees = new List<SyntaxTree>();
        foreach (string source in sources)
        {
            trees.Add(CSharpSyntaxTree.ParseText(SourceText.From(source, System.Text.Encoding.UTF8), ParseOptions, $"Source{trees.Count}.cs"));
        }

        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release,
            allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999,
            generalDiagnosticOption: ReportDiagnostic.Error,
            specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]);
        return CSharpCompilation.Create(assemblyName, trees, s_references, options);
    }

    /// <summary>Compiles and loads.</summary>
    /// <exception cref="InvalidOperationException">There are errors or warnings; the message shows them with the numbered source lines.</exception>
    public static Assembly Load(Compilation compilation) =>
        new AssemblyLoadContext(compilation.AssemblyName).LoadFromStream(new MemoryStream(Environment.GetEnvironmentVariable(FolderVariable) is { } folder ? Kept(compilation, folder) : Emit(compilation)));

    /// <summary>Compiles.</summary>
    /// <returns>The assembly's image.</returns>
    /// <exception cref="InvalidOperationException">There are errors or warnings; the message shows them with the numbered source lines.</exception>
    public static byte[] Emit(Compilation compilation)
    {
        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image);
        var problems = result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).ToList();
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', problems.Take(20).Select(Describe)));
        }

        return image.ToArray();
    }

    /// <summary>The image that was compiled from these sources, in this process or another one.</summary>
    private static byte[] Kept(Compilation compilation, string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            hash.AppendData(MemoryMarshal.AsBytes(tree.ToString().AsSpan()));
            hash.AppendData([0, 0]);
        }

        string path = Path.Combine(folder, Convert.ToHexString(hash.GetHashAndReset()) + ".dll");
        if (File.Exists(path))
        {
            return File.ReadAllBytes(path);
        }

        byte[] image = Emit(compilation);
        string unfinished = path + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(unfinished, image);
        File.Move(unfinished, path, overwrite: true);
        return image;
    }

    private static string Describe(Diagnostic problem)
    {
        if (problem.Location.SourceTree is not { } tree)
        {
            return problem.ToString();
        }

        int line = problem.Location.GetLineSpan().StartLinePosition.Line;
        TextLineCollection lines = tree.GetText().Lines;
        IEnumerable<string> near = Enumerable.Range(Math.Max(0, line - 1), 3).Where(i => i < lines.Count).Select(i => $"{i + 1,6}: {lines[i]}");
        return problem + "\n" + string.Join('\n', near);
    }
}

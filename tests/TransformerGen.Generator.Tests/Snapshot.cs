using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DiffEngine;
using Microsoft.CodeAnalysis;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>
/// Compares generated files with those in Snapshots, named as Verify names them: Class.Method#Hint.g.verified.cs. The set of files is compared, too. A file
/// that differs is written beside as Class.Method#Hint.g.received.cs; rename it to accept it, or run the tests with ACCEPT_SNAPSHOTS=1. Snapshots come from
/// another process than the test's: equality also shows that the text does not depend on the process.
/// </summary>
internal static partial class Snapshot
{
    /// <summary>Verifies every file of a run; of the kernels, whose hundreds of kilobytes nobody would read in a diff, the outline.</summary>
    public static void Verify(GeneratorDriverRunResult run, [CallerFilePath] string testFile = "", [CallerMemberName] string method = "") =>
        Verify(
            run.Results.SelectMany(result => result.GeneratedSources).ToDictionary(
                file => file.HintName,
                file => file.HintName.EndsWith(".Kernels.g.cs", StringComparison.Ordinal) ? Outline(file.SourceText.ToString()) : file.SourceText.ToString()),
            Folder,
            Name(testFile, method),
            Show,
            accept: Environment.GetEnvironmentVariable("ACCEPT_SNAPSHOTS") == "1" && !BuildServerDetector.Detected);

    /// <summary>Verifies files by their hint names.</summary>
    /// <param name="files">Text by hint name.</param>
    /// <param name="folder">Where the snapshots lie.</param>
    /// <param name="prefix">Class.Method.</param>
    /// <param name="show">Shows a received and a verified file.</param>
    /// <param name="accept">Make the snapshots what is received.</param>
    public static void Verify(IReadOnlyDictionary<string, string> files, string folder, string prefix, Action<string, string> show, bool accept)
    {
        var problems = new List<string>();
        Directory.CreateDirectory(folder);
        foreach (string stale in Directory.GetFiles(folder, prefix + "#*.received.cs"))
        {
            File.Delete(stale);
        }

        var expected = Directory.GetFiles(folder, prefix + "#*.verified.cs").ToHashSet(StringComparer.Ordinal);
        foreach ((string hint, string text) in files)
        {
            string verified = Path.Combine(folder, prefix + "#" + Path.ChangeExtension(hint, ".verified.cs"));
            expected.Remove(verified);
            if (File.Exists(verified) && File.ReadAllText(verified) == text)
            {
                continue;
            }

            string received = accept ? verified : verified.Replace(".verified.cs", ".received.cs", StringComparison.Ordinal);
            File.WriteAllText(received, text);
            if (!accept)
            {
                problems.Add((File.Exists(verified) ? "differs: " : "is new: ") + received);
                show(received, verified);
            }
        }

        foreach (string missing in expected)
        {
            if (accept)
            {
                File.Delete(missing);
            }
            else
            {
                problems.Add("is no longer generated: " + missing);
            }
        }

        Assert.True(problems.Count == 0, "A generated file\n" + string.Join('\n', problems));
    }

    /// <summary>Summaries, classes and methods without their bodies: the numbers that kernels compute have tests of their own.</summary>
    private static string Outline(string source) =>
        string.Concat(source.Split('\n').Where(line => OutlineLines().IsMatch(line)).Select(line => line + "\n"));

    /// <summary>Found from the checkout: a deterministic build does not put real folders into caller paths.</summary>
    private static string Folder => Path.Combine(Repository.Root, "tests", "TransformerGen.Generator.Tests", "Snapshots");

    [GeneratedRegex(@"^\s*(///|(public|private|internal)\s+(static|const|readonly|unsafe|sealed|partial|class|struct)\b)")]
    private static partial Regex OutlineLines();

    private static string Name(string testFile, string method) => Path.GetFileNameWithoutExtension(testFile) + "." + method;

    /// <summary>Opens the developer's diff tool, if there is one; a build server has nobody to look.</summary>
    private static void Show(string received, string verified)
    {
        if (!BuildServerDetector.Detected && !DiffRunner.Disabled)
        {
            DiffRunner.Launch(received, verified);
        }
    }
}

using System.Text.RegularExpressions;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests;

/// <summary>A project that the solution does not build is a project whose tests nobody runs.</summary>
public sealed partial class SolutionTests
{
    // What the packing tests copy elsewhere, and what is built only on request.
    private static readonly string[] s_apart = ["Consumer.csproj", "TransformerGen.Benchmarks.Peers.csproj"];

    [Fact]
    public void Every_project_is_built_by_the_solution_in_release()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "TransformerGen.sln"));
        Dictionary<string, string> ids = Project().Matches(solution).ToDictionary(m => Path.GetFileName(m.Groups[1].Value.Replace('\\', '/')), m => m.Groups[2].Value);
        string[] projects =
        [
            .. ((string[])["src", "generator", "tests", "samples"])
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))
                .Where(path => !Path.GetRelativePath(Repository.Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
                .Select(Path.GetFileName).OfType<string>().Except(s_apart),
        ];

        Assert.NotEmpty(projects);
        Assert.All(projects, project =>
        {
            Assert.True(ids.TryGetValue(project, out string? id), $"{project} is not in TransformerGen.sln: dotnet sln add it.");
            Assert.Contains($"{id}.Release|Any CPU.Build.0", solution, StringComparison.Ordinal);
        });
    }

    [GeneratedRegex("= \"[^\"]+\", \"([^\"]+\\.csproj)\", \"(\\{[^}]+\\})\"")]
    private static partial Regex Project();
}

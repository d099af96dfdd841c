using System.Globalization;

namespace TransformerGen.Package.Tests;

/// <summary>
/// The package, packed with a version that nobody has seen (the NuGet cache would serve yesterday's otherwise), and a project outside the solution that uses it.
/// </summary>
public sealed class ConsumerProject : IDisposable
{
    /// <summary>Packs, and writes the project with sources of its own.</summary>
    public ConsumerProject()
    {
        Root = Directory.CreateTempSubdirectory("transformergen-package-").FullName;
        Version = "0.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);
        Feed = Path.Combine(Root, "feed");
        Folder = Path.Combine(Root, "app");
        try
        {
            PackOutput = DotNet.Run(
                RepositoryRoot(), "pack", "src/TransformerGen/TransformerGen.csproj", "-c", Configuration, "--no-build", "-o", Feed, "-p:PackageVersion=" + Version, "-v", "m")
                .MustSucceed("dotnet pack").Output;
            WriteProject();
        }
        catch
        {
            Dispose();      // xunit does not, for a fixture that could not be made
            throw;
        }
    }

    /// <summary>The version under test.</summary>
    public string Version { get; }

    /// <summary>Folder of packages.</summary>
    public string Feed { get; }

    /// <summary>Folder of the project.</summary>
    public string Folder { get; }

    /// <summary>What packing said.</summary>
    public string PackOutput { get; }

    /// <summary>The package's file.</summary>
    public string Package => Path.Combine(Feed, $"TransformerGen.{Version}.nupkg");

    private string Root { get; }

    // bin/CONFIGURATION/net10.0: what was built is what is packed.
    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;

    /// <summary>Runs a command of the SDK on the project.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    internal DotNet.Outcome Run(params string[] arguments) => DotNet.Run(Folder, [.. arguments, "-p:TransformerGenVersion=" + Version]);

    /// <summary>Deletes the folder, and the package from the user's cache.</summary>
    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string cached = Path.Combine(cache, "transformergen", Version);
        if (Directory.Exists(cached))
        {
            Directory.Delete(cached, recursive: true);
        }
    }

    private static string RepositoryRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "TransformerGen.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("TransformerGen.sln was not found above " + AppContext.BaseDirectory + ".");
    }

    private void WriteProject()
    {
        string template = Path.Combine(AppContext.BaseDirectory, "Consumer");
        foreach (string file in Directory.EnumerateFiles(template, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(Folder, Path.GetRelativePath(template, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        // Nothing above the folder may have a say; packages come from the feed and from where this machine takes all others.
        File.WriteAllText(Path.Combine(Folder, "Directory.Build.props"), "<Project />\n");
        File.WriteAllText(Path.Combine(Folder, "Directory.Build.targets"), "<Project />\n");
        File.WriteAllText(Path.Combine(Folder, "Directory.Packages.props"), "<Project />\n");
        File.WriteAllText(
            Path.Combine(Folder, "nuget.config"),
            $"""
            <configuration>
              <packageSources>
                <add key="under-test" value="{Feed}" />
              </packageSources>
            </configuration>

            """);
    }
}

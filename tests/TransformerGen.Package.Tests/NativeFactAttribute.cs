namespace TransformerGen.Package.Tests;

/// <summary>A test that compiles ahead of time: skipped, saying so, on a machine that cannot link.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "NativeAOT is tested on Linux only.";
        }
        else if (!Has("clang") && !Has("gcc"))
        {
            Skip = "NativeAOT needs a linker: install clang (or gcc) and zlib1g-dev.";
        }
    }

    private static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}

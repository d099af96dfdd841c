using System.Diagnostics;
using System.Text;

namespace TransformerGen.Package.Tests;

/// <summary>Runs programs and collects what they say.</summary>
internal static class DotNet
{
    /// <summary>What a program said and how it ended.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        public Outcome MustSucceed(string what) => ExitCode == 0
            ? this
            : throw new InvalidOperationException($"{what} ended with code {ExitCode}.\n{Output}\n{Errors}");
    }

    /// <summary>Runs the SDK's command in a folder.</summary>
    public static Outcome Run(string folder, params string[] arguments) => Start("dotnet", folder, arguments);

    /// <summary>Runs a program in a folder; ten minutes at most.</summary>
    public static Outcome Start(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };

        // The test runs inside `dotnet test`, whose settings are not meant for a user's build; no server may outlive it.
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || n.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        var output = new StringBuilder();
        var errors = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(TimeSpan.FromMinutes(10)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} took more than ten minutes.\n{output}\n{errors}");
        }

        process.WaitForExit();
        return new Outcome(process.ExitCode, output.ToString(), errors.ToString());
    }
}

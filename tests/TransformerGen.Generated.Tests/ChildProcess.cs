using System.Diagnostics;

namespace TransformerGen.Generated.Tests;

/// <summary>Runs a command of <see cref="Program"/> in a process of its own, for what has to be decided before a process starts.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    /// <returns>Exit code, and what it wrote.</returns>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static (int ExitCode, string Output) Run(IReadOnlyList<string> arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{string.Join(' ', arguments)}' did not end within {s_patience}.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }
}

using System.Diagnostics;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Runs tests once more in a process whose JIT lacks some instructions, which has to be decided before it starts.</summary>
internal static class TestProcess
{
    private const string InsideVariable = "TRANSFORMERGEN_NARROW";

    /// <summary>What this process has switched off; null where it is no child.</summary>
    public static string? SwitchedOff => Environment.GetEnvironmentVariable(InsideVariable);

    /// <summary>Runs a test with a feature of the JIT switched off and fails when it does.</summary>
    /// <param name="tests">The class.</param>
    /// <param name="test">The method.</param>
    /// <param name="switchedOff">EnableAVX512, EnableAVX2 or EnableHWIntrinsic.</param>
    public static void RunAgain(Type tests, string test, string switchedOff)
    {
        if (SwitchedOff is not null)
        {
            return;
        }

        string filter = $"/TestCaseFilter:FullyQualifiedName~{tests.FullName}.{test}|FullyQualifiedName~{typeof(VectorWidthTests).FullName}";
        var start = new ProcessStartInfo("dotnet", ["vstest", tests.Assembly.Location, filter, "/logger:console;verbosity=detailed"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [InsideVariable] = switchedOff, ["DOTNET_" + switchedOff] = "0" },
        };
        if (switchedOff == "EnableAVX512")
        {
            start.Environment["DOTNET_EnableAVX512F"] = "0";
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.Result);

        // A filter that matches nothing is a success, too: the width was looked at, and something ran at that width.
        string[] passed = [.. output.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("Passed TransformerGen", StringComparison.Ordinal))];
        Assert.Contains(passed, line => line.Contains(nameof(VectorWidthTests), StringComparison.Ordinal));
        Assert.Contains(passed, line => line.Contains($"{tests.FullName}.{test}", StringComparison.Ordinal));
    }
}

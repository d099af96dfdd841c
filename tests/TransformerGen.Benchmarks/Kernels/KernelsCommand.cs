using TransformerGen.Kernels;

namespace TransformerGen.Benchmarks.Kernels;

/// <summary>What share of the machine's limit each kernel reaches, by shape.</summary>
internal static class KernelsCommand
{
    /// <summary>For the list of commands.</summary>
    public static string Summary => "share of the FMA peak or read ceiling by kernel and shape: [--threads N] [--filter gemm|gemv|...] [--samples 15]";

    /// <summary>Prints one line a measurement; 1 when a kernel computes something wrong.</summary>
    public static int Run(string[] args)
    {
        var options = new Options(args);
        int threads = options.Number("threads", 1), samples = Math.Max(5, options.Number("samples", 15));
        string filter = options.Text("filter", "");
        using var team = new Team(threads);
        Console.WriteLine($"{threads} thread{(threads == 1 ? "" : "s")}; every share is of a limit measured next to it, medians of {samples}");
        foreach (Func<Team, int, string, bool> group in Groups)
        {
            if (!group(team, samples, filter))
            {
                return 1;
            }
        }

        return 0;
    }

    /// <summary>Groups of kernels: (team, samples, filter) to whether all results were right. A group prints nothing when the filter excludes its lines.</summary>
    private static IEnumerable<Func<Team, int, string, bool>> Groups => [LinearBenchmark.Run];
}

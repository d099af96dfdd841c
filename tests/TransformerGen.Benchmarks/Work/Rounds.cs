using System.Diagnostics;
using System.Globalization;

namespace TransformerGen.Benchmarks.Work;

/// <summary>Our process and the peers' by turns, so that a machine that changes its speed does so for all: medians of the rounds' medians, and their ratios.</summary>
internal static class Rounds
{
    public static int Run(string work, int threads, Options options, string[] variants, string metric)
    {
        string? peers = Environment.GetEnvironmentVariable("TRANSFORMERGEN_PEERS") ?? Default();
        if (peers is null)
        {
            Console.Error.WriteLine("The peers are not built. Build this project with -p:Peers=true (it downloads TorchSharp, libtorch and ONNX Runtime), then run with --no-build.");
            return 2;
        }

        bool tuned = options.Has("tuned");
        var figures = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        string unit = "";
        void Take(string assembly, params string[] arguments)
        {
            foreach (string line in Lines(assembly, arguments))
            {
                Figure figure = Figure.Parse(line);
                if (figure.Metric == metric)
                {
                    string key = figure.Peer + " " + figure.Variant;
                    (figures.TryGetValue(key, out List<double>? values) ? values : figures[key] = []).Add(figure.Median);
                    unit = figure.Unit;
                }
            }
        }

        string count = threads.ToString(CultureInfo.InvariantCulture);
        int rounds = options.Number("rounds", 5);
        for (int round = 1; round <= rounds; round++)
        {
            Take(typeof(Rounds).Assembly.Location, work, "--threads", count, "--json");
            foreach (string variant in variants)
            {
                Take(peers, work, "--threads", count, "--variant", variant);
                if (tuned)
                {
                    Take(peers, work, "--threads", count, "--variant", variant, "--tuned");
                }
            }

            Console.Error.WriteLine($"round {round} of {rounds}");
        }

        List<double> ours = figures["transformergen generated"];
        foreach ((string name, List<double> values) in figures)
        {
            bool isRate = unit.EndsWith("/s", StringComparison.Ordinal);
            double[] ratios = [.. ours.Zip(values, (a, b) => isRate ? a / b : b / a).Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{work} {name,-36} {threads} thread{(threads == 1 ? " " : "s")} {Median(values),9:G4} {unit} ({values.Min():G4} to {values.Max():G4}); transformergen is {Median(ratios):F2} times as fast ({ratios[0]:F2} to {ratios[^1]:F2})"));
        }

        return 0;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static IEnumerable<string> Lines(string assembly, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(assembly);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Path.GetFileName(assembly)} {string.Join(' ', arguments)} ended with exit code {process.ExitCode}.");
        }

        return output.Split('\n').Where(l => l.StartsWith('{'));
    }

    private static string? Default()
    {
        string path = Path.Combine(
            Testing.Repository.Root, "tests", "TransformerGen.Benchmarks.Peers", "bin", "Release", "net10.0", "linux-x64", "TransformerGen.Benchmarks.Peers.dll");
        return File.Exists(path) ? path : null;
    }
}

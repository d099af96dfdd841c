using System.Collections.Concurrent;
using System.Reflection;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Many specs: a few of them make one assembly, and two assemblies are made and run at a time.</summary>
internal static class SpecBatch
{
    /// <summary>Set to seeds that a failure printed, with commas between them, this runs those specs alone.</summary>
    public const string SeedVariable = "TRANSFORMERGEN_SPEC_SEED";

    /// <summary>How many further specs, that nobody has seen, a run draws: a search, which a build that must be repeatable leaves out.</summary>
    public const string FreshVariable = "TRANSFORMERGEN_FRESH_SPECS";

    private const int SpecsPerAssembly = 4;

    /// <summary>Specs beyond the fixed ones.</summary>
    public static int Fresh => int.TryParse(Environment.GetEnvironmentVariable(FreshVariable), out int number) ? number : 0;

    /// <summary>Seeds that somebody wants to run alone.</summary>
    public static string[] Given => Environment.GetEnvironmentVariable(SeedVariable)?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Draws and checks the spec of every seed.</summary>
    /// <param name="seeds">What is printed and repeats the spec.</param>
    /// <param name="draw">The spec of a seed.</param>
    /// <param name="failures">What failed, with its seed.</param>
    /// <returns>A line for each spec that was compared.</returns>
    public static IReadOnlyList<string> Run(IEnumerable<string> seeds, Func<string, SpecCase> draw, out IReadOnlyList<string> failures)
    {
        var lines = new ConcurrentQueue<string>();
        var failed = new ConcurrentQueue<string>();
        Parallel.ForEach(seeds.Chunk(SpecsPerAssembly), new ParallelOptions { MaxDegreeOfParallelism = 2 }, chunk =>
        {
            var specs = new List<(string Seed, SpecCase Spec)>();
            foreach (string seed in chunk)
            {
                Try(failed, seed, "", () => specs.Add((seed, draw(seed))));
            }

            Assembly? together = Together([.. specs.Select(pair => pair.Spec)]);
            for (int i = 0; i < specs.Count; i++)
            {
                (string seed, SpecCase spec) = specs[i];
                string suffix = together is null ? "" : i.ToString(System.Globalization.CultureInfo.InvariantCulture);
                Try(failed, seed, spec.ToString(), () =>
                {
                    SpecReport report = together is null ? SpecRun.Check(spec) : SpecRun.Check(spec, together, suffix);
                    lines.Enqueue($"{seed} {report.Count} comparisons, worst {report.Worst:0.00} of what is allowed: {report.WorstItem} in {spec}");
                    if (report.Failures.Count > 0)
                    {
                        failed.Enqueue($"{SeedVariable}={seed}\n{spec}\n  {string.Join("\n  ", report.Failures.Take(25))}\n  ({report.Failures.Count} of {report.Count} comparisons)");
                    }
                });
            }
        });
        failures = [.. failed];
        return [.. lines];
    }

    /// <summary>One assembly for several specs; null where one of them cannot be compiled: then each is on its own.</summary>
    private static Assembly? Together(SpecCase[] specs)
    {
        try
        {
            return SpecRun.Compile([.. specs.SelectMany((spec, i) => SpecRun.Builds(spec, i.ToString(System.Globalization.CultureInfo.InvariantCulture)))]);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }

    private static void Try(ConcurrentQueue<string> failed, string seed, string spec, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failed.Enqueue($"{SeedVariable}={seed}\n{spec}\n{exception}");
        }
    }
}

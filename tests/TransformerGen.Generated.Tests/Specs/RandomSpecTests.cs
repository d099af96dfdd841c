using System.Collections.Concurrent;
using CsCheck;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Random models, emitted, compiled and run, against the oracle and against themselves.</summary>
public sealed class RandomSpecTests(ITestOutputHelper output)
{
    /// <summary>Set to seeds that a failure printed, with commas between them, this runs those specs alone.</summary>
    public const string SeedVariable = "TRANSFORMERGEN_SPEC_SEED";

    /// <summary>How many further specs, that nobody has seen, a run draws: a search, which a build that must be repeatable leaves out.</summary>
    public const string FreshVariable = "TRANSFORMERGEN_FRESH_SPECS";

    private const int Small = 40, Wide = 2;

    // Any number: the same specs in every run, so that a change that breaks one of them is seen where it was made.
    private const ulong FixedSeed = 20170612;

    [Fact]
    public void Generated_code_agrees_with_the_oracle_and_with_itself()
    {
        int fresh = int.TryParse(Environment.GetEnvironmentVariable(FreshVariable), out int number) ? number : 0;
        IReadOnlyList<string> lines = RunAll(Small, Wide, fresh, out IReadOnlyList<string> failures);
        foreach (string line in lines)
        {
            output.WriteLine(line);
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    [Fact]
    public void Seed_repeats_its_spec()
    {
        string seed = new PCG(3).ToString(), other = new PCG(3, FixedSeed).ToString();
        string Drawn(string from) => RandomSpec.Small.Generate(PCG.Parse(from), null, out _).ToString();
        Assert.Equal(Drawn(seed), Drawn(seed));
        Assert.NotEqual(Drawn(seed), Drawn(other));
        Assert.Equal(new PCG(3, FixedSeed).ToString(), other);
    }

    /// <summary>Runs random specs, two at a time; the seed of each is printed and repeats it.</summary>
    /// <param name="small">Small specs, always the same.</param>
    /// <param name="wide">Wide specs, always the same.</param>
    /// <param name="fresh">Small specs that nobody has seen: their seeds come from the clock.</param>
    /// <param name="failures">What failed, with its seed.</param>
    /// <returns>A line for each spec.</returns>
    internal static IReadOnlyList<string> RunAll(int small, int wide, int fresh, out IReadOnlyList<string> failures)
    {
        var lines = new ConcurrentQueue<string>();
        var failed = new ConcurrentQueue<string>();
        string[] seeds = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given
            ? given.Split(',')
            : [
                .. Enumerable.Range(0, small + wide).Select(i => (i < small ? "s" : "w") + new PCG((uint)i, FixedSeed)),
                .. Enumerable.Range(small + wide, fresh).Select(i => "s" + new PCG((uint)i)),
            ];
        Parallel.ForEach(seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            RandomSpec spec = (seed[0] == 'w' ? RandomSpec.Wide : RandomSpec.Small).Generate(PCG.Parse(seed[1..]), null, out _);
            try
            {
                SpecReport report = SpecRun.Check(spec);
                lines.Enqueue($"{seed} {report.Count} comparisons, worst {report.Worst:0.00} of what is allowed: {report.WorstItem} in {spec}");
                if (report.Failures.Count > 0)
                {
                    failed.Enqueue($"{SeedVariable}={seed}\n{spec}\n  {string.Join("\n  ", report.Failures.Take(25))}\n  ({report.Failures.Count} of {report.Count} comparisons)");
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failed.Enqueue($"{SeedVariable}={seed}\n{spec}\n{exception}");
            }
        });
        failures = [.. failed];
        return [.. lines];
    }
}

using CsCheck;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Random models, emitted, compiled and run, against the oracle and against themselves.</summary>
public sealed class RandomSpecTests(ITestOutputHelper output)
{
    private const int Small = 40, Wide = 2;

    // Any number: the same specs in every run, so that a change that breaks one of them is seen where it was made.
    private const ulong FixedSeed = 20170612;

    [Fact]
    public void Generated_code_agrees_with_the_oracle_and_with_itself()
    {
        IReadOnlyList<string> lines = RunAll(Small, Wide, SpecBatch.Fresh, out IReadOnlyList<string> failures);
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
        string[] given = SpecBatch.Given;
        string[] seeds = given.Length > 0
            ? [.. given.Where(seed => !seed.Contains('/'))]
            : [
                .. Enumerable.Range(0, small + wide).Select(i => (i < small ? "s" : "w") + new PCG((uint)i, FixedSeed)),
                .. Enumerable.Range(small + wide, fresh).Select(i => "s" + new PCG((uint)i)),
            ];
        return SpecBatch.Run(seeds, seed => (seed[0] == 'w' ? RandomSpec.Wide : RandomSpec.Small).Generate(PCG.Parse(seed[1..]), null, out _).Case(), out failures);
    }
}

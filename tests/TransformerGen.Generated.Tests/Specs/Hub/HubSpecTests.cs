using CsCheck;
using TransformerGen.Generator.Families;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Random models of the Hugging Face families, from config.json to gradients, against the oracle and against themselves.</summary>
public sealed class HubSpecTests(ITestOutputHelper output)
{
    // Each family once.
    private static readonly int s_specs = HubSpec.Types.Count;

    // Any number: the same specs in every run, so that a change that breaks one of them is seen where it was made.
    private const ulong FixedSeed = 20181011;

    // Set to model types with commas between them, a run draws those alone: for whoever adds a family.
    private const string FamiliesVariable = "TRANSFORMERGEN_SPEC_FAMILIES";

    [Fact]
    public void Every_family_is_drawn() =>
        Assert.Equal(Family.ModelTypes.Where(type => Family.Find(type) is not PaperFamily), HubSpec.Types);

    [Fact]
    public void Whatever_is_drawn_is_a_model()
    {
        for (uint i = 0; i < 20 * HubSpec.Types.Count; i++)
        {
            Draw(Seed(HubSpec.Types, i, new PCG(i, FixedSeed)));
        }
    }

    [Fact]
    public void Generated_code_agrees_with_the_oracle_and_with_itself()
    {
        string[] given = SpecBatch.Given;
        IReadOnlyList<string> types = Chosen.Length > 0 ? Chosen : HubSpec.Types;
        string[] seeds = given.Length > 0 ? [.. given.Where(seed => seed.Contains('/'))]
            :
            [
                .. Enumerable.Range(0, s_specs).Select(i => Seed(HubSpec.Types, (uint)i, new PCG((uint)i, FixedSeed))).Where(seed => types.Contains(Type(seed))),
                .. Enumerable.Range(s_specs, SpecBatch.Fresh).Select(i => Seed(types, (uint)i, new PCG((uint)i))),
            ];
        IReadOnlyList<string> lines = SpecBatch.Run(seeds, Draw, out IReadOnlyList<string> failures);
        foreach (string line in lines)
        {
            output.WriteLine(line);
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static string[] Chosen => Environment.GetEnvironmentVariable(FamiliesVariable)?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string Seed(IReadOnlyList<string> types, uint number, PCG random) => $"{types[(int)(number % types.Count)]}/{random}";

    private static string Type(string seed) => seed[..seed.IndexOf('/', StringComparison.Ordinal)];

    private static SpecCase Draw(string seed) => HubSpec.Draw(Type(seed), PCG.Parse(seed[(Type(seed).Length + 1)..]));
}

using CsCheck;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>A config.json of a Hugging Face family and a batch for its model, all drawn at random.</summary>
internal static class HubSpec
{
    private const int Longest = 160;

    /// <summary>What draws the members of a config.json, by model_type.</summary>
    public static IReadOnlyDictionary<string, Action<HubDraw>> Families { get; } =
        DecoderConfigs.All.Concat(EncoderConfigs.All).Concat(SequenceConfigs.All).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    /// <summary>Model types that are drawn, sorted.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. Families.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A config and a batch of a family.</summary>
    /// <exception cref="InvalidOperationException">The reader found something wrong with the config, or warns of it.</exception>
    public static SpecCase Draw(string type, PCG random)
    {
        var draw = new HubDraw(random);
        Families[type](draw);
        ModelSpec model = Read(draw.Text(type));
        int sequences = draw.Int(1, 4), longest = Math.Min(model.MaxLength, Longest);
        int[] Lengths() => [.. Enumerable.Range(0, sequences).Select(s => Length(draw, longest, mayBeLong: s == 0))];
        return new SpecCase(
            draw.Text(type), model, Lengths(), Lengths(), model.Head is { Kind: HeadKind.Language } or { Kind: HeadKind.Classes, Loss: LossKind.CrossEntropy } ? draw.One(0f, 0.1f) : 0f, draw.Int(0, int.MaxValue - 1))
        {
            SameToken = draw.Chance(10),
        };
    }

    /// <summary>A config.json as a user's build reads it.</summary>
    /// <exception cref="InvalidOperationException">There is something wrong with it, or a warning.</exception>
    public static ModelSpec Read(string text)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", text, problems).Spec;
        return problems.Count == 0 && spec is not null
            ? spec
            : throw new InvalidOperationException(string.Join('\n', problems.Select(problem => problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture))) + "\n" + text);
    }

    // Long sequences go past every window and bucket; one of them is enough.
    private static int Length(HubDraw draw, int longest, bool mayBeLong) => draw.Int(0, 9) switch
    {
        < 2 => 1,
        < 6 => draw.Int(1, Math.Min(9, longest)),
        < 9 => draw.Int(1, Math.Min(64, longest)),
        _ => mayBeLong ? longest : draw.Int(1, Math.Min(64, longest)),
    };
}

using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

/// <summary>What a configuration must keep, wherever it comes from.</summary>
internal static class PaperRules
{
    /// <summary>Sizes with their largest value, which keeps every product of them inside 64 bits, and what they are.</summary>
    private static readonly (string Key, Func<PaperConfig, int> Value, int Largest, string Meaning)[] s_sizes =
    [
        (PaperFields.DModel, c => c.DModel, 1 << 17, "the width of every position (512 in the paper)"),
        (PaperFields.Heads, c => c.Heads, 1 << 12, "the number of attention heads (8 in the paper)"),
        (PaperFields.EncoderLayers, c => c.HasEncoder ? c.EncoderLayers : 1, 1 << 10, "the number of the encoder's layers (6 in the paper)"),
        (PaperFields.DecoderLayers, c => c.HasDecoder ? c.DecoderLayers : 1, 1 << 10, "the number of the decoder's layers (6 in the paper)"),
        (PaperFields.FeedForward, c => c.FeedForward, 1 << 19, "the inner width of the feed-forward sublayer (2048 in the paper)"),
        (PaperFields.Vocab, c => c.Vocab, 1 << 24, "the number of tokens (37000 in the paper)"),
        (PaperFields.MaxLength, c => c.MaxLength, 1 << 22, "the number of tokens in the longest sequence"),
    ];

    private static readonly (string Key, Func<PaperConfig, int> Value, int Default, string Meaning)[] s_patternNumbers =
    [
        (PaperFields.Window, c => c.Window, 0, "the reach to each side, or the size of a block"),
        (PaperFields.Dilation, c => c.Dilation, 1, "the distance between keys in the first layer"),
        (PaperFields.DilationGrowth, c => c.DilationGrowth, 1, "the factor by which that distance grows with each layer"),
        (PaperFields.GlobalTokens, c => c.GlobalTokens, 0, "the number of positions that see all and are seen by all"),
        (PaperFields.Stride, c => c.Stride, 0, "the distance between the positions that all may see"),
        (PaperFields.TopK, c => c.TopK, 0, "the number of keys that a query keeps"),
    ];

    /// <summary>The paper's d_ff for a width; what overflows is left to the size check of the width.</summary>
    public static int DefaultFeedForward(int width) => width > 0 && width <= 1 << 17 ? 4 * width : 1;

    /// <summary>Reports everything that is wrong.</summary>
    public static void Check(PaperConfig config, IFieldReporter fields)
    {
        bool possible = true;
        foreach ((string key, Func<PaperConfig, int> value, int largest, string meaning) in s_sizes)
        {
            possible &= InRange(fields, key, value(config), 1, largest, meaning);
        }

        possible &= InRange(fields, PaperFields.HeadDim, config.HeadDim, 0, 1 << 15, "the width of one head (0: the width divided by the heads)");
        if (possible)
        {
            CheckHeads(config, fields);
            CheckPositions(config, fields);
        }

        CheckPattern(config, fields);
        CheckNumbers(config, fields);
        if (config.Vocab > 0)
        {
            CheckId(config, fields, PaperFields.PadId, config.PadId);
            CheckId(config, fields, PaperFields.BeginId, config.BeginId);
            CheckId(config, fields, PaperFields.EndId, config.EndId);
        }
    }

    private static bool InRange(IFieldReporter fields, string key, int value, int least, int largest, string meaning)
    {
        bool inside = value >= least && value <= largest;
        if (!inside)
        {
            fields.Report(Descriptors.SizeOutOfRange, key, fields.NameOf(key), Number.Text(value), Number.Text(least), Number.Text(largest), meaning);
        }

        return inside;
    }

    private static void CheckHeads(PaperConfig config, IFieldReporter fields)
    {
        if (config.HeadDim == 0 && config.DModel % config.Heads != 0)
        {
            int lower = config.Heads, upper = config.Heads;
            while (config.DModel % lower != 0)
            {
                lower--;
            }

            while (upper < config.DModel && config.DModel % upper != 0)
            {
                upper++;
            }

            // No divisor above the width itself; more heads than that leave only the lower one.
            bool both = config.DModel % upper == 0 && upper <= 1 << 12;
            fields.Report(
                Descriptors.HeadsDoNotDivide,
                PaperFields.Heads,
                fields.NameOf(PaperFields.Heads),
                Number.Text(config.Heads),
                fields.NameOf(PaperFields.DModel),
                Number.Text(config.DModel),
                both ? Number.Text(lower) + " or " + Number.Text(upper) : Number.Text(lower),
                fields.NameOf(PaperFields.HeadDim));
        }
    }

    private static void CheckPositions(PaperConfig config, IFieldReporter fields)
    {
        if (config.Positions != PositionKind.Learned && config.DModel % 2 != 0)
        {
            fields.Report(
                Descriptors.OddWidth,
                PaperFields.DModel,
                fields.NameOf(PaperFields.DModel),
                Number.Text(config.DModel),
                Number.Text(config.DModel == 1 ? 2 : config.DModel - 1),
                Number.Text(config.DModel + (config.DModel == 1 ? 3 : 1)),
                fields.NameOf(PaperFields.Positions) + " = " + fields.WordFor(PaperFields.PositionKinds, PositionKind.Learned));
        }
    }

    private static void CheckPattern(PaperConfig config, IFieldReporter fields)
    {
        foreach ((string key, Func<PaperConfig, int> read, int ordinary, string meaning) in s_patternNumbers)
        {
            int value = read(config);
            bool used = PaperFields.Uses(config.Pattern, key);

            // A sparse pattern may have a window of 0: each position sees itself and the global ones.
            int least = config.Pattern == PatternKind.Sparse && key == PaperFields.Window ? 0 : 1;
            if (used && value < least)
            {
                fields.Report(
                    Descriptors.PatternNeedsNumber,
                    fields.IsGiven(key) ? key : PaperFields.Pattern,
                    fields.NameOf(PaperFields.Pattern),
                    fields.WordFor(PaperFields.Patterns, config.Pattern),
                    fields.NameOf(key),
                    Number.Text(value),
                    meaning);
            }
            else if (!used && value != ordinary && fields.IsGiven(key))
            {
                fields.Report(
                    Descriptors.NumberWithoutPattern,
                    key,
                    fields.NameOf(key),
                    Number.Text(value),
                    string.Join(", ", Enum.GetValues(typeof(PatternKind)).Cast<PatternKind>().Where(p => PaperFields.Uses(p, key)).Select(p => fields.WordFor(PaperFields.Patterns, p))),
                    fields.NameOf(PaperFields.Pattern),
                    fields.WordFor(PaperFields.Patterns, config.Pattern));
            }
        }
    }

    private static void CheckNumbers(PaperConfig config, IFieldReporter fields)
    {
        // Written so that NaN fails, too. Both numbers are stored as 32-bit floats: what rounds to the edge is at the edge.
        if (!((float)config.Dropout >= 0 && (float)config.Dropout < 1))
        {
            fields.Report(
                Descriptors.NumberOutOfRange, PaperFields.Dropout, fields.NameOf(PaperFields.Dropout), Number.Text(config.Dropout), "at least 0 and less than 1 (0.1 in the paper)");
        }

        if (!((float)config.NormEpsilon > 0 && (float)config.NormEpsilon < 1))
        {
            fields.Report(
                Descriptors.NumberOutOfRange, PaperFields.NormEpsilon, fields.NameOf(PaperFields.NormEpsilon), Number.Text(config.NormEpsilon), "more than 0 and less than 1 (such as 1e-05)");
        }
    }

    private static void CheckId(PaperConfig config, IFieldReporter fields, string key, int id)
    {
        if (id < 0 || id >= config.Vocab)
        {
            fields.Report(
                Descriptors.IdOutOfVocabulary,
                fields.IsGiven(key) ? key : PaperFields.Vocab,
                fields.NameOf(key),
                Number.Text(id),
                Number.Text(config.Vocab - 1),
                fields.NameOf(PaperFields.Vocab));
        }
    }
}

using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// Rotary positions from a config.json: rope_theta and rope_scaling (transformers 4), or rope_parameters (transformers 5), as transformers'
/// modeling_rope_utils computes the frequencies. Where a file has both, rope_scaling counts, in either version.
/// </summary>
internal static class HubRope
{
    private const string PartialKey = "partial_rotary_factor", ParametersKey = "rope_parameters", ScalingKey = "rope_scaling", OriginalKey = "original_max_position_embeddings", LongType = "longrope";

    private static readonly string[] s_types = ["default", "linear", "dynamic", "llama3", "yarn", LongType];

    /// <summary>The rotation of whole heads.</summary>
    public static RotarySpec Whole(HubConfig config, RotaryKind kind, int headWidth, double theta, int maxLength)
    {
        config.Only(PartialKey, 1);
        if (Counts(config) is { } parameters)
        {
            new HubConfig(parameters, "rope").Only(PartialKey, 1);
        }

        return Read(config, kind, headWidth, theta, maxLength);
    }

    /// <summary>How many columns of a head turn: partial_rotary_factor times its width, rounded down.</summary>
    /// <param name="config">The file.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="ordinary">The default of the factor.</param>
    /// <param name="key">Its key outside of rope_parameters.</param>
    public static int Turned(HubConfig config, int headWidth, double ordinary, string key = PartialKey)
    {
        double factor = config.Positive(key, ordinary);
        if (config.Reader.Nested(ParametersKey) is { } parameters && parameters.IsGiven(PartialKey))
        {
            factor = new HubConfig(parameters, "rope").Positive(PartialKey, factor);
        }

        if (factor <= 1)
        {
            return (int)(headWidth * factor);
        }

        config.Report(key, Number.Text(factor), "at most 1");
        return headWidth;
    }

    /// <summary>The rotation of heads.</summary>
    /// <param name="config">The file.</param>
    /// <param name="kind">Which columns turn together.</param>
    /// <param name="dimensions">Columns of a head that turn.</param>
    /// <param name="theta">The default of rope_theta.</param>
    /// <param name="maxLength">max_position_embeddings.</param>
    /// <param name="thetaKey">The key of the base.</param>
    /// <param name="scaled">Whether rope_scaling counts (a second base of some models has none).</param>
    /// <param name="layerType">Its part of a rope_parameters by layer type, such as sliding_attention.</param>
    /// <param name="types">Types of scaling that the family has; null for all that are supported.</param>
    /// <param name="longNames">Other names of the type longrope.</param>
    /// <param name="ordinaryOriginal">The default of original_max_position_embeddings; null for none.</param>
    public static RotarySpec Read(
        HubConfig config,
        RotaryKind kind,
        int dimensions,
        double theta,
        int maxLength,
        string thetaKey = "rope_theta",
        bool scaled = true,
        string? layerType = null,
        string[]? types = null,
        string[]? longNames = null,
        int? ordinaryOriginal = null)
    {
        if (dimensions < 2 || dimensions % 2 != 0)
        {
            config.Report(thetaKey, "the base of a rotation of " + Number.Text(dimensions) + " columns", "an even number of columns of each head, at least 2");
            dimensions = 2;
        }

        ConfigReader? parameters = config.Reader.Nested(ParametersKey), older = config.Reader.Nested(ScalingKey);
        older = older is not null && older.Unasked.Any() ? older : null;
        if (layerType is not null && parameters is not null)
        {
            ConfigReader? own = parameters.Nested(layerType);
            if (own is null && (parameters.IsGiven("rope_theta") || parameters.IsGiven("rope_type")))
            {
                config.Refuse(ParametersKey, "an object for each kind of layer, full_attention and sliding_attention");
            }

            if (older is not null && scaled)
            {
                config.Refuse(ScalingKey, "null, where rope_parameters says how each kind of layer turns");
            }

            parameters = own;
        }

        ConfigReader? scaling = layerType is null ? older ?? parameters : parameters ?? (scaled ? older : null);
        double @base = config.Positive(thetaKey, theta);
        var scale = scaling is null ? null : new HubConfig(scaling, "rope");
        @base = scale is not null && scaling!.IsGiven("rope_theta") ? scale.Positive("rope_theta", @base) : @base;
        double[] frequencies = [.. Enumerable.Range(0, dimensions / 2).Select(i => Math.Pow(@base, -2.0 * i / dimensions))];
        string type = scale?.Word("rope_type", "default", "type") ?? "default";
        type = longNames?.Contains(type) == true ? LongType : type;
        type = (types ?? s_types).Contains(type) ? type : "";
        float factor = 1f;
        switch (type)
        {
            case "default":
                if (scale is not null && scaling!.IsGiven("factor") && !scaling.IsGiven("rope_type") && !scaling.IsGiven("type"))
                {
                    scale.Refuse("factor", "a rope_type beside it, which says how the factor stretches");
                }

                scaling?.Has("factor");
                break;
            case "dynamic":
                // Dynamic scaling leaves sequences up to the original length alone; longer ones are beyond MaxLength.
                scaling?.Has("factor");
                break;
            case "linear":
                double divisor = Needed(scale!, "factor");
                frequencies = [.. frequencies.Select(f => f / divisor)];
                break;
            case "llama3":
                frequencies = Llama3(scale!, frequencies, Original(config, scale!, maxLength));
                break;
            case "yarn":
                (frequencies, factor) = Yarn(scale!, frequencies, @base, dimensions, maxLength, Original(config, scale!, maxLength));
                break;
            case LongType:
                (frequencies, factor) = Long(config, scale!, frequencies, maxLength, ordinaryOriginal, isNewer: scaling == parameters);
                break;
            default:
                scale!.Only(scaling!.IsGiven("rope_type") ? "rope_type" : "type", types ?? s_types);
                break;
        }

        if (frequencies.Any(f => double.IsNaN(f) || double.IsInfinity(f)) || float.IsInfinity(factor))
        {
            config.Report(scaling is null ? thetaKey : scaling == older ? ScalingKey : ParametersKey, "numbers that give no finite frequencies", "a rotation that can be computed");
            return new RotarySpec(kind, dimensions, new EquatableList<double>(frequencies.Select(_ => 1.0)), 1f);
        }

        scaling?.Has(OriginalKey);
        scaling?.Has(PartialKey);
        if (layerType is not null)
        {
            scale?.Only(PartialKey, 1);
        }

        return new RotarySpec(kind, dimensions, new EquatableList<double>(frequencies), factor);
    }

    /// <summary>The object that counts where layers do not differ: rope_scaling if it says anything, else rope_parameters.</summary>
    private static ConfigReader? Counts(HubConfig config) =>
        config.Reader.Value(ScalingKey)?.Members.Count > 0 ? config.Reader.Nested(ScalingKey) : config.Reader.Nested(ParametersKey);

    /// <summary>A number above 0 that a kind of scaling cannot do without; transformers has no default for it.</summary>
    private static double Needed(HubConfig scale, string key)
    {
        if (!scale.Reader.IsGiven(key))
        {
            scale.Refuse(key, "a number that is more than 0");
        }

        return scale.Positive(key, 1);
    }

    /// <summary>
    /// The length that the model was trained with: of the scaling, or else max_position_embeddings. The same key at the top of the file comes first for
    /// transformers 5 and is nothing to transformers 4: it may only say the same.
    /// </summary>
    private static int Original(HubConfig config, HubConfig scale, int maxLength)
    {
        const string Meaning = "the length that the model was trained with";
        int length = scale.Size(OriginalKey, maxLength, Meaning);
        if (config.Optional(OriginalKey, 1, Meaning) is int top && top != length)
        {
            config.Refuse(OriginalKey, Number.Text(length) + ", as the rotation has it, or null");
        }

        return length;
    }

    // Long waves are stretched by the factor, short ones stay, those between are mixed (Llama 3.1).
    private static double[] Llama3(HubConfig scale, double[] frequencies, double length)
    {
        double factor = Needed(scale, "factor"), low = Needed(scale, "low_freq_factor"), high = Needed(scale, "high_freq_factor");
        return
        [
            .. frequencies.Select(f =>
            {
                double wave = 2 * Math.PI / f;
                if (wave < length / high)
                {
                    return f;
                }

                if (wave > length / low)
                {
                    return f / factor;
                }

                double smooth = ((length / wave) - low) / (high - low);
                return ((1 - smooth) * f / factor) + (smooth * f);
            }),
        ];
    }

    // LongRoPE (Ding et al. 2024): each frequency has a divisor, one for sequences of at most the original length and one for longer ones, for all of their tokens.
    // Keys that are cached cannot be turned anew, so the original length is the model's limit, and the short divisors hold. rope_scaling (transformers 4) takes the
    // stretch from the lengths where it can, rope_parameters (transformers 5) from its factor.
    private static (double[] Frequencies, float Factor) Long(HubConfig config, HubConfig scale, double[] frequencies, int maxLength, int? ordinaryOriginal, bool isNewer)
    {
        const string FactorKey = "factor", AttentionKey = "attention_factor";
        double[] Divisors(string key)
        {
            double[] divisors = [.. scale.Reader.Reals(key) ?? []];
            if (divisors.Length == frequencies.Length && divisors.All(divisor => divisor > 0))
            {
                return divisors;
            }

            scale.Refuse(key, "a list of " + Number.Text(frequencies.Length) + " numbers above 0, one for each pair of columns that turns");
            return [.. frequencies.Select(_ => 1.0)];
        }

        double[] few = Divisors("short_factor");
        Divisors("long_factor");
        int? Original(HubConfig of) => of.Optional(OriginalKey, 1, "the length that the model was trained with");
        int? outside = Original(config) ?? ordinaryOriginal, known = isNewer ? Original(scale) ?? outside : outside;
        int original = known ?? maxLength;
        double? given = scale.Reader.IsGiven(FactorKey) ? scale.Positive(FactorKey, 1) : null, ratio = known is null ? null : (double)maxLength / original;
        ratio = isNewer ? given ?? ratio : ratio ?? given;
        if (ratio is null && !scale.Reader.IsGiven(AttentionKey))
        {
            scale.Refuse(FactorKey, "a number, where neither " + AttentionKey + " nor " + OriginalKey + " is given");
        }

        double stretch = ratio ?? 1;
        double attention = scale.Reader.IsGiven(AttentionKey) ? scale.Positive(AttentionKey, 1) : stretch <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(stretch) / Math.Log(original)));
        config.Longest = Math.Min(config.Longest, original);
        return ([.. frequencies.Select((f, i) => f / few[i])], (float)attention);
    }

    // YaRN (Peng et al. 2023).
    private static (double[] Frequencies, float Factor) Yarn(HubConfig scale, double[] frequencies, double theta, int dimensions, int maxLength, double original)
    {
        ConfigReader given = scale.Reader;
        double factor = scale.Positive("factor", maxLength / original);
        double fast = scale.Positive("beta_fast", 32), slow = scale.Positive("beta_slow", 1);
        bool truncate = scale.Flag("truncate", true);
        double Mscale(double by, double m) => by <= 1 ? 1 : (0.1 * m * Math.Log(by)) + 1;
        double ofAll = scale.Real("mscale_all_dim", 0), of = scale.Real("mscale", 0);
        double attention = given.IsGiven("attention_factor") ? scale.Positive("attention_factor", 1)
            : of != 0 && ofAll != 0 ? Mscale(factor, of) / Mscale(factor, ofAll)
            : Mscale(factor, 1);
        double Dimension(double rotations) => dimensions * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Dimension(fast), high = Dimension(slow);
        (low, high) = truncate ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);
        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        double width = high == low ? 0.001 : high - low;
        return ([.. frequencies.Select((f, i) =>
        {
            double ramp = Math.Min(1, Math.Max(0, (i - low) / width)), keep = 1 - ramp;
            return (f / factor * (1 - keep)) + (f * keep);
        })], (float)attention);
    }
}

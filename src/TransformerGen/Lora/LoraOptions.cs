using System.Text.RegularExpressions;

namespace TransformerGen.Lora;

/// <summary>What an adapter adapts and how: the keys of PEFT's adapter_config.json that change numbers. Immutable.</summary>
public sealed record LoraOptions
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Modules whose weights are adapted: whole names (model.layers.0.self_attn.q_proj) or their ends (q_proj), as target_modules lists them. A module's name is
    /// its weight's without ".weight".
    /// </summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <summary>A regular expression that fits the whole names of the adapted modules, in place of <see cref="TargetModules"/>: target_modules where it is a text.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>r: rows of A and columns of B.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>α: B·A is multiplied by α / r.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>Multiplies by α / √r instead (Kalajdzievski 2023): use_rslora.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Other ranks for some modules, by their names' ends or regular expressions of these: rank_pattern. The first that fits applies.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Other α for some modules, likewise: alpha_pattern.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>lora_dropout of the run that the adapter comes from. It changes nothing where a model is used; training refuses any but 0.</summary>
    public double Dropout { get; init; }

    /// <summary>Name of the model that is adapted, for those who read the file: base_model_name_or_path.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Whether a module is adapted.</summary>
    internal bool Targets(string module) => TargetPattern is { } pattern
        ? Regex.IsMatch(module, $"^(?:{pattern})$", RegexOptions.CultureInvariant, s_patience)
        : TargetModules.Any(target => Ends(module, target));

    /// <summary>Whether one of <see cref="TargetModules"/> names a module.</summary>
    internal static bool Ends(string module, string target) =>
        module.EndsWith(target, StringComparison.Ordinal) && (module.Length == target.Length || module[^(target.Length + 1)] == '.');

    /// <summary>A module's rank.</summary>
    internal int RankOf(string module) => Find(RankPattern, module, Rank);

    /// <summary>What B·A of a module is multiplied by.</summary>
    internal double ScaleOf(string module)
    {
        double rank = RankOf(module);
        return Find(AlphaPattern, module, Alpha) / (RankStabilized ? Math.Sqrt(rank) : rank);
    }

    /// <summary>Refuses what is no adapter.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or a pattern is no regular expression.</exception>
    internal void Validate()
    {
        Require(TargetPattern is not null ? TargetModules.Count == 0 : TargetModules.Count > 0, nameof(TargetModules), "Give the modules to adapt either by their names or by one pattern, for example TargetModules = [\"q_proj\", \"v_proj\"].");
        Require(TargetModules.All(target => !string.IsNullOrEmpty(target)), nameof(TargetModules), "A module has a name.");
        Require(Rank >= 1 && RankPattern.All(entry => entry.Value >= 1), nameof(Rank), "A rank is at least 1.");
        Require(double.IsFinite(Alpha) && AlphaPattern.All(entry => double.IsFinite(entry.Value)), nameof(Alpha), "α is finite.");
        Require(Dropout is >= 0 and < 1, nameof(Dropout), "A dropout rate is a probability in [0, 1).");
        foreach (string pattern in (IEnumerable<string>)[TargetPattern ?? "", .. RankPattern.Select(entry => entry.Key), .. AlphaPattern.Select(entry => entry.Key)])
        {
            // Throws RegexParseException, an ArgumentException that says where.
            _ = new Regex(pattern, RegexOptions.CultureInvariant, s_patience);
        }
    }

    private static T Find<T>(IReadOnlyList<KeyValuePair<string, T>> patterns, string module, T otherwise)
    {
        foreach ((string pattern, T value) in patterns)
        {
            // As PEFT's get_pattern_key asks.
            if (Regex.IsMatch(module, $@"^(.*\.)?({pattern})$", RegexOptions.CultureInvariant, s_patience))
            {
                return value;
            }
        }

        return otherwise;
    }

    private static void Require(bool holds, string option, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException(rule, option);
        }
    }
}

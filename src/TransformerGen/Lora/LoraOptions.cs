using System.Text.RegularExpressions;
using TransformerGen.Weights;

namespace TransformerGen.Lora;

/// <summary>What an adapter adapts and how: the keys of PEFT's adapter_config.json that change numbers. Immutable.</summary>
public sealed record LoraOptions
{
    private const string TargetModulesKey = "target_modules", RankPatternKey = "rank_pattern", AlphaPatternKey = "alpha_pattern";

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
        ? Fits(TargetModulesKey, pattern, $"^(?:{pattern})$", module)
        : TargetModules.Any(target => Ends(module, target));

    /// <summary>Whether one of <see cref="TargetModules"/> names a module.</summary>
    internal static bool Ends(string module, string target) =>
        module.EndsWith(target, StringComparison.Ordinal) && (module.Length == target.Length || module[^(target.Length + 1)] == '.');

    /// <summary>A module's rank.</summary>
    internal int RankOf(string module) => Find(RankPatternKey, RankPattern, module, Rank);

    /// <summary>What B·A of a module is multiplied by.</summary>
    internal double ScaleOf(string module)
    {
        double rank = RankOf(module);
        return Find(AlphaPatternKey, AlphaPattern, module, Alpha) / (RankStabilized ? Math.Sqrt(rank) : rank);
    }

    /// <summary>Refuses what is no adapter.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or a pattern is no regular expression.</exception>
    internal void Validate()
    {
        Require(TargetPattern is not null ? TargetModules.Count == 0 : TargetModules.Count > 0, nameof(TargetModules), "target_modules: give the modules to adapt either by their names or by one pattern, for example TargetModules = [\"q_proj\", \"v_proj\"].");
        Require(TargetModules.All(target => !string.IsNullOrEmpty(target)), nameof(TargetModules), "target_modules holds an empty name. Expected names of modules, or their ends.");
        Require(Rank >= 1 && RankPattern.All(entry => entry.Value >= 1), nameof(Rank), "r, or a rank of rank_pattern, is below 1. Expected at least 1.");
        Require(double.IsFinite(Alpha) && AlphaPattern.All(entry => double.IsFinite(entry.Value)), nameof(Alpha), "lora_alpha, or a value of alpha_pattern, is no finite number.");
        Require(Dropout is >= 0 and < 1, nameof(Dropout), "lora_dropout is outside of [0, 1). Expected a probability.");
        var patterns = new List<(string Key, string Pattern)> { (TargetModulesKey, TargetPattern ?? "") };
        patterns.AddRange(RankPattern.Select(entry => (RankPatternKey, entry.Key)));
        patterns.AddRange(AlphaPattern.Select(entry => (AlphaPatternKey, entry.Key)));
        foreach ((string key, string pattern) in patterns)
        {
            try
            {
                _ = new Regex(pattern, RegexOptions.CultureInvariant, s_patience);
            }
            catch (RegexParseException e)
            {
                throw new ArgumentException($"{key} holds {SafeTensorsException.Quote(pattern)}, which is no regular expression: {e.Message}", e);
            }
        }
    }

    private static T Find<T>(string key, IReadOnlyList<KeyValuePair<string, T>> patterns, string module, T otherwise)
    {
        foreach ((string pattern, T value) in patterns)
        {
            // As PEFT's get_pattern_key asks.
            if (Fits(key, pattern, $@"^(.*\.)?({pattern})$", module))
            {
                return value;
            }
        }

        return otherwise;
    }

    /// <summary>Whether an expression fits a module's name.</summary>
    /// <exception cref="ArgumentException">It takes longer than anyone would wait, as one of nested repetitions does; the message names the key.</exception>
    private static bool Fits(string key, string pattern, string expression, string module)
    {
        try
        {
            return Regex.IsMatch(module, expression, RegexOptions.CultureInvariant, s_patience);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ArgumentException(
                $"{key} holds {SafeTensorsException.Quote(pattern)}, which takes more than {s_patience.TotalSeconds:0} s to compare with '{module}'. Expected an expression without repetitions of repetitions, such as (a+)+, or a list of names.", e);
        }
    }

    private static void Require(bool holds, string option, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException(rule, option);
        }
    }
}

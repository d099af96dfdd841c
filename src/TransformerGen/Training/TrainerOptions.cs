using System.Globalization;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>How to train. Immutable; all of it influences the numbers and is compared when a checkpoint is resumed.</summary>
public sealed record TrainerOptions
{
    /// <summary>How gradients become steps.</summary>
    public Optimizer Optimizer { get; init; } = Optimizer.Adam();

    /// <summary>The learning rate of each step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant(1e-3);

    /// <summary>Seed of dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Dropout rate in [0, 1); null takes the model's. A model that was compiled with rate 0 has no dropout in its code.</summary>
    public double? Dropout { get; init; }

    /// <summary>ε of label smoothing in [0, 1): (1 - ε) on the label plus ε / V on every class.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Largest norm of all gradients together; larger ones are multiplied by max / (norm + 1e-6). Null does not clip.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Batches of a source that make one optimiser step in <see cref="Trainer{TModel}.Fit(ITrainingSource, int, IProgress{TrainingProgress}, CancellationToken)"/>.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Tensors with a rate or decay of their own, or frozen; the first that matches a tensor applies.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; init; } = [];

    /// <summary>
    /// Names what is trained on, for a checkpoint to be resumed with the same: a digest of the data and its vocabulary, say. It changes no number; null
    /// leaves it to the caller to bring the same data.
    /// </summary>
    public string? Data { get; init; }

    /// <summary>What is written to a checkpoint, by name.</summary>
    internal Dictionary<string, string> Describe(ModelInfo info)
    {
        string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["data"] = Data ?? "not named",
            ["optimizer"] = Optimizer.Description,
            ["schedule"] = Schedule.Description,
            ["seed"] = Seed.ToString(CultureInfo.InvariantCulture),
            ["dropout"] = Number(DropoutFor(info)),
            ["label smoothing"] = Number(LabelSmoothing),
            ["clip norm"] = ClipNorm is { } norm ? Number(norm) : "none",
            ["accumulation steps"] = AccumulationSteps.ToString(CultureInfo.InvariantCulture),
            ["groups"] = string.Join("; ", Groups.Select(g => g.Description)),
        };
    }

    /// <summary>Whether the first group that a tensor belongs to is frozen.</summary>
    internal bool Freezes(string name) => Groups.FirstOrDefault(group => group.Matches(name)) is { Frozen: true };

    internal double DropoutFor(ModelInfo info) => Dropout ?? info.Dropout;

    /// <summary>Refuses what does not make sense, or does not fit the model.</summary>
    internal void Validate(ModelInfo info)
    {
        double dropout = DropoutFor(info);
        Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "ε of label smoothing is in [0, 1).");
        Require(
            LabelSmoothing == 0 || (info.Output is OutputKind.Language or OutputKind.Classes && info.Loss == OutputLoss.CrossEntropy), nameof(LabelSmoothing), LabelSmoothing,
            $"Only classes are smoothed; {info.Name} is not trained by one class per row.");
        Require(ClipNorm is null or > 0, nameof(ClipNorm), ClipNorm, "The largest norm is positive; null does not clip.");
        Require(dropout is >= 0 and < 1, nameof(Dropout), dropout, "A dropout rate is a probability in [0, 1).");
        Require(dropout == 0 || info.Dropout > 0, nameof(Dropout), dropout, $"{info.Name} was compiled without dropout. Set Dropout in its attribute; the trainer's option can then change the rate.");
        Require(Optimizer.WeightDecay >= 0 && double.IsFinite(Optimizer.WeightDecay), nameof(Optimizer.WeightDecay), Optimizer.WeightDecay, "Weight decay is finite and not negative.");
        Require(AccumulationSteps >= 1, nameof(AccumulationSteps), AccumulationSteps, "A step takes at least one batch.");
        foreach (ParameterGroup group in Groups)
        {
            Require(group.LearningRateFactor >= 0 && double.IsFinite(group.LearningRateFactor), nameof(Groups), group.LearningRateFactor, $"The rate factor of group '{group.Pattern}' is finite and not negative.");
            Require(group.WeightDecay is null || (group.WeightDecay >= 0 && double.IsFinite(group.WeightDecay.Value)), nameof(Groups), group.WeightDecay, $"The weight decay of group '{group.Pattern}' is finite and not negative.");
            Require(
                info.Parameters.Any(p => group.Matches(p.Name)), nameof(Groups), group.Pattern,
                $"The pattern matches no tensor of {info.Name}; its tensors are called {string.Join(", ", info.Parameters.Take(3).Select(p => p.Name))} and so on.");
        }
    }

    private static void Require(bool holds, string option, object? value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(option, value, rule);
        }
    }
}

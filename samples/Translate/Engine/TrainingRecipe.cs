using TransformerGen.Training;

namespace Translate.Engine;

/// <summary>How a model is trained where the user does not say otherwise. All of it influences the weights; the same recipe gives the same bits.</summary>
internal sealed record TrainingRecipe
{
    /// <summary>Pairs in a batch. Rows are packed, so pairs of different length share a batch without padding.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Passes over so many batches.</summary>
    public required Func<int, int> Epochs { get; init; }

    /// <summary>The learning rate over so many steps.</summary>
    public required Func<long, LearningRateSchedule> Schedule { get; init; }

    /// <summary>How gradients become steps.</summary>
    public Optimizer Optimizer { get; init; } = Optimizer.Adam(beta2: 0.98, epsilon: 1e-9);

    /// <summary>Share of each label that is spread over the whole vocabulary.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Dropout rate, or null for the model's own.</summary>
    public double? Dropout { get; init; }

    /// <summary>Largest norm of the gradients, or null not to clip.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Whether the loss on the held-out part is measured, and a checkpoint saved, while training goes on.</summary>
    public bool Validates { get; init; }

    /// <summary>Chooses the first weights, the order of the pairs and dropout.</summary>
    public ulong Seed { get; init; } = 1;
}

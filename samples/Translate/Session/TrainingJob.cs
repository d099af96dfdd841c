using Translate.Corpus;

namespace Translate.Session;

/// <summary>What to learn, for how long, and where an interrupted run leaves its state.</summary>
/// <param name="Corpus">Pairs to learn from and pairs for the validation loss.</param>
/// <param name="Epochs">Passes over the training part, or null for the engine's own choice.</param>
/// <param name="Limit">Time after which training ends, or null for none.</param>
/// <param name="CheckpointPath">The file to resume from and to save to.</param>
internal sealed record TrainingJob(SplitCorpus Corpus, int? Epochs, TimeSpan? Limit, string CheckpointPath);

/// <summary>How training ended.</summary>
internal enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>It was cancelled; the checkpoint holds its state.</summary>
    Interrupted,
}

/// <summary>Where training stands.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Loss">Mean loss per token since the report before, in nats.</param>
/// <param name="LearningRate">The rate of the last step.</param>
/// <param name="TokensPerSecond">Source and target tokens learned per second.</param>
/// <param name="TimeLeft">Expected time to the last step.</param>
/// <param name="ValidationLoss">Loss on the held-out part, where it has just been measured.</param>
internal sealed record TrainingReport(
    int Step, int TotalSteps, double Loss, double LearningRate, double TokensPerSecond, TimeSpan TimeLeft, double? ValidationLoss = null);

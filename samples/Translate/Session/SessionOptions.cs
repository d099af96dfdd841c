namespace Translate.Session;

/// <summary>What the command line asked for.</summary>
/// <param name="Sentences">Sentences to translate; none opens the prompt.</param>
/// <param name="Data">A file of pairs to learn instead of the phrasebook, or null.</param>
/// <param name="Retrain">Whether to train anew although there is a model.</param>
/// <param name="Beam">Beams of the search; 1 is greedy.</param>
/// <param name="Epochs">Passes over the training part, or null for the engine's choice.</param>
/// <param name="Minutes">Minutes after which training ends, or null.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Model">The folder of the model, or null for the default.</param>
internal sealed record SessionOptions(
    IReadOnlyList<string> Sentences, FileInfo? Data, bool Retrain, int Beam, int? Epochs, double? Minutes, int Threads, DirectoryInfo? Model);

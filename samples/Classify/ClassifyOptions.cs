namespace Classify;

/// <summary>What the command line asked for.</summary>
/// <param name="Texts">Texts to classify; none reads them from standard input.</param>
/// <param name="Data">Lines to learn from; null for the sample's own.</param>
/// <param name="Test">Lines to test with; null holds some of <paramref name="Data"/> out.</param>
/// <param name="Base">Folder of the pretrained encoder; null for the usual place.</param>
/// <param name="Model">Folder of the classifier; null for one next to the program.</param>
/// <param name="Epochs">Passes over the lines.</param>
/// <param name="Rate">Highest learning rate.</param>
/// <param name="Seed">Seed of everything that is drawn.</param>
/// <param name="Retrain">Train although there is a classifier.</param>
internal sealed record ClassifyOptions(
    string[] Texts, FileInfo? Data, FileInfo? Test, string? Base, string? Model, int Epochs, double Rate, ulong Seed, bool Retrain);

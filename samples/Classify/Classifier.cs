using TransformerGen;

namespace Classify;

/// <summary>
/// The model: BERT's architecture in the sizes of model/config.json, those of all-MiniLM-L6-v2, under a head of 16 classes; labels that the lines do not
/// have stay unused.
/// </summary>
[TransformerModel("model/config.json")]
internal sealed partial class Classifier;

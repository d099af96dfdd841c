using TransformerGen;

namespace SemanticSearch;

/// <summary>The encoder: BERT's architecture in the sizes of model/config.json, those of all-MiniLM-L6-v2, compiled without its backward pass.</summary>
[TransformerModel("model/config.json", Training = false)]
internal sealed partial class MiniLm;

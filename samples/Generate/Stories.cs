using TransformerGen;

namespace Generate;

/// <summary>The model: Llama's architecture in the sizes of model/config.json, compiled without its backward pass.</summary>
[TransformerModel("model/config.json", Training = false)]
internal sealed partial class Stories;

namespace TransformerGen.Benchmarks.Work;

/// <summary>W6: the encoder-decoder of the paper, scaled down: d 256, 4 heads, 3 + 3 layers, ff 1024, vocabulary 8,000.</summary>
[TransformerModel(256, 4, 3, 8000, Architecture = Architecture.EncoderDecoder, FeedForward = 1024, MaxLength = 64, ShareEmbeddings = false, Dropout = 0)]
internal sealed partial class PaperSmall;

/// <summary>W1: a GPT-2 style decoder: d 128, 4 heads, 4 layers, ff 512, vocabulary 512, context 256.</summary>
[TransformerModel(
    128, 4, 4, 512, Architecture = Architecture.Decoder, FeedForward = 512, MaxLength = 256, Activation = Activation.GELU, NormPlacement = NormPlacement.Pre,
    Positions = Positions.Learned, ScaleEmbeddings = false, Dropout = 0)]
internal sealed partial class TinyGpt;

/// <summary>The model that the Multi30k reference run trains: W6's shape with one shared embedding and dropout 0.1.</summary>
[TransformerModel(256, 4, 3, 8000, Architecture = Architecture.EncoderDecoder, FeedForward = 1024, MaxLength = 48, Dropout = 0.1)]
internal sealed partial class Multi30kTranslator;

/// <summary>The GPT-2 that the Shakespeare reference run trains: d 128, 4 heads, 4 layers, 65 characters, context 128.</summary>
[TransformerModel("Work/shakespeare/config.json")]
internal sealed partial class ShakespeareGpt;

using TransformerGen;
using Translate.Corpus;

namespace Translate.Engine;

/// <summary>The model for pairs of the user's own: wider and deeper, with room for the pieces of a byte-level vocabulary.</summary>
[TransformerModel(
    dModel: 256, heads: 4, layers: 3, vocab: Pieces, Architecture = Architecture.EncoderDecoder, FeedForward = 1024,
    NormPlacement = NormPlacement.Pre, MaxLength = 64, Dropout = 0.1, PadId = PieceCodec.Pad, BeginId = PieceCodec.Begin, EndId = PieceCodec.End)]
internal sealed partial class PairTranslator
{
    /// <summary>Pieces of the largest vocabulary that the model can take.</summary>
    public const int Pieces = 8_000;
}

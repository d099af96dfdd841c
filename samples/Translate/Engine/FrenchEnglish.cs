using TransformerGen;
using Translate.Corpus;

namespace Translate.Engine;

/// <summary>The phrasebook's model: small enough to learn it on two cores in well under a minute.</summary>
[TransformerModel(
    dModel: 128, heads: 4, layers: 2, vocab: Phrasebook.VocabularyLimit, Architecture = Architecture.EncoderDecoder, FeedForward = 512,
    NormPlacement = NormPlacement.Pre, MaxLength = 48, Dropout = 0.1, PadId = Vocabulary.Pad, BeginId = Vocabulary.Begin, EndId = Vocabulary.End)]
internal sealed partial class FrenchEnglish;

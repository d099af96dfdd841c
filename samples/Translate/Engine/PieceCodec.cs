using TransformerGen.Text;
using Translate.Corpus;

namespace Translate.Engine;

/// <summary>Pieces of words, learned from a user's own pairs: a byte-level vocabulary that can write every text. Saved as Hugging Face's <c>tokenizer.json</c>.</summary>
internal sealed class PieceCodec : ITextCodec
{
    /// <summary>Fills up a padded row.</summary>
    public const int Pad = 0;

    /// <summary>What decoding starts from.</summary>
    public const int Begin = 1;

    /// <summary>What ends every sentence.</summary>
    public const int End = 2;

    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "tokenizer.json";

    // A pair of pieces that occurs once teaches nothing.
    private const int MinimumFrequency = 2;

    private readonly TextTokenizer tokenizer;

    private PieceCodec(TextTokenizer tokenizer) => this.tokenizer = tokenizer;

    /// <inheritdoc/>
    public int Count => tokenizer.VocabularySize;

    /// <summary>Learns one vocabulary for both languages.</summary>
    /// <param name="pairs">The training part.</param>
    /// <param name="pieces">The most pieces it may have.</param>
    public static PieceCodec Learn(IEnumerable<SentencePair> pairs, int pieces) => new(ByteLevelBpeTrainer.Train(
        pairs.SelectMany(pair => new[] { pair.Source, pair.Target }),
        new() { VocabularySize = pieces, MinimumFrequency = MinimumFrequency, AddPrefixSpace = true }));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its special tokens are not the four that this program writes.</exception>
    public static PieceCodec Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        TextTokenizer tokenizer = TextTokenizer.Load(path);
        if (tokenizer is not { PadId: Pad, BeginId: Begin, EndId: End })
        {
            throw new InvalidDataException(
                $"{path} has <pad>, <s>, </s> at {tokenizer.PadId}, {tokenizer.BeginId}, {tokenizer.EndId}; they must be at {Pad}, {Begin}, {End}. --retrain trains a new model.");
        }

        return new(tokenizer);
    }

    /// <inheritdoc/>
    public int[] Encode(string text) => tokenizer.Encode(text, findSpecialTokens: false);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids)
    {
        int end = ids.IndexOf(End);
        return tokenizer.Decode(end < 0 ? ids : ids[..end]).Trim();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Unseen(string text) => [];

    /// <inheritdoc/>
    public void Save(string directory) => tokenizer.Save(Path.Combine(directory, FileName));
}

using System.Runtime.InteropServices;
using System.Text;
using TransformerGen.Text.Json;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text;

/// <summary>
/// Learns a WordPiece vocabulary (BERT's kind) as the <c>WordPieceTrainer</c> of Hugging Face's <c>tokenizers</c> does: pieces inside
/// a word begin with <c>##</c>, and the most frequent pair of neighbouring pieces is merged until the vocabulary is full. Ids of
/// single characters inside words follow the order of a hash map there and change from run to run; here they follow the characters' own
/// order, and <see cref="WordPieceTrainingOptions.InitialPieces"/> gives them another.
/// </summary>
public static class WordPieceTrainer
{
    private const int SentencesPerReport = 4096;

    /// <summary>Learns a vocabulary. The result depends on the words and their number alone, not on the order of sentences.</summary>
    /// <param name="sentences">The training text, read once; held are only its distinct words.</param>
    /// <param name="options">Vocabulary size, special tokens and the like.</param>
    /// <param name="progress">Told now and then how far the training is; may be null.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    /// <returns>A tokenizer with the learned vocabulary, ready to use and to save.</returns>
    /// <exception cref="ArgumentException">An option cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TextTokenizer Train(
        IEnumerable<string> sentences,
        WordPieceTrainingOptions options,
        IProgress<BpeTrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();

        var wordCounts = CountWords(sentences, options, progress, out var read, cancellationToken);
        var pieces = new PieceList(options.VocabularySize);
        foreach (var piece in options.SpecialTokens.Concat(options.InitialPieces)) pieces.Add(piece);
        var words = ToPieces(wordCounts, pieces);
        PieceMerging.Run(words, pieces, options.VocabularySize, options.MinimumFrequency, Join, Report, cancellationToken);
        Report();
        void Report() => progress?.Report(new BpeTrainingProgress(read, pieces.Count, options.VocabularySize));

        var definition = new WordPieceDefinition
        {
            Vocabulary = pieces.ToVocabulary(),
            AddedTokens = [.. options.SpecialTokens.Select(token => new AddedToken(pieces.Find(token), token))],
            Lowercase = options.Lowercase,
            SurroundsText = options.SurroundsText,
        };
        return TextTokenizer.Create(definition, "The trained tokenizer");
    }

    private static string Join(string left, string right) =>
        right.StartsWith(WordPieceDefinition.Prefix, StringComparison.Ordinal) ? left + right[WordPieceDefinition.Prefix.Length..] : left + right;

    private static Dictionary<string, long> CountWords(
        IEnumerable<string> sentences, WordPieceTrainingOptions options, IProgress<BpeTrainingProgress>? progress, out long read, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var normalizer = new BertNormalizer(cleanText: true, separateIdeographs: true, stripAccents: options.Lowercase, options.Lowercase);
        var splitter = SplitterReader.Bert();
        var buffers = new EncodingBuffers();
        read = 0;
        foreach (var sentence in sentences)
        {
            cancellationToken.ThrowIfCancellationRequested();
            buffers.Text.Set(sentence, 0);
            normalizer.Apply(buffers);
            buffers.Words.Clear();
            if (buffers.Text.Length > 0) buffers.Words.Add(new Word(0, buffers.Text.Length));
            splitter.Apply(buffers);
            foreach (var word in buffers.Words) CollectionsMarshal.GetValueRefOrAddDefault(lookup, buffers.Text.Units[word.Start..word.End], out _)++;
            if (++read % SentencesPerReport == 0) progress?.Report(new BpeTrainingProgress(read, 0, options.VocabularySize));
        }

        return counts;
    }

    /// <summary>Splits words into characters, whose pieces get ids: those of all characters first, then those inside words.</summary>
    private static List<BpeWord> ToPieces(Dictionary<string, long> wordCounts, PieceList pieces)
    {
        var all = new SortedSet<int>();
        var inside = new SortedSet<int>();
        foreach (var word in wordCounts.Keys)
        {
            var isFirst = true;
            foreach (var rune in word.EnumerateRunes())
            {
                all.Add(rune.Value);
                if (!isFirst) inside.Add(rune.Value);
                isFirst = false;
            }
        }

        foreach (var character in all) pieces.Add(new Rune(character).ToString());
        foreach (var character in inside) pieces.Add(WordPieceDefinition.Prefix + new Rune(character));

        var words = new List<BpeWord>(wordCounts.Count);
        var ids = new List<int>();
        foreach (var (word, count) in wordCounts)
        {
            ids.Clear();
            foreach (var rune in word.EnumerateRunes()) ids.Add(pieces.Find((ids.Count == 0 ? "" : WordPieceDefinition.Prefix) + rune));
            words.Add(new BpeWord([.. ids], count));
        }

        return words;
    }
}

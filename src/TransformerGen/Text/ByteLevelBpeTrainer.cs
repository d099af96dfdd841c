using System.Runtime.InteropServices;
using TransformerGen.Text.Json;

namespace TransformerGen.Text;

/// <summary>
/// Learns a byte-level BPE vocabulary: begins with the 256 bytes and merges the most frequent pair of neighbouring pieces
/// until the vocabulary is full. Finds the merges and ids that the <c>BpeTrainer</c> of Hugging Face's <c>tokenizers</c> finds
/// with a <c>ByteLevel</c> pre-tokenizer and the byte alphabet: equally frequent pairs are merged in the order of their ids.
/// </summary>
public static class ByteLevelBpeTrainer
{
    private const int SentencesPerReport = 4096;

    /// <summary>Learns a vocabulary. The result depends on the words and their number alone, not on the order of sentences.</summary>
    /// <param name="sentences">The training text, read once; held are only its distinct words. Pieces never cross a sentence.</param>
    /// <param name="options">Vocabulary size, special tokens and the like.</param>
    /// <param name="progress">Told now and then how far the training is; may be null.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    /// <returns>A tokenizer with the learned vocabulary, ready to use and to save.</returns>
    /// <exception cref="ArgumentException">An option cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TextTokenizer Train(
        IEnumerable<string> sentences,
        BpeTrainingOptions options,
        IProgress<BpeTrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();

        var pieces = new PieceList(options.VocabularySize);
        foreach (var token in options.SpecialTokens) pieces.Add(token);
        foreach (var character in ByteAlphabet.InCharacterOrder()) pieces.Add(character.ToString());

        var wordCounts = CountWords(sentences, options, progress, out var read, cancellationToken);
        var words = ToPieces(wordCounts, pieces);
        var merges = PieceMerging.Run(words, pieces, options.VocabularySize, options.MinimumFrequency, string.Concat, Report, cancellationToken);
        Report();
        void Report() => progress?.Report(new BpeTrainingProgress(read, pieces.Count, options.VocabularySize));

        var definition = new BpeDefinition
        {
            Vocabulary = pieces.ToVocabulary(),
            Merges = merges,
            AddedTokens = [.. options.SpecialTokens.Select(token => new AddedToken(pieces.Find(token), token))],
            UnknownToken = options.SpecialTokens.Contains("<unk>") ? "<unk>" : null,
            AddPrefixSpace = options.AddPrefixSpace,
        };
        return TextTokenizer.Create(definition, "The trained tokenizer");
    }

    private static Dictionary<string, long> CountWords(
        IEnumerable<string> sentences, BpeTrainingOptions options, IProgress<BpeTrainingProgress>? progress, out long read, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        read = 0;
        foreach (var sentence in sentences)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = (options.AddPrefixSpace && !sentence.StartsWith(' ') ? " " + sentence : sentence).AsSpan();
            for (var start = 0; start < text.Length;)
            {
                var end = Gpt2Words.EndOfWord(text, start);
                CollectionsMarshal.GetValueRefOrAddDefault(lookup, text[start..end], out _)++;
                start = end;
            }

            if (++read % SentencesPerReport == 0) progress?.Report(new BpeTrainingProgress(read, 0, options.VocabularySize));
        }

        return counts;
    }

    private static List<BpeWord> ToPieces(Dictionary<string, long> wordCounts, PieceList pieces)
    {
        var words = new List<BpeWord>(wordCounts.Count);
        foreach (var (word, count) in wordCounts)
        {
            var spelled = ByteAlphabet.Spell(word);
            var ids = new int[spelled.Length];
            for (var i = 0; i < ids.Length; i++) ids[i] = pieces.Find(spelled.AsSpan(i, 1));
            words.Add(new BpeWord(ids, count));
        }

        return words;
    }
}

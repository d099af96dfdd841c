using System.Runtime.InteropServices;
using System.Text;
using TransformerGen.Text.Json;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text;

/// <summary>
/// Text to token ids and back, as Hugging Face's <c>tokenizers</c> does it: byte-level BPE (GPT-2, RoBERTa, Llama 3), BPE with byte
/// fallback (Llama 2), WordPiece (BERT) and Unigram (T5), with the normaliser, pre-tokenizer, added tokens, post-processor and decoder
/// of the model's <c>tokenizer.json</c>. All members may be used from several threads at once.
/// </summary>
public sealed partial class TextTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenScanner _addedTokens;
    private readonly AddedTokenScanner? _normalizedTokens;
    private readonly bool[] _isSpecial;

    internal TextTokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _addedTokens = new AddedTokenScanner(parts.AddedTokens.Where(token => !token.IsNormalized));
        if (parts.AddedTokens.Any(token => token.IsNormalized)) _normalizedTokens = new AddedTokenScanner(Normalized(parts));
        _isSpecial = new bool[parts.Pieces.Length];
        foreach (var token in parts.AddedTokens) _isSpecial[token.Id] = token.IsSpecial;

        PadId = FirstId("<pad>", "[PAD]", "<|pad|>", "<|finetune_right_pad_id|>");
        BeginId = FirstId("<s>", "<bos>", "[BOS]", "<|begin_of_text|>", "<|im_start|>", "<|endoftext|>", "[CLS]");
        EndId = FirstId("</s>", "<eos>", "[EOS]", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>", "[SEP]");
        UnknownId = parts.UnknownToken is { } unknown ? FindId(unknown) : FirstId("<unk>", "[UNK]");
    }

    /// <summary>One more than the highest id: the rows a model's embedding needs.</summary>
    public int VocabularySize => _parts.Pieces.Length;

    /// <summary>The id that fills rows of a batch (<c>&lt;pad&gt;</c>), or null where the vocabulary has none.</summary>
    public int? PadId { get; }

    /// <summary>The id that begins a sentence (<c>&lt;s&gt;</c>), or null where the vocabulary has none.</summary>
    public int? BeginId { get; }

    /// <summary>The id that ends a sentence (<c>&lt;/s&gt;</c>), or null where the vocabulary has none.</summary>
    public int? EndId { get; }

    /// <summary>The id of what cannot be encoded (<c>&lt;unk&gt;</c>), or null where the vocabulary has none.</summary>
    public int? UnknownId { get; }

    /// <summary>Whether a text without a leading space gets one before it is encoded. Decoding gives this space back.</summary>
    public bool AddPrefixSpace => _parts.AddsPrefixSpace;

    /// <summary>Ids by piece, the pieces as the file spells them: in byte-level vocabularies each byte is one printable character, a space 'Ġ'.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _parts.Vocabulary;

    /// <summary>The pairs of pieces that BPE merges, the earlier first; empty for other kinds.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _parts.Merges;

    /// <summary>The tokens that are found in text as they stand, special ones among them.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _parts.AddedTokens;

    /// <summary>The id of a piece or an added token, or null where there is none of that spelling.</summary>
    /// <param name="piece">As stored: a space is 'Ġ'.</param>
    public int? FindId(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        foreach (var token in _parts.AddedTokens)
        {
            if (token.Content == piece) return token.Id;
        }

        return _parts.Vocabulary.TryGetValue(piece, out var id) ? id : null;
    }

    /// <summary>True where <paramref name="id"/> is a special token, one that decoding leaves out on request.</summary>
    /// <param name="id">Any number.</param>
    public bool IsSpecial(int id) => (uint)id < (uint)_isSpecial.Length && _isSpecial[id];

    /// <summary>The ids of a text, as a model wants them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="findSpecialTokens">
    /// True (as Hugging Face does): an added token spelled out in the text becomes its id. False for text that users write and
    /// that must not be able to forge control tokens: there every character is plain text.
    /// </param>
    /// <param name="addSpecialTokens">
    /// True (as Hugging Face does): the post-processor's tokens, such as <c>[CLS]</c> and <c>[SEP]</c>, go around the text.
    /// </param>
    public int[] Encode(ReadOnlySpan<char> text, bool findSpecialTokens = true, bool addSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 1);
        Encode(text, ids, findSpecialTokens, addSpecialTokens);
        return [.. ids];
    }

    /// <summary>Adds the ids of a text to a list.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where the ids are added; what it holds stays.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <param name="addSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <returns>The number of ids added.</returns>
    public int Encode(ReadOnlySpan<char> text, List<int> destination, bool findSpecialTokens = true, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var before = destination.Count;
        foreach (var part in _parts.Template.Single)
        {
            if (part.Text == 0) EncodeText(text, findSpecialTokens, new TokenSink(destination, null, null, false));
            else if (addSpecialTokens) destination.AddRange(part.Ids);
        }

        return destination.Count - before;
    }

    /// <summary>Writes the ids of a text to a span.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where the ids go.</param>
    /// <param name="written">The number of ids written, 0 where they do not fit.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <param name="addSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <returns>False where <paramref name="destination"/> is too short; nothing is written then.</returns>
    public bool TryEncode(ReadOnlySpan<char> text, Span<int> destination, out int written, bool findSpecialTokens = true, bool addSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 1);
        written = Encode(text, ids, findSpecialTokens, addSpecialTokens);
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        CollectionsMarshal.AsSpan(ids).CopyTo(destination);
        return true;
    }

    /// <summary>The ids of a text, their places in it, and token types.</summary>
    /// <param name="text">The text.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <param name="addSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    public TextEncoding EncodeWithOffsets(ReadOnlySpan<char> text, bool findSpecialTokens = true, bool addSpecialTokens = true) =>
        EncodeParts(_parts.Template.Single, text, [], findSpecialTokens, addSpecialTokens);

    /// <summary>Two texts as one sequence, a question and a passage say, as the post-processor puts them together.</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <param name="addSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</param>
    /// <exception cref="NotSupportedException">The post-processor of this tokenizer describes no pairs.</exception>
    public TextEncoding EncodePair(ReadOnlySpan<char> first, ReadOnlySpan<char> second, bool findSpecialTokens = true, bool addSpecialTokens = true)
    {
        var pair = _parts.Template.Pair ?? throw new NotSupportedException("The post_processor of this tokenizer has no 'pair'; encode the two texts and join their ids as the model wants them.");
        return EncodeParts(pair, first, second, findSpecialTokens, addSpecialTokens);
    }

    /// <summary>The text of ids. Bytes that are no UTF-8 (half a character) become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens such as <c>&lt;/s&gt;</c> out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var text = new StringBuilder(4 * ids.Length);
        var stream = _parts.Decoder.Start(showsEarly: false);
        foreach (var id in ids)
        {
            if (Shows(id, skipSpecialTokens)) stream.Append(id, text);
        }

        stream.Flush(text);
        return text.ToString();
    }

    /// <summary>A decoder for ids that arrive one by one.</summary>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    public StreamingTextDecoder CreateStreamingDecoder(bool skipSpecialTokens = true) => new(this, _parts.Decoder.Start(showsEarly: true), skipSpecialTokens);

    /// <summary>Whether decoding gives text for an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    internal bool Shows(int id, bool skipSpecialTokens)
    {
        if ((uint)id >= (uint)_isSpecial.Length || _parts.Pieces[id] is null)
        {
            throw new ArgumentOutOfRangeException(
                nameof(id), id, $"Token id {id} is not in the vocabulary; ids run from 0 to {_isSpecial.Length - 1}. Was the model trained with another tokenizer?");
        }

        return !skipSpecialTokens || !_isSpecial[id];
    }

    private int? FirstId(params ReadOnlySpan<string> spellings)
    {
        foreach (var spelling in spellings)
        {
            if (FindId(spelling) is { } id) return id;
        }

        return null;
    }
}

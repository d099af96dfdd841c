using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace TransformerGen.Text;

/// <summary>
/// Text to token ids and back, by byte-level BPE (GPT-2's kind): every text can be encoded and decodes to itself. The merging is
/// that of Microsoft.ML.Tokenizers; this class adds Hugging Face's file format and its treatment of special tokens.
/// All members may be used from several threads at once.
/// </summary>
public sealed partial class TextTokenizer
{
    private readonly BpeDefinition _definition;
    private readonly BpeTokenizer _bpe;
    private readonly AddedTokenScanner _addedTokens;
    private readonly byte[]?[] _bytesOfId;
    private readonly bool[] _isSpecial;

    internal TextTokenizer(BpeDefinition definition)
    {
        _definition = definition;
        _addedTokens = new AddedTokenScanner(definition.AddedTokens);
        _bpe = BpeTokenizer.Create(new BpeOptions(definition.Vocabulary)
        {
            Merges = definition.Merges.Select(merge => $"{merge.Left} {merge.Right}"),
            PreTokenizer = new Gpt2PreTokenizer(),
            // Files name an unknown token by habit even where it is no piece; with all 256 bytes at hand it is never needed.
            UnknownToken = definition.UnknownToken is { } named && definition.Vocabulary.ContainsKey(named) ? named : null,
            ByteLevel = true,
        });

        var highest = definition.Vocabulary.Values.Concat(definition.AddedTokens.Select(token => token.Id)).Max();
        _bytesOfId = new byte[]?[highest + 1];
        _isSpecial = new bool[highest + 1];
        foreach (var (piece, id) in definition.Vocabulary) _bytesOfId[id] = ByteAlphabet.ToBytes(piece);
        foreach (var token in definition.AddedTokens)
        {
            _bytesOfId[token.Id] = ByteAlphabet.ToBytes(token.Content);
            _isSpecial[token.Id] = token.IsSpecial;
        }

        PadId = FirstId("<pad>", "[PAD]", "<|pad|>", "<|finetune_right_pad_id|>");
        BeginId = FirstId("<s>", "<bos>", "[BOS]", "<|begin_of_text|>", "<|im_start|>", "<|endoftext|>");
        EndId = FirstId("</s>", "<eos>", "[EOS]", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>");
        UnknownId = definition.UnknownToken is { } unknown ? FindId(unknown) : FirstId("<unk>", "[UNK]");
    }

    /// <summary>One more than the highest id: the rows a model's embedding needs.</summary>
    public int VocabularySize => _bytesOfId.Length;

    /// <summary>The id that fills rows of a batch (<c>&lt;pad&gt;</c>), or null where the vocabulary has none.</summary>
    public int? PadId { get; }

    /// <summary>The id that begins a sentence (<c>&lt;s&gt;</c>), or null where the vocabulary has none.</summary>
    public int? BeginId { get; }

    /// <summary>The id that ends a sentence (<c>&lt;/s&gt;</c>), or null where the vocabulary has none.</summary>
    public int? EndId { get; }

    /// <summary>The id of what cannot be encoded (<c>&lt;unk&gt;</c>), or null where the vocabulary has none.</summary>
    public int? UnknownId { get; }

    /// <summary>Whether a text without a leading space gets one before it is encoded. Decoding gives this space back.</summary>
    public bool AddPrefixSpace => _definition.AddPrefixSpace;

    /// <summary>Ids by piece, the pieces as stored: each byte one printable character, a space 'Ġ'.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _definition.Vocabulary;

    /// <summary>The pairs of pieces that are merged, the earlier first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _definition.Merges;

    /// <summary>The tokens that are found in text as they stand, special ones among them.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.AddedTokens;

    /// <summary>The id of a piece or an added token, or null where there is none of that spelling.</summary>
    /// <param name="piece">As stored: a space is 'Ġ'.</param>
    public int? FindId(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        foreach (var token in _definition.AddedTokens)
        {
            if (token.Content == piece) return token.Id;
        }

        return _definition.Vocabulary.TryGetValue(piece, out var id) ? id : null;
    }

    /// <summary>True where <paramref name="id"/> is a special token, one that decoding leaves out on request.</summary>
    /// <param name="id">Any number.</param>
    public bool IsSpecial(int id) => (uint)id < (uint)_isSpecial.Length && _isSpecial[id];

    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text; empty gives no ids.</param>
    /// <param name="findSpecialTokens">
    /// True (as Hugging Face does): an added token spelled out in the text becomes its id. False for text that users write and
    /// that must not be able to forge control tokens: there every character is plain text.
    /// </param>
    public int[] Encode(ReadOnlySpan<char> text, bool findSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 1);
        Encode(text, ids, findSpecialTokens);
        return [.. ids];
    }

    /// <summary>Adds the ids of a text to a list.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where the ids are added; what it holds stays.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool)"/>.</param>
    /// <returns>The number of ids added.</returns>
    public int Encode(ReadOnlySpan<char> text, List<int> destination, bool findSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var before = destination.Count;
        var from = 0;
        while (findSpecialTokens && _addedTokens.Find(text, from, out var start, out var end) is { } token)
        {
            EncodePlain(text[from..start], destination);
            destination.Add(token.Id);
            from = end;
        }

        EncodePlain(text[from..], destination);
        return destination.Count - before;
    }

    /// <summary>Writes the ids of a text to a span.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where the ids go; a text never has more ids than UTF-8 bytes (and one, for the prefix space).</param>
    /// <param name="written">The number of ids written, 0 where they do not fit.</param>
    /// <param name="findSpecialTokens">As in <see cref="Encode(ReadOnlySpan{char}, bool)"/>.</param>
    /// <returns>False where <paramref name="destination"/> is too short; nothing is written then.</returns>
    public bool TryEncode(ReadOnlySpan<char> text, Span<int> destination, out int written, bool findSpecialTokens = true)
    {
        var ids = new List<int>((text.Length / 3) + 1);
        written = Encode(text, ids, findSpecialTokens);
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids).CopyTo(destination);
        return true;
    }

    /// <summary>The text of ids. Bytes that are no UTF-8 (half a character) become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens such as <c>&lt;/s&gt;</c> out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var length = 0;
        foreach (var id in ids) length += BytesOf(id, skipSpecialTokens).Length;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var at = 0;
            foreach (var id in ids)
            {
                var bytes = BytesOf(id, skipSpecialTokens);
                bytes.CopyTo(buffer.AsSpan(at));
                at += bytes.Length;
            }

            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A decoder for ids that arrive one by one.</summary>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    public StreamingTextDecoder CreateStreamingDecoder(bool skipSpecialTokens = true) => new(this, skipSpecialTokens);

    internal ReadOnlySpan<byte> BytesOf(int id, bool skipSpecialTokens)
    {
        if ((uint)id >= (uint)_bytesOfId.Length || _bytesOfId[id] is not { } bytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(id), id, $"Token id {id} is not in the vocabulary; ids run from 0 to {_bytesOfId.Length - 1}. Was the model trained with another tokenizer?");
        }

        return skipSpecialTokens && _isSpecial[id] ? default : bytes;
    }

    private void EncodePlain(ReadOnlySpan<char> text, List<int> destination)
    {
        if (text.IsEmpty) return;
        if (!AddPrefixSpace || text[0] == ' ')
        {
            destination.AddRange(_bpe.EncodeToIds(text));
            return;
        }

        var prefixed = ArrayPool<char>.Shared.Rent(text.Length + 1);
        try
        {
            prefixed[0] = ' ';
            text.CopyTo(prefixed.AsSpan(1));
            destination.AddRange(_bpe.EncodeToIds(prefixed.AsSpan(0, text.Length + 1)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(prefixed);
        }
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

using System.Runtime.InteropServices;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>What a <see cref="BpeModel"/> does besides merging.</summary>
internal sealed record BpeSettings
{
    /// <summary>Pieces are spelled in <see cref="ByteAlphabet"/>, and words begin as their UTF-8 bytes rather than as characters.</summary>
    public bool IsByteLevel { get; init; }

    /// <summary>A character that is no piece becomes its UTF-8 bytes, <c>&lt;0xE2&gt;</c> and so on.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A word that is a piece stays whole, whatever the merges say.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Neighbouring unknown characters are one unknown piece.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>The piece for what is no piece, or null: it is dropped.</summary>
    public string? UnknownToken { get; init; }
}

/// <summary>
/// Byte pair encoding. Not Microsoft.ML.Tokenizers' <c>BpeTokenizer</c>, which has neither byte fallback nor whole words before
/// merges, gives no places without a string per piece, and whose time is quadratic in the length of a word, which in models
/// without a pre-tokenizer is the whole text; the tests hold both against each other.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly Dictionary<long, (int Rank, int Id)> _merges;
    private readonly BpeSettings _settings;
    private readonly int _unknown;
    private readonly int[] _idOfByte;
    private readonly WordCache _cache = new();

    /// <summary>A model.</summary>
    /// <exception cref="InvalidDataException">A merge names a piece that the vocabulary lacks.</exception>
    public BpeModel(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, BpeSettings settings, string name)
    {
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _settings = settings;
        _unknown = settings.UnknownToken is { } unknown && vocabulary.TryGetValue(unknown, out var id) ? id : -1;
        _merges = new Dictionary<long, (int Rank, int Id)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _merges[MergeScratch.Key(Find(left), Find(right))] = (rank, Find(left + right));
        }

        _idOfByte = settings.IsByteLevel ? new int[256] : BytePieces(vocabulary);
        if (!settings.IsByteLevel) return;
        for (var value = 0; value < 256; value++) _idOfByte[value] = vocabulary.TryGetValue(ByteAlphabet.ToCharacter((byte)value).ToString(), out var byteId) ? byteId : -1;

        int Find(string piece) => vocabulary.TryGetValue(piece, out var found)
            ? found
            : throw new InvalidDataException($"{name} is inconsistent: model.merges makes or uses '{piece}', which model.vocab lacks.");
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> word, EncodingBuffers buffers)
    {
        if (_cache.TryAdd(word, buffers.Pieces)) return;
        var before = buffers.Pieces.Count;
        if (!TryWhole(word, buffers.Pieces))
        {
            buffers.Merging.Clear();
            if (_settings.IsByteLevel) AddBytes(word, buffers.Merging);
            else AddCharacters(word, buffers.Merging);
            buffers.Merging.Merge(_merges, buffers.Pieces);
        }

        _cache.Remember(word, CollectionsMarshal.AsSpan(buffers.Pieces)[before..]);
    }

    private bool TryWhole(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (!_settings.IgnoreMerges || !(_settings.IsByteLevel ? _ids.TryGetValue(ByteAlphabet.Spell(word), out var id) : _ids.TryGetValue(word, out id))) return false;
        pieces.Add(new Piece(id, 0, word.Length));
        return true;
    }

    private void AddBytes(ReadOnlySpan<char> word, MergeScratch scratch)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int at = 0, length; at < word.Length; at += length)
        {
            var rune = AlignedText.RuneAt(word, at, out length);
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (_idOfByte[value] >= 0) scratch.Add(_idOfByte[value], at, at + length);
                else AddUnknown(scratch, at, at + length);
            }
        }
    }

    private void AddCharacters(ReadOnlySpan<char> word, MergeScratch scratch)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int at = 0, length; at < word.Length; at += length)
        {
            var rune = AlignedText.RuneAt(word, at, out length);
            if (_ids.TryGetValue(word.Slice(at, length), out var id))
            {
                scratch.Add(id, at, at + length);
                continue;
            }

            var spelled = bytes[..rune.EncodeToUtf8(bytes)];
            var falls = _settings.ByteFallback;
            foreach (var value in spelled) falls &= _idOfByte[value] >= 0;
            if (!falls)
            {
                AddUnknown(scratch, at, at + length);
                continue;
            }

            foreach (var value in spelled) scratch.Add(_idOfByte[value], at, at + length);
        }
    }

    private void AddUnknown(MergeScratch scratch, int start, int end)
    {
        if (_unknown < 0) return;
        if (_settings.FuseUnknown && scratch.LastId == _unknown) scratch.ExtendLast(end);
        else scratch.Add(_unknown, start, end);
    }
}

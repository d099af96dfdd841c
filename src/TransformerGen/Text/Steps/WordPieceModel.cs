using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace TransformerGen.Text.Steps;

/// <summary>WordPiece: the longest piece that begins the word, then the longest that goes on, by Microsoft.ML.Tokenizers.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly WordPieceTokenizer _library;
    private readonly int _longestWord;
    private readonly WordCache _cache = new();

    /// <summary>A model.</summary>
    /// <param name="vocabulary">Ids by piece.</param>
    /// <param name="unknown">The piece for a word that cannot be put together.</param>
    /// <param name="prefix">What begins pieces inside a word.</param>
    /// <param name="longestWord">A word of more characters is unknown.</param>
    /// <param name="name">What errors call the file.</param>
    /// <exception cref="InvalidDataException">The vocabulary cannot be used.</exception>
    public WordPieceModel(IReadOnlyDictionary<string, int> vocabulary, string unknown, string prefix, int longestWord, string name)
    {
        if (!vocabulary.ContainsKey(unknown)) throw new InvalidDataException($"{name} is inconsistent: model.unk_token is '{unknown}', which model.vocab lacks.");
        _longestWord = longestWord;
        using var lines = Lines(vocabulary, name);
        _library = WordPieceTokenizer.Create(lines, new WordPieceOptions
        {
            UnknownToken = unknown,
            ContinuingSubwordPrefix = prefix,

            // The library counts UTF-16 units, the format characters, of which none has more than two; longer words never get there.
            MaxInputCharsPerWord = 2 * longestWord,
        });
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> word, EncodingBuffers buffers)
    {
        if (IsTooLong(word))
        {
            buffers.Pieces.Add(new Piece(_library.UnknownTokenId, 0, word.Length));
            return;
        }

        if (_cache.TryAdd(word, buffers.Pieces)) return;
        var before = buffers.Pieces.Count;
        foreach (var token in _library.EncodeToTokens(word, out _, considerPreTokenization: false, considerNormalization: false))
        {
            buffers.Pieces.Add(new Piece(token.Id, token.Offset.Start.Value, token.Offset.End.Value));
        }

        _cache.Remember(word, CollectionsMarshal.AsSpan(buffers.Pieces)[before..]);
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= _longestWord) return false;
        if (word.Length > 2 * _longestWord) return true;
        var characters = 0;
        for (var at = 0; at < word.Length; at += AlignedText.LengthAt(word, at)) characters++;
        return characters > _longestWord;
    }

    /// <summary>The vocabulary as the library reads it, the piece of id n in line n.</summary>
    private static MemoryStream Lines(IReadOnlyDictionary<string, int> vocabulary, string name)
    {
        var pieces = new string?[vocabulary.Values.Max() + 1];
        foreach (var (piece, id) in vocabulary)
        {
            if (piece.AsSpan().ContainsAny('\r', '\n')) throw new InvalidDataException($"{name}: the piece of id {id} holds a line break, which no word of a WordPiece model does.");
            if (pieces[id] is { } other) throw new InvalidDataException($"{name}: '{other}' and '{piece}' both have the id {id}.");
            pieces[id] = piece;
        }

        return new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', pieces)));
    }
}

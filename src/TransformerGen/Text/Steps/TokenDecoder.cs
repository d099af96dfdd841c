using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>Turns pieces back into text.</summary>
internal abstract class TokenDecoder
{
    /// <summary>A decoder for one sequence of ids.</summary>
    /// <param name="showsEarly">Characters whose bytes are complete are given at once, not when the run of byte pieces ends.</param>
    public abstract DecodingStream Start(bool showsEarly);
}

/// <summary>The state of decoding one sequence of ids.</summary>
internal abstract class DecodingStream
{
    /// <summary>Adds the text that has become certain with this id.</summary>
    public abstract void Append(int id, StringBuilder text);

    /// <summary>Adds what was held back, and begins anew.</summary>
    public abstract void Flush(StringBuilder text);
}

/// <summary>Pieces spelled in <see cref="ByteAlphabet"/>: their bytes are UTF-8.</summary>
internal sealed class ByteLevelDecoder(IReadOnlyList<string?> pieces) : TokenDecoder
{
    private readonly byte[]?[] _bytes = [.. pieces.Select(piece => piece is null ? null : ByteAlphabet.ToBytes(piece))];

    /// <inheritdoc/>
    public override DecodingStream Start(bool showsEarly) => new Stream(_bytes);

    private sealed class Stream(byte[]?[] bytes) : DecodingStream
    {
        private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();

        public override void Append(int id, StringBuilder text) => Convert(bytes[id], flush: false, text);

        public override void Flush(StringBuilder text) => Convert([], flush: true, text);

        private void Convert(ReadOnlySpan<byte> piece, bool flush, StringBuilder text)
        {
            // At most three bytes are held back, and no byte gives more than one UTF-16 unit.
            Span<char> characters = piece.Length <= 252 ? stackalloc char[256] : new char[piece.Length + 4];
            text.Append(characters[.._utf8.GetChars(piece, characters, flush)]);
        }
    }
}

/// <summary>Pieces that are text, each changed by itself; then runs of byte pieces become characters, then the beginning is stripped.</summary>
internal sealed class PieceDecoder : TokenDecoder
{
    private readonly IReadOnlyList<string?> _pieces;
    private readonly IReadOnlyList<PieceRule> _rules;
    private readonly bool _byteFallback;
    private readonly char _stripped;
    private readonly int _strips;
    private readonly string?[] _first;
    private readonly string?[] _other;

    /// <summary>A decoder.</summary>
    /// <param name="pieces">Pieces by id.</param>
    /// <param name="rules">What is done to each piece, in order.</param>
    /// <param name="byteFallback">Pieces such as <c>&lt;0x0A&gt;</c> are bytes.</param>
    /// <param name="stripped">The character taken off the beginning of the whole text.</param>
    /// <param name="strips">At most so many times.</param>
    public PieceDecoder(IReadOnlyList<string?> pieces, IReadOnlyList<PieceRule> rules, bool byteFallback, char stripped, int strips)
    {
        (_pieces, _rules, _byteFallback, _stripped, _strips) = (pieces, rules, byteFallback, stripped, strips);
        (_first, _other) = (new string?[pieces.Count], new string?[pieces.Count]);
    }

    /// <summary>Changes one piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isFirst">It is the first of its sequence.</param>
    public delegate string PieceRule(string piece, bool isFirst);

    /// <inheritdoc/>
    public override DecodingStream Start(bool showsEarly) => new Stream(this, showsEarly);

    private string TextOf(int id, bool isFirst)
    {
        // Two threads may do the same work; the results are equal.
        var known = isFirst ? _first : _other;
        if (known[id] is { } text) return text;
        text = _pieces[id]!;
        foreach (var rule in _rules) text = rule(text, isFirst);
        return known[id] = text;
    }

    private sealed class Stream(PieceDecoder decoder, bool showsEarly) : DecodingStream
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        private readonly List<byte> _run = [];
        private bool _hasBegun;
        private int _stripped;
        private bool _hasText;

        public override void Append(int id, StringBuilder text)
        {
            var piece = decoder.TextOf(id, !_hasBegun);
            _hasBegun = true;
            if (decoder._byteFallback && TokenModel.ByteOf(piece) is { } value)
            {
                _run.Add(value);
                if (showsEarly && IsWhole()) EndRun(text);
                return;
            }

            EndRun(text);
            Show(piece, text);
        }

        public override void Flush(StringBuilder text)
        {
            EndRun(text);
            (_hasBegun, _hasText, _stripped) = (false, false, 0);
        }

        private bool IsWhole() => System.Text.Unicode.Utf8.IsValid(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run));

        /// <summary>A run of bytes that is no UTF-8 is one U+FFFD per byte.</summary>
        private void EndRun(StringBuilder text)
        {
            if (_run.Count == 0) return;
            var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run);
            Show(IsWhole() ? Strict.GetString(bytes) : new string('\ufffd', bytes.Length), text);
            _run.Clear();
        }

        private void Show(ReadOnlySpan<char> piece, StringBuilder text)
        {
            while (!_hasText && _stripped < decoder._strips && !piece.IsEmpty && piece[0] == decoder._stripped)
            {
                piece = piece[1..];
                _stripped++;
            }

            if (piece.IsEmpty) return;
            _hasText = true;
            text.Append(piece);
        }
    }
}

/// <summary>What decoders do to a piece.</summary>
internal static class PieceRules
{
    /// <summary>A blank between pieces; what is done where a file names no decoder.</summary>
    public static string Join(string piece, bool isFirst) => isFirst ? piece : " " + piece;

    /// <summary>A piece that does not go on a word begins one, behind a blank; the blanks before signs are taken back.</summary>
    public static PieceDecoder.PieceRule WordPiece(string prefix, bool cleanup) => (piece, isFirst) =>
    {
        if (!isFirst) piece = piece.StartsWith(prefix, StringComparison.Ordinal) ? piece[prefix.Length..] : " " + piece;
        return cleanup ? CleanUp(piece) : piece;
    };

    /// <summary>The replacement is a blank again; the one before the first word goes.</summary>
    public static PieceDecoder.PieceRule Metaspace(char replacement, bool hasPrefix) => (piece, isFirst) => isFirst && hasPrefix
        ? piece.Replace(replacement.ToString(), "", StringComparison.Ordinal)
        : piece.Replace(replacement, ' ');

    /// <summary>Replaces a string.</summary>
    public static PieceDecoder.PieceRule Replace(string pattern, string content) => (piece, _) => piece.Replace(pattern, content, StringComparison.Ordinal);

    /// <summary>Takes a character off the ends of each piece.</summary>
    public static PieceDecoder.PieceRule Strip(char content, int start, int stop) => (piece, _) =>
    {
        var from = 0;
        while (from < start && from < piece.Length && piece[from] == content) from++;
        var to = piece.Length;
        while (piece.Length - to < stop && to > from && piece[to - 1] == content) to--;
        return piece[from..to];
    };

    private static string CleanUp(string piece) => piece
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
}

using System.Text;

namespace TransformerGen.Text;

/// <summary>
/// Turns ids that arrive one by one into text. A piece can end inside a character; its bytes are held back until the rest is
/// there, so that no broken character is ever shown. For one stream and one thread.
/// </summary>
public sealed class StreamingTextDecoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();

    internal StreamingTextDecoder(TextTokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>The text that has become complete with this id; often empty inside emoji and rare scripts.</summary>
    /// <param name="id">The next token id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string Append(int id) => Convert(_tokenizer.BytesOf(id, _skipSpecialTokens), flush: false);

    /// <summary>Ends the stream: what is still held back becomes U+FFFD. The decoder can be used for another stream then.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        // At most three bytes are held back, and no byte gives more than one UTF-16 unit.
        Span<char> characters = bytes.Length <= 252 ? stackalloc char[256] : new char[bytes.Length + 4];
        var count = _utf8.GetChars(bytes, characters, flush);
        return new string(characters[..count]);
    }
}

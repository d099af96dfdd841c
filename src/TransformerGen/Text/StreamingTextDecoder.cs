using System.Text;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text;

/// <summary>
/// Turns ids that arrive one by one into text. A piece can end inside a character; its bytes are held back until the rest is
/// there, so that no broken character is ever shown. For one stream and one thread.
/// </summary>
public sealed class StreamingTextDecoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly DecodingStream _stream;
    private readonly bool _skipSpecialTokens;
    private readonly StringBuilder _text = new();

    internal StreamingTextDecoder(TextTokenizer tokenizer, DecodingStream stream, bool skipSpecialTokens) =>
        (_tokenizer, _stream, _skipSpecialTokens) = (tokenizer, stream, skipSpecialTokens);

    /// <summary>The text that has become complete with this id; often empty inside emoji and rare scripts.</summary>
    /// <param name="id">The next token id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string Append(int id)
    {
        if (!_tokenizer.Shows(id, _skipSpecialTokens)) return "";
        _stream.Append(id, _text);
        return Take();
    }

    /// <summary>Ends the stream: what is still held back becomes U+FFFD. The decoder can be used for another stream then.</summary>
    public string Flush()
    {
        _stream.Flush(_text);
        return Take();
    }

    private string Take()
    {
        var text = _text.ToString();
        _text.Clear();
        return text;
    }
}

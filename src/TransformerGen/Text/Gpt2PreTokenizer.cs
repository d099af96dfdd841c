using Microsoft.ML.Tokenizers;

namespace TransformerGen.Text;

/// <summary><see cref="Gpt2Words"/> in the form Microsoft.ML.Tokenizers asks for.</summary>
internal sealed class Gpt2PreTokenizer : PreTokenizer
{
    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PreTokenize(text.AsSpan());
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        // A span cannot live in an iterator, and sentences are short: the words are gathered first.
        var words = new List<(int Offset, int Length)>((text.Length / 4) + 1);
        for (var start = 0; start < text.Length;)
        {
            var end = Gpt2Words.EndOfWord(text, start);
            words.Add((start, end - start));
            start = end;
        }

        return words;
    }
}

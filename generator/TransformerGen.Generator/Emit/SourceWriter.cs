using System;
using System.Globalization;
using System.Text;

namespace TransformerGen.Generator.Emit;

/// <summary>Writes C# with the right indentation: text in, text out, "\n" only, invariant culture.</summary>
internal sealed class SourceWriter
{
    private const int SpacesPerLevel = 4;

    private readonly StringBuilder _text = new();
    private int _level;

    /// <summary>Writes lines; each is indented to the current level, empty lines stay empty.</summary>
    public SourceWriter Lines(string text)
    {
        int start = 0;
        while (start <= text.Length)
        {
            int end = text.IndexOf('\n', start);
            if (end < 0)
            {
                end = text.Length;
            }

            int length = end > start && text[end - 1] == '\r' ? end - start - 1 : end - start;
            if (length > 0)
            {
                _text.Append(' ', _level * SpacesPerLevel).Append(text, start, length);
            }

            _text.Append('\n');
            start = end + 1;
        }

        return this;
    }

    /// <summary>Writes lines, numbers in the invariant culture.</summary>
    public SourceWriter Lines(FormattableString text) => Lines(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>An empty line.</summary>
    public SourceWriter Blank()
    {
        _text.Append('\n');
        return this;
    }

    /// <summary>Writes a header and an opening brace; disposing closes it.</summary>
    public Block Open(string header)
    {
        Lines(header);
        Lines("{");
        _level++;
        return new Block(this, "}");
    }

    /// <summary>One level deeper without braces.</summary>
    public Block Indent()
    {
        _level++;
        return new Block(this, null);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (_level != 0)
        {
            throw new InvalidOperationException("A block of the generated source was left open.");
        }

        return _text.ToString();
    }

    /// <summary>An open block.</summary>
    internal readonly struct Block(SourceWriter writer, string? closing) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            writer._level--;
            if (closing is not null)
            {
                writer.Lines(closing);
            }
        }
    }
}

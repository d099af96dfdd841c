using System.Text;
using System.Text.RegularExpressions;

namespace TransformerGen.Text.Steps;

/// <summary>A step that changes the characters of a text before it is cut into words.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Rewrites <see cref="EncodingBuffers.Text"/>.</summary>
    public abstract void Apply(EncodingBuffers buffers);
}

/// <summary>Several normalisers, one after the other.</summary>
internal sealed class SequenceNormalizer(TextNormalizer[] steps) : TextNormalizer
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        foreach (var step in steps) step.Apply(buffers);
    }
}

/// <summary>Puts something before a text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        if (buffers.Text.Length == 0) return;
        buffers.NewText.Rewrite(buffers.Text);
        foreach (var rune in prefix.EnumerateRunes()) buffers.NewText.PutAt(rune, 0);
        buffers.NewText.CopyTo(buffers.Text.Length);
        buffers.UseNewText();
    }
}

/// <summary>Replaces every occurrence of a string, or every match of an expression.</summary>
internal sealed class ReplaceNormalizer : TextNormalizer
{
    private readonly string? _literal;
    private readonly Regex? _expression;
    private readonly string _content;

    /// <summary>Replaces a string; it is not empty.</summary>
    public ReplaceNormalizer(string literal, string content) => (_literal, _content) = (literal, content);

    /// <summary>Replaces matches of an expression that does not backtrack.</summary>
    public ReplaceNormalizer(Regex expression, string content) => (_expression, _content) = (expression, content);

    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var changed = false;
        if (_literal is not null)
        {
            for (int from = 0, at; (at = text[from..].IndexOf(_literal, StringComparison.Ordinal)) >= 0;)
            {
                Replace(buffers, ref changed, from + at, from + at + _literal.Length);
                from += at + _literal.Length;
            }
        }
        else
        {
            foreach (var match in _expression!.EnumerateMatches(text))
            {
                if (match.Length > 0) Replace(buffers, ref changed, match.Index, match.Index + match.Length);
            }
        }

        if (!changed) return;
        buffers.NewText.CopyTo(buffers.Text.Length);
        buffers.UseNewText();
    }

    private void Replace(EncodingBuffers buffers, ref bool changed, int start, int end)
    {
        if (!changed) buffers.NewText.Rewrite(buffers.Text);
        changed = true;
        buffers.NewText.CopyTo(start);
        buffers.NewText.SkipTo(end);
        foreach (var rune in _content.EnumerateRunes()) buffers.NewText.Put(rune, 1);
    }
}

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var end = right ? text.TrimEnd().Length : text.Length;
        var start = left ? end - text[..end].TrimStart().Length : 0;
        if (end - start == text.Length) return;
        buffers.NewText.Rewrite(buffers.Text);
        buffers.NewText.SkipTo(start);
        buffers.NewText.CopyTo(end);
        buffers.UseNewText();
    }
}

/// <summary>Makes letters small, each by itself.</summary>
internal sealed class LowercaseNormalizer : TextNormalizer
{
    private static readonly Rune CapitalDottedI = new(0x130);
    private static readonly Rune DotAbove = new(0x307);

    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        buffers.NewText.Rewrite(buffers.Text);
        for (int at = 0, length; at < text.Length; at += length)
        {
            Put(buffers.NewText, AlignedText.RuneAt(text, at, out length), 0);
        }

        buffers.UseNewText();
    }

    /// <summary>Writes the small form of a letter, of which U+0130 alone has two characters.</summary>
    public static void Put(AlignedText text, Rune rune, int change)
    {
        if (rune != CapitalDottedI)
        {
            text.Put(Rune.ToLowerInvariant(rune), change);
            return;
        }

        text.Put(new Rune('i'), change);
        text.Put(DotAbove, 1);
    }
}

/// <summary>Drops combining marks; what is composed stays, so a decomposition goes before.</summary>
internal sealed class StripAccentsNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        buffers.NewText.Rewrite(buffers.Text);
        for (int at = 0, length; at < text.Length; at += length)
        {
            var rune = AlignedText.RuneAt(text, at, out length);
            if (CharacterKinds.IsMark(rune)) buffers.NewText.SkipTo(at + length);
            else buffers.NewText.Put(rune, 0);
        }

        buffers.UseNewText();
    }
}

using System.Globalization;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>
/// BERT's normaliser: drops control characters, makes every kind of white space a blank, sets ideographs apart, drops accents and
/// makes letters small, as the options say.
/// </summary>
/// <param name="cleanText">Drops control characters and U+FFFD, and makes white space blanks.</param>
/// <param name="separateIdeographs">Puts blanks around Chinese characters.</param>
/// <param name="stripAccents">Decomposes and drops non-spacing marks.</param>
/// <param name="lowercase">Makes letters small.</param>
internal sealed class BertNormalizer(bool cleanText, bool separateIdeographs, bool stripAccents, bool lowercase) : TextNormalizer
{
    private static readonly Rune Blank = new(' ');

    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var result = buffers.NewText;
        result.Rewrite(buffers.Text);
        for (int at = 0, length; at < text.Length; at += length)
        {
            var rune = AlignedText.RuneAt(text, at, out length);
            if (cleanText)
            {
                if (rune.Value is 0 or 0xFFFD || CharacterKinds.IsControl(rune))
                {
                    result.SkipTo(at + length);
                    continue;
                }

                if (CharacterKinds.IsSpace(rune)) rune = Blank;
            }

            if (rune.IsAscii)
            {
                result.Put(lowercase ? Rune.ToLowerInvariant(rune) : rune, 0);
                continue;
            }

            var apart = separateIdeographs && CharacterKinds.IsIdeograph(rune);
            if (apart) result.PutAt(Blank, at);
            PutFolded(result, rune, at);
            result.SkipTo(at + length);
            if (apart) result.Put(Blank, 1);
        }

        buffers.UseNewText();
    }

    private void PutFolded(AlignedText result, Rune rune, int at)
    {
        if (!stripAccents)
        {
            PutCased(result, rune, at);
            return;
        }

        Span<Rune> parts = stackalloc Rune[UnicodeForms.LongestDecomposition];
        foreach (var part in parts[..UnicodeForms.Decompose(rune, compatible: false, parts)])
        {
            if (Rune.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark) PutCased(result, part, at);
        }
    }

    private void PutCased(AlignedText result, Rune rune, int at)
    {
        if (lowercase && rune.Value == 0x130)
        {
            result.PutAt(new Rune('i'), at);
            result.PutAt(new Rune(0x307), at);
            return;
        }

        result.PutAt(lowercase ? Rune.ToLowerInvariant(rune) : rune, at);
    }
}

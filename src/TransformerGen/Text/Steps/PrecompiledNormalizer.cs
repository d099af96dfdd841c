using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>
/// SentencePiece's table of replacements (<c>precompiled_charsmap</c>): a double array that maps a few characters to a string. As
/// in Hugging Face's reading of it, a grapheme of fewer than six bytes is looked up whole, then each character by itself, and the
/// shortest key that begins the lookup decides.
/// </summary>
internal sealed class PrecompiledNormalizer : TextNormalizer
{
    private const int LongestGrapheme = 5;

    private readonly uint[] _units;
    private readonly byte[] _strings;

    /// <summary>Reads the table.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public PrecompiledNormalizer(ReadOnlySpan<byte> table)
    {
        var size = table.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(table) : uint.MaxValue;
        if (size % 4 != 0 || size == 0 || size > (uint)table.Length - 4) throw new FormatException($"the table of {table.Length} bytes does not hold the {size} bytes that its head promises");
        _units = new uint[size / 4];
        for (var i = 0; i < _units.Length; i++) _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(4 + (4 * i))..]);
        _strings = table[(4 + (int)size)..].ToArray();
    }

    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var result = buffers.NewText;
        result.Rewrite(buffers.Text);
        Span<byte> bytes = stackalloc byte[LongestGrapheme];
        for (var at = 0; at < text.Length;)
        {
            var length = char.IsAscii(text[at]) && (at + 1 == text.Length || (char.IsAscii(text[at + 1]) && text[at] != '\r'))
                ? 1
                : StringInfo.GetNextTextElementLength(text[at..]);
            var grapheme = text.Slice(at, length);
            if (length <= LongestGrapheme && Encoding.UTF8.TryGetBytes(grapheme, bytes, out var written) && Find(bytes[..written]) is var (start, end))
            {
                Replace(result, grapheme, _strings.AsSpan(start, end - start), at);
            }
            else
            {
                for (int i = 0, one; i < length; i += one)
                {
                    var rune = AlignedText.RuneAt(grapheme, i, out one);
                    if (Find(bytes[..rune.EncodeToUtf8(bytes)]) is var (from, to)) Replace(result, grapheme.Slice(i, one), _strings.AsSpan(from, to - from), at + i);
                    else result.Put(rune, 0);
                }
            }

            at += length;
        }

        buffers.UseNewText();
    }

    private static void Replace(AlignedText result, ReadOnlySpan<char> old, ReadOnlySpan<byte> replacement, int at)
    {
        var left = 0;
        for (var i = 0; i < old.Length; i += AlignedText.LengthAt(old, i)) left++;
        while (!replacement.IsEmpty)
        {
            Rune.DecodeFromUtf8(replacement, out var rune, out var read);
            replacement = replacement[read..];

            // The first characters stand for the old ones, one each; the last takes those that are left, further ones are new.
            var change = left == 0 ? 1 : replacement.IsEmpty ? 1 - left : 0;
            result.Put(rune, change);
            left = Math.Max(0, left - 1);
        }

        result.SkipTo(at + old.Length);
    }

    /// <summary>The place of the replacement in the strings, for the shortest key that begins <paramref name="key"/>.</summary>
    private (int Start, int End)? Find(ReadOnlySpan<byte> key)
    {
        var node = Offset(_units[0]);
        foreach (var value in key)
        {
            if (value == 0) return null;
            node ^= value;
            if (node >= (uint)_units.Length) return null;
            var unit = _units[node];
            if ((unit & 0x800000FF) != value) return null;
            node ^= Offset(unit);
            if (node >= (uint)_units.Length) return null;
            if (((unit >> 8) & 1) == 0) continue;
            var start = (int)(_units[node] & 0x7FFFFFFF);
            if (start >= _strings.Length) return null;
            var length = _strings.AsSpan(start).IndexOf((byte)0);
            return (start, length < 0 ? _strings.Length : start + length);
        }

        return null;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}

using System.Buffers;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>
/// Text on its way through a tokenizer: its UTF-16 units as they are now, and for each the stretch of the user's text that it came
/// from. Steps write a new text from an old one character by character, and say of each whether it stands for the next old one, is
/// new, or swallows some; the alignment follows from that, by the rules of Hugging Face's <c>NormalizedString</c>.
/// </summary>
internal sealed class AlignedText
{
    private char[] _units = new char[256];
    private int[] _starts = [];
    private int[] _ends = [];
    private bool _isSource;
    private AlignedText? _old;
    private int _at;

    /// <summary>The number of units.</summary>
    public int Length { get; private set; }

    /// <summary>Where the stretch that this text came from begins in the user's text.</summary>
    public int Origin { get; private set; }

    /// <summary>The units as they are now.</summary>
    public ReadOnlySpan<char> Units => _units.AsSpan(0, Length);

    /// <summary>Begins as a copy of the user's text.</summary>
    /// <param name="source">A stretch of it.</param>
    /// <param name="origin">Where that stretch begins.</param>
    public void Set(ReadOnlySpan<char> source, int origin)
    {
        if (_units.Length < source.Length) _units = new char[Math.Max(source.Length, 2 * _units.Length)];
        source.CopyTo(_units);
        (Length, Origin, _isSource) = (source.Length, origin, true);
    }

    /// <summary>Where the character at <paramref name="index"/> begins in the user's text.</summary>
    public int StartOf(int index) => !_isSource ? _starts[index] : Origin + (IsTrail(index) ? index - 1 : index);

    /// <summary>Where the character at <paramref name="index"/> ends in the user's text.</summary>
    public int EndOf(int index) => !_isSource ? _ends[index] : Origin + (IsLead(index) ? index + 2 : index + 1);

    /// <summary>Begins to rewrite <paramref name="old"/>: this text is empty, and reading is at the old one's start.</summary>
    public void Rewrite(AlignedText old)
    {
        (_old, _at, Length, Origin, _isSource) = (old, 0, 0, old.Origin, false);
        Reserve(old.Length);
    }

    /// <summary>Passes over old text up to <paramref name="index"/> without writing it.</summary>
    public void SkipTo(int index) => _at = index;

    /// <summary>Copies old text up to <paramref name="index"/> as it is.</summary>
    public void CopyTo(int index)
    {
        Reserve(Length + index - _at);
        for (; _at < index; _at++) Add(_old!._units[_at], _old.StartOf(_at), _old.EndOf(_at));
    }

    /// <summary>Writes a character.</summary>
    /// <param name="character">What is written.</param>
    /// <param name="change">
    /// 0 where it stands for the next old character, 1 where it is new (it shares the place of the old one before it), -n where it
    /// stands for the next old character and swallows n more.
    /// </param>
    public void Put(Rune character, int change)
    {
        var (start, end) = (Origin, Origin);
        if (change > 0)
        {
            if (_at > 0) (start, end) = (_old!.StartOf(_at - 1), _old.EndOf(_at - 1));
        }
        else if (_at < _old!.Length)
        {
            (start, end) = (_old.StartOf(_at), _old.EndOf(_at));
            for (; change <= 0 && _at < _old.Length; change++) _at += LengthAt(_old.Units, _at);
        }

        Put(character, start, end);
    }

    /// <summary>Writes a character that came from where the old one at <paramref name="index"/> did, and reads no further.</summary>
    public void PutAt(Rune character, int index) => Put(character, _old!.StartOf(index), _old.EndOf(index));

    /// <summary>The length in units of the character at <paramref name="index"/>; a lone surrogate counts as one.</summary>
    public static int LengthAt(ReadOnlySpan<char> text, int index) =>
        char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? 2 : 1;

    /// <summary>The character at <paramref name="index"/>; U+FFFD for a lone surrogate.</summary>
    public static Rune RuneAt(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1;
        var unit = text[index];
        if (!char.IsSurrogate(unit)) return new Rune(unit);
        return Rune.DecodeFromUtf16(text[index..], out var rune, out length) == OperationStatus.Done ? rune : Rune.ReplacementChar;
    }

    private void Put(Rune character, int start, int end)
    {
        Reserve(Length + 2);
        if (character.IsBmp)
        {
            Add((char)character.Value, start, end);
            return;
        }

        Span<char> pair = stackalloc char[2];
        character.EncodeToUtf16(pair);
        Add(pair[0], start, end);
        Add(pair[1], start, end);
    }

    private void Add(char unit, int start, int end)
    {
        _units[Length] = unit;
        _starts[Length] = start;
        _ends[Length++] = end;
    }

    private void Reserve(int length)
    {
        if (_units.Length >= length && _starts.Length >= length) return;
        var capacity = Math.Max(length, Math.Max(256, 2 * _starts.Length));
        if (_units.Length < capacity) Array.Resize(ref _units, capacity);
        Array.Resize(ref _starts, capacity);
        Array.Resize(ref _ends, capacity);
    }

    private bool IsTrail(int index) => char.IsLowSurrogate(_units[index]) && index > 0 && char.IsHighSurrogate(_units[index - 1]);

    private bool IsLead(int index) => char.IsHighSurrogate(_units[index]) && index + 1 < Length && char.IsLowSurrogate(_units[index + 1]);
}

namespace TransformerGen.Text.Steps;

/// <summary>
/// Cuts text as GPT-4 and its followers (Llama 3, Qwen) do:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>,
/// written out like <see cref="Gpt2Words"/>. The words cover the text without a gap.
/// </summary>
/// <param name="digits">The longest run of digits that is one word: 3 for GPT-4 and Llama 3, 1 for Qwen.</param>
internal sealed class Gpt4Words(int digits)
{
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Letters = @"|[^\r\n\p{L}\p{N}]?\p{L}+";

    /// <summary>The scanner for an expression, or null where the expression is another one.</summary>
    public static Gpt4Words? For(string pattern) => pattern switch
    {
        Contractions + Letters + @"|\p{N}{1,3}" + Tail => new Gpt4Words(3),
        Contractions + Letters + @"|\p{N}" + Tail => new Gpt4Words(1),
        _ => null,
    };

    /// <summary>The index behind the word that begins at <paramref name="start"/>.</summary>
    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        var contraction = ContractionLength(text[start..]);
        if (contraction > 0) return start + contraction;

        var kind = Gpt2Words.KindAt(text, start, out var length);
        if (kind == Gpt2Words.Kind.Letter) return Gpt2Words.EndOfRun(text, start + length, Gpt2Words.Kind.Letter);
        var isLineEnd = text[start] is '\r' or '\n';
        if (kind != Gpt2Words.Kind.Number && !isLineEnd && IsKind(text, start + length, Gpt2Words.Kind.Letter))
        {
            return Gpt2Words.EndOfRun(text, start + length, Gpt2Words.Kind.Letter);
        }

        if (kind == Gpt2Words.Kind.Number)
        {
            var end = start + length;
            for (var count = 1; count < digits && end < text.Length && Gpt2Words.KindAt(text, end, out length) == Gpt2Words.Kind.Number; count++) end += length;
            return end;
        }

        var signs = text[start] == ' ' ? start + 1 : start;
        if (IsKind(text, signs, Gpt2Words.Kind.Other))
        {
            var end = Gpt2Words.EndOfRun(text, signs, Gpt2Words.Kind.Other);
            while (end < text.Length && (text[end] is '\r' or '\n')) end++;
            return end;
        }

        // White space: up to its last line end, or all but the last character where text follows.
        var run = Gpt2Words.EndOfRun(text, start, Gpt2Words.Kind.Space);
        var lineEnd = text[start..run].LastIndexOfAny('\r', '\n');
        if (lineEnd >= 0) return start + lineEnd + 1;
        return run == text.Length || run == start + 1 ? run : run - 1;
    }

    private static bool IsKind(ReadOnlySpan<char> text, int index, Gpt2Words.Kind kind) => index < text.Length && Gpt2Words.KindAt(text, index, out _) == kind;

    private static int ContractionLength(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] != '\'') return 0;

        // Without regard to case also means the long s, U+017F.
        var (first, second) = ((char)(rest[1] | 0x20), rest.Length > 2 ? (char)(rest[2] | 0x20) : '\0');
        if (rest[1] == '\u017f' || (char.IsAsciiLetter(rest[1]) && (first is 's' or 't' or 'm' or 'd'))) return 2;
        return rest.Length > 2 && char.IsAsciiLetter(rest[1]) && char.IsAsciiLetter(rest[2]) && ((first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l')) ? 3 : 0;
    }
}

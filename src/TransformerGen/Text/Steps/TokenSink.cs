namespace TransformerGen.Text.Steps;

/// <summary>Where encoded tokens go: ids, and places where they are wanted.</summary>
/// <param name="ids">Receives the ids.</param>
/// <param name="offsets">Receives the places, or null.</param>
/// <param name="pieces">Pieces by id, whose blanks places leave out; null where they keep them.</param>
/// <param name="addsPrefixSpace">See <see cref="TokenTemplate.AddsPrefixSpace"/>.</param>
internal readonly struct TokenSink(List<int> ids, List<TokenOffset>? offsets, IReadOnlyList<string?>? pieces, bool addsPrefixSpace)
{
    // A blank in ByteAlphabet.
    private const char SpelledBlank = '\u0120';

    private readonly int _first = ids.Count;

    /// <summary>Adds the pieces that a model found in a word.</summary>
    public void Add(List<Piece> found, AlignedText text, int wordStart)
    {
        foreach (var piece in found)
        {
            if (offsets is not null) AddOffset(text.StartOf(wordStart + piece.Start), text.EndOf(wordStart + piece.End - 1), pieces is null ? "" : pieces[piece.Id]);
            ids.Add(piece.Id);
        }
    }

    /// <summary>Adds a token that was found in the text as it stands.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="start">Where it begins in the user's text.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="found">What stands there.</param>
    public void Add(int id, int start, int end, ReadOnlySpan<char> found)
    {
        if (offsets is not null) AddOffset(start, end, pieces is null ? "" : found);
        ids.Add(id);
    }

    /// <summary>As Hugging Face's <c>process_offsets</c>: as many places go as the piece has blanks at its ends.</summary>
    private void AddOffset(int start, int end, ReadOnlySpan<char> piece)
    {
        var (leading, trailing) = (0, 0);
        while (leading < piece.Length && IsBlank(piece[leading])) leading++;
        while (trailing < piece.Length && IsBlank(piece[^(trailing + 1)])) trailing++;
        if (leading == 1 && addsPrefixSpace && (ids.Count == _first || start == 0)) leading = 0;
        start = Math.Min(start + leading, end);
        if (end >= trailing) end = Math.Max(end - trailing, start);
        offsets!.Add(new TokenOffset(start, end));
    }

    private static bool IsBlank(char unit) => unit == SpelledBlank || char.IsWhiteSpace(unit);
}

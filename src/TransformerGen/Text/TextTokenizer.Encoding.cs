using TransformerGen.Text.Steps;

namespace TransformerGen.Text;

/// <content>The way of a text through the steps of the tokenizer.</content>
public sealed partial class TextTokenizer
{
    private TextEncoding EncodeParts(
        TokenTemplate.Part[] parts, ReadOnlySpan<char> first, ReadOnlySpan<char> second, bool findSpecialTokens, bool addSpecialTokens)
    {
        var template = _parts.Template;
        var ids = new List<int>(((first.Length + second.Length) / 3) + 4);
        var offsets = new List<TokenOffset>(ids.Capacity);
        var typeIds = new List<int>(ids.Capacity);
        foreach (var part in parts)
        {
            if (part.Text >= 0)
            {
                EncodeText(part.Text == 0 ? first : second, findSpecialTokens, new TokenSink(ids, offsets, template.TrimsOffsets ? _parts.Pieces : null, template.AddsPrefixSpace));
            }
            else if (addSpecialTokens)
            {
                ids.AddRange(part.Ids);
            }

            while (offsets.Count < ids.Count) offsets.Add(default);
            while (typeIds.Count < ids.Count) typeIds.Add(part.TypeId);
        }

        return new TextEncoding([.. ids], [.. offsets], [.. typeIds]);
    }

    /// <summary>Finds the added tokens that match text as it stands, and encodes what is between them.</summary>
    private void EncodeText(ReadOnlySpan<char> text, bool findSpecialTokens, TokenSink sink)
    {
        var buffers = EncodingBuffers.Rent();
        var from = 0;
        while (findSpecialTokens && _addedTokens.Find(text, from, out var start, out var end) is { } token)
        {
            EncodeStretch(text[from..start], from, findSpecialTokens, sink, buffers);
            sink.Add(token.Id, start, end, text[start..end]);
            from = end;
        }

        EncodeStretch(text[from..], from, findSpecialTokens, sink, buffers);
        buffers.Return();
    }

    /// <summary>Normalises a stretch, and finds the added tokens that match normalised text.</summary>
    private void EncodeStretch(ReadOnlySpan<char> stretch, int origin, bool findSpecialTokens, TokenSink sink, EncodingBuffers buffers)
    {
        if (stretch.IsEmpty) return;
        buffers.Text.Set(stretch, origin);
        _parts.Normalizer?.Apply(buffers);
        if (!findSpecialTokens || _normalizedTokens?.Find(buffers.Text.Units, 0, out var start, out var end) is not { } token)
        {
            EncodePlain(sink, buffers);
            return;
        }

        // The steps that follow may rewrite the text; each stretch of it gets a copy.
        var whole = new AlignedText();
        whole.Rewrite(buffers.Text);
        whole.CopyTo(buffers.Text.Length);
        var from = 0;
        for (var found = token; found is not null; found = _normalizedTokens.Find(whole.Units, from, out start, out end))
        {
            EncodeCopy(whole, from, start, sink, buffers);
            sink.Add(found.Id, whole.StartOf(start), whole.EndOf(end - 1), whole.Units[start..end]);
            from = end;
        }

        EncodeCopy(whole, from, whole.Length, sink, buffers);
    }

    private void EncodeCopy(AlignedText whole, int from, int to, TokenSink sink, EncodingBuffers buffers)
    {
        buffers.Text.Rewrite(whole);
        buffers.Text.SkipTo(from);
        buffers.Text.CopyTo(to);
        EncodePlain(sink, buffers);
    }

    /// <summary>Cuts <see cref="EncodingBuffers.Text"/> into words and finds the pieces of each.</summary>
    private void EncodePlain(TokenSink sink, EncodingBuffers buffers)
    {
        if (buffers.Text.Length == 0) return;
        buffers.Words.Clear();
        buffers.NewWords.Clear();
        buffers.Words.Add(new Word(0, buffers.Text.Length));
        _parts.Splitter?.Apply(buffers);
        foreach (var word in buffers.Words)
        {
            buffers.Pieces.Clear();
            _parts.Model.Encode(buffers.Text.Units[word.Start..word.End], buffers);
            sink.Add(buffers.Pieces, buffers.Text, word.Start);
        }
    }

    private static IEnumerable<AddedToken> Normalized(Json.TokenizerParts parts)
    {
        var buffers = new EncodingBuffers();
        foreach (var token in parts.AddedTokens.Where(token => token.IsNormalized))
        {
            buffers.Text.Set(token.Content, 0);
            parts.Normalizer?.Apply(buffers);
            yield return token with { Content = buffers.Text.Units.ToString() };
        }
    }
}

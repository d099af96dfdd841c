namespace TransformerGen.Model;

/// <summary>Sequences that an encoder-decoder reads with both of its stacks: the decoder one place to the right. See <see cref="TargetOrigin"/>.</summary>
internal static unsafe class MirroredRows
{
    /// <summary>The token in front of the others on the decoder's side.</summary>
    /// <param name="info">The model.</param>
    /// <param name="tokens">The sequence, at least one token.</param>
    /// <exception cref="ArgumentException">All tokens are padding, and none of them can stand in front.</exception>
    public static int First(ModelInfo info, ReadOnlySpan<int> tokens)
    {
        if (info.Targets == TargetOrigin.Begin)
        {
            return info.BeginId;
        }

        int real = tokens.Length - tokens.Count(info.PadId);
        return real > 0
            ? tokens[real - 1]
            : throw new ArgumentException($"All {tokens.Length} tokens of a sequence are {info.PadId}, the id of padding. {info.Name} begins its decoder's side with the last other one.", nameof(tokens));
    }

    /// <summary>Moves every sequence of a side one place to the right.</summary>
    /// <param name="info">The model.</param>
    /// <param name="rows">The decoder's side, filled with the encoder's sequences.</param>
    public static void Shift(ModelInfo info, RowSet rows)
    {
        for (int s = 0; s < rows.Sequences; s++)
        {
            var tokens = new Span<int>(rows.Tokens + rows.Offsets[s], rows.Offsets[s + 1] - rows.Offsets[s]);
            int first = First(info, tokens);
            tokens[..^1].CopyTo(tokens[1..]);
            tokens[0] = first;
        }
    }

    /// <summary>Where the last end token of a sequence stands.</summary>
    /// <param name="info">The model.</param>
    /// <param name="tokens">The sequence.</param>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static int LastEnd(ModelInfo info, ReadOnlySpan<int> tokens)
    {
        int at = tokens.LastIndexOf(info.EndId);
        return at >= 0
            ? at
            : throw new ArgumentException(
                $"A sequence of {tokens.Length} tokens has no end token. {info.Name} answers at the last {info.EndId} of each sequence: end it with that, as the model's tokenizer does.", nameof(tokens));
    }
}

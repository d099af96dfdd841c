namespace TransformerGen.Model;

/// <summary>Checks sequences against a model before they become rows: the kernels trust what they are given.</summary>
internal static class PackedRows
{
    /// <summary>Fills a side of a batch with sequences that lie end to end; sequence s gets slot s.</summary>
    /// <param name="rows">The side; what was in it is forgotten.</param>
    /// <param name="info">The model.</param>
    /// <param name="tokens">All tokens.</param>
    /// <param name="lengths">Tokens of each sequence.</param>
    /// <param name="what">What a sequence is called in messages, such as Source.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global; none for what the model does by itself.</param>
    /// <exception cref="ArgumentException">
    /// The lengths do not add up, a sequence is empty or longer than the model takes, an id is not in the vocabulary, a type is none of the model's, or it has no
    /// such global tokens.
    /// </exception>
    public static void Fill(
        RowSet rows, ModelInfo info, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, string what, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        long total = 0;
        for (int s = 0; s < lengths.Length; s++)
        {
            RequireLength(info, lengths, what, s);
            total += lengths[s];
        }

        if (total != tokens.Length)
        {
            throw new ArgumentException($"The lengths add up to {total}, but there are {tokens.Length} tokens. Expected all sequences packed end to end.", nameof(lengths));
        }

        RequireTokens(info, tokens, nameof(tokens));
        RequireTypes(info, types, tokens.Length, nameof(types));
        GlobalMarks.Require(info, globals, tokens.Length, nameof(globals));
        bool finds = globals.IsEmpty && (info.Globals is GlobalTokens.First or GlobalTokens.Question);
        for (int s = 0, at = 0; finds && s < lengths.Length; at += lengths[s++])
        {
            GlobalMarks.Leading(info, tokens.Slice(at, lengths[s]), nameof(tokens));
        }

        rows.Clear();
        rows.Reserve(tokens.Length, lengths.Length);
        for (int s = 0, at = 0; s < lengths.Length; at += lengths[s++])
        {
            rows.Add(tokens.Slice(at, lengths[s]), past: 0, slot: s, sourceSlot: s, types.IsEmpty ? types : types.Slice(at, lengths[s]));
            for (int i = 0, leading = finds ? GlobalMarks.Leading(info, tokens.Slice(at, lengths[s]), nameof(tokens)) : 0; i < leading; i++)
            {
                rows.MarkGlobal(at + i);
            }
        }

        rows.MarkGlobals(0, globals);
    }

    /// <summary>Lays sequences end to end.</summary>
    public static (int[] Tokens, int[] Lengths) Pack(IReadOnlyList<int[]> sequences)
    {
        var lengths = new int[sequences.Count];
        for (int s = 0; s < lengths.Length; s++)
        {
            ArgumentNullException.ThrowIfNull(sequences[s], $"sequences[{s}]");
            lengths[s] = sequences[s].Length;
        }

        var tokens = new int[lengths.Sum()];
        for (int s = 0, at = 0; s < lengths.Length; at += lengths[s++])
        {
            sequences[s].CopyTo(tokens, at);
        }

        return (tokens, lengths);
    }

    /// <summary>Checks that every id is one of the model's.</summary>
    public static void RequireTokens(ModelInfo info, ReadOnlySpan<int> tokens, string parameter)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)info.Vocabulary)
            {
                throw new ArgumentException(
                    $"Token {i} is {tokens[i]}. Expected an id from 0 to {info.Vocabulary - 1}: {info.Name} has a vocabulary of {info.Vocabulary}. Encode with the tokenizer the model was trained with.", parameter);
            }
        }
    }

    /// <summary>Checks that there is a type for each token, or none, and that every type is one of the model's.</summary>
    public static void RequireTypes(ModelInfo info, ReadOnlySpan<int> types, int tokens, string parameter)
    {
        if (types.IsEmpty)
        {
            return;
        }

        if (info.TokenTypes == 0)
        {
            throw new ArgumentException($"{info.Name} tells no token types apart. Leave them out.", parameter);
        }

        if (types.Length != tokens)
        {
            throw new ArgumentException($"There are {types.Length} token types for {tokens} tokens. Expected one per token, or none for type 0 everywhere.", parameter);
        }

        for (int i = 0; i < types.Length; i++)
        {
            if ((uint)types[i] >= (uint)info.TokenTypes)
            {
                throw new ArgumentException($"The type of token {i} is {types[i]}. Expected one from 0 to {info.TokenTypes - 1}: {info.Name} knows {info.TokenTypes}.", parameter);
            }
        }
    }

    private static void RequireLength(ModelInfo info, ReadOnlySpan<int> lengths, string what, int index)
    {
        int length = lengths[index];
        if (length < 1)
        {
            throw new ArgumentException($"{what} {index} has {length} tokens. Expected at least one.", nameof(lengths));
        }

        if (length > info.MaxLength)
        {
            throw new ArgumentException(
                $"{what} {index} has {length} tokens, but MaxLength of {info.Name} is {info.MaxLength}. Shorten it, or compile the model with a larger MaxLength.", nameof(lengths));
        }
    }
}

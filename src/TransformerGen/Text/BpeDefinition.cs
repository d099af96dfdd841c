namespace TransformerGen.Text;

/// <summary>What a byte-level BPE tokenizer is made of, and all that its file holds.</summary>
internal sealed record BpeDefinition
{
    /// <summary>Ids by piece, the pieces spelled in <see cref="ByteAlphabet"/>.</summary>
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Pairs that are merged, the earlier first.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Tokens found in the text as it stands.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>The piece for a byte that the vocabulary lacks, or null.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether a text without a leading space gets one.</summary>
    public bool AddPrefixSpace { get; init; }
}

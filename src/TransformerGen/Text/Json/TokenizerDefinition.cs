namespace TransformerGen.Text.Json;

/// <summary>What a file of our own making holds: of a trained tokenizer, or of a vocabulary in an older format.</summary>
internal abstract record TokenizerDefinition
{
    /// <summary>Ids by piece.</summary>
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Tokens found in the text as it stands.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }
}

/// <summary>Byte-level BPE; the pieces are spelled in <see cref="ByteAlphabet"/>.</summary>
internal sealed record BpeDefinition : TokenizerDefinition
{
    /// <summary>Pairs that are merged, the earlier first.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>The piece for a byte that the vocabulary lacks, or null.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether a text without a leading space gets one.</summary>
    public bool AddPrefixSpace { get; init; }
}

/// <summary>BERT's WordPiece.</summary>
internal sealed record WordPieceDefinition : TokenizerDefinition
{
    /// <summary>What begins pieces inside a word.</summary>
    public const string Prefix = "##";

    /// <summary>The piece for a word that cannot be put together.</summary>
    public const string UnknownToken = "[UNK]";

    /// <summary>A word of more characters is unknown.</summary>
    public const int LongestWord = 100;

    /// <summary>Letters become small and lose their accents.</summary>
    public required bool Lowercase { get; init; }

    /// <summary><c>[CLS]</c> and <c>[SEP]</c> go around a text.</summary>
    public bool SurroundsText { get; init; }
}

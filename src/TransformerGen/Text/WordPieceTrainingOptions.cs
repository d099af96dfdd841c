namespace TransformerGen.Text;

/// <summary>What <see cref="WordPieceTrainer"/> is to learn.</summary>
public sealed record WordPieceTrainingOptions
{
    /// <summary>
    /// Pieces in the finished vocabulary, special tokens and single characters included. Fewer are learned where the text has no
    /// more pairs of at least <see cref="MinimumFrequency"/>, more where it has more characters.
    /// </summary>
    public required int VocabularySize { get; init; }

    /// <summary>
    /// Tokens that are never split; they take the first ids in this order. <c>[UNK]</c> must be among them. BERT's five are the
    /// default: <c>[PAD]</c> 0, <c>[UNK]</c> 1, <c>[CLS]</c> 2, <c>[SEP]</c> 3, <c>[MASK]</c> 4.
    /// </summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>
    /// Pieces that take the next ids in this order, before the characters of the text do. Of equally frequent pairs the one of lower
    /// ids is merged first, so that this order decides ties.
    /// </summary>
    public IReadOnlyList<string> InitialPieces { get; init; } = [];

    /// <summary>A pair that occurs less often is not merged.</summary>
    public int MinimumFrequency { get; init; }

    /// <summary>Letters become small and lose their accents, as in BERT's uncased models.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>The vocabulary's tokenizer puts <c>[CLS]</c> and <c>[SEP]</c> around texts; both must be special tokens then.</summary>
    public bool SurroundsText { get; init; }

    /// <summary>Checks the values against each other.</summary>
    /// <exception cref="ArgumentException">A value cannot be used; the message names it.</exception>
    internal void Validate()
    {
        BpeTrainingOptions.Validate(SpecialTokens, MinimumFrequency);
        foreach (var needed in (string[])(SurroundsText ? ["[UNK]", "[CLS]", "[SEP]"] : ["[UNK]"]))
        {
            if (!SpecialTokens.Contains(needed)) throw new ArgumentException($"SpecialTokens lacks '{needed}', which a WordPiece tokenizer needs.");
        }

        if (InitialPieces.Any(string.IsNullOrEmpty)) throw new ArgumentException("InitialPieces holds an empty piece; a piece needs at least one character.");
        var least = SpecialTokens.Concat(InitialPieces).Distinct().Count() + 1;
        if (VocabularySize < least) throw new ArgumentException($"VocabularySize is {VocabularySize}; the special tokens, the initial pieces and one character need {least}.");
    }
}

namespace TransformerGen.Text;

/// <summary>What <see cref="ByteLevelBpeTrainer"/> is to learn.</summary>
public sealed record BpeTrainingOptions
{
    /// <summary>
    /// Pieces in the finished vocabulary, special tokens and the 256 bytes included. Fewer are learned where the text has no
    /// more pairs of at least <see cref="MinimumFrequency"/>.
    /// </summary>
    public required int VocabularySize { get; init; }

    /// <summary>
    /// Tokens that are never split or merged; they take the first ids in this order. The usual four are the default:
    /// <c>&lt;pad&gt;</c> 0, <c>&lt;s&gt;</c> 1 (begin), <c>&lt;/s&gt;</c> 2 (end), <c>&lt;unk&gt;</c> 3.
    /// </summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<pad>", "<s>", "</s>", "<unk>"];

    /// <summary>A pair that occurs less often is not merged.</summary>
    public int MinimumFrequency { get; init; }

    /// <summary>
    /// Puts a space before each text that has none, so that a word is the same piece at the beginning of a sentence and inside
    /// it. Decoding gives this space back.
    /// </summary>
    public bool AddPrefixSpace { get; init; }

    /// <summary>Checks the values against each other.</summary>
    /// <exception cref="ArgumentException">A value cannot be used; the message names it.</exception>
    internal void Validate()
    {
        Validate(SpecialTokens, MinimumFrequency);
        var least = SpecialTokens.Count + 256;
        if (VocabularySize < least)
        {
            throw new ArgumentException($"VocabularySize is {VocabularySize}; the {SpecialTokens.Count} special tokens and the 256 bytes alone need {least}.");
        }
    }

    /// <summary>Checks what the trainers have in common.</summary>
    internal static void Validate(IReadOnlyList<string> specialTokens, int minimumFrequency)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in specialTokens)
        {
            if (string.IsNullOrEmpty(token)) throw new ArgumentException("SpecialTokens holds an empty token; a special token needs at least one character.");
            if (!seen.Add(token)) throw new ArgumentException($"SpecialTokens holds '{token}' twice; every special token needs its own id.");
        }

        if (minimumFrequency < 0) throw new ArgumentException($"MinimumFrequency is {minimumFrequency}; it must be 0 or more.");
    }
}

/// <summary>How far a training run of <see cref="ByteLevelBpeTrainer"/> or <see cref="WordPieceTrainer"/> is.</summary>
/// <param name="Sentences">Sentences read; the final number once merging has begun.</param>
/// <param name="Pieces">Pieces in the vocabulary so far; 0 while sentences are read.</param>
/// <param name="TargetPieces">The vocabulary size asked for.</param>
public readonly record struct BpeTrainingProgress(long Sentences, int Pieces, int TargetPieces);

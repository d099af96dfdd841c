namespace TransformerGen.Text.Steps;

/// <summary>What stands around a text in the ids that a model gets (Hugging Face's post-processor).</summary>
internal sealed record TokenTemplate
{
    /// <summary>Nothing is added; the second of two texts has type 1.</summary>
    public static TokenTemplate None { get; } = new() { Single = [new Part(0, [], 0)], Pair = [new Part(0, [], 0), new Part(1, [], 1)] };

    /// <summary>One text.</summary>
    public required Part[] Single { get; init; }

    /// <summary>Two texts, or null where the file describes none.</summary>
    public Part[]? Pair { get; init; }

    /// <summary>Leaves blanks out of the places of tokens.</summary>
    public bool TrimsOffsets { get; init; }

    /// <summary>A single blank at the very beginning was put there by the tokenizer and takes no place.</summary>
    public bool AddsPrefixSpace { get; init; }

    /// <summary>A stretch of the ids.</summary>
    /// <param name="Text">0 or 1: the first or second text; -1: special tokens.</param>
    /// <param name="Ids">The special tokens.</param>
    /// <param name="TypeId">The token type of the stretch.</param>
    internal sealed record Part(int Text, int[] Ids, int TypeId);
}

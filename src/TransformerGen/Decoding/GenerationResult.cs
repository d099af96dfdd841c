namespace TransformerGen.Decoding;

/// <summary>One generated sequence.</summary>
/// <param name="Ids">Prompt (of an encoder-decoder: the decoder's start tokens) and generated tokens, end token included.</param>
/// <param name="PromptLength">How many of them are the prompt.</param>
/// <param name="Score">The hypothesis' score in beam search: sum of log-probabilities / generated length ^ length penalty; otherwise null.</param>
public sealed record GeneratedSequence(int[] Ids, int PromptLength, double? Score)
{
    /// <summary>The generated tokens, end token included.</summary>
    public ReadOnlySpan<int> Generated => Ids.AsSpan(PromptLength);
}

/// <summary>What was generated for a batch of sentences.</summary>
/// <param name="Sentences">For each sentence its sequences, best first (samples: in order of their rows). A sentence has fewer than asked for only when the processors left fewer continuations.</param>
public sealed record GenerationResult(IReadOnlyList<IReadOnlyList<GeneratedSequence>> Sentences)
{
    /// <summary>The best (first) sequence of a sentence.</summary>
    /// <param name="sentence">The sentence, from 0.</param>
    public GeneratedSequence this[int sentence] => Sentences[sentence][0];

    /// <summary>The number of sentences.</summary>
    public int Count => Sentences.Count;
}

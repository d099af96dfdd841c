namespace TransformerGen.Decoding;

/// <summary>The best finished sequences of every sentence, best first; a place that is still free scores -1e9, as in Hugging Face's search.</summary>
internal sealed class BeamHypotheses(int beams)
{
    private const double Free = -1e9;
    private double[]? scores;       // [sentences, beams] descending
    private int[]? slots;           // [sentences, beams] where the tokens are; the free ones are a permutation too
    private int[]? lengths;         // [sentences, beams] by slot; 0 where free
    private int[]? ids;             // [sentences, beams, stride] by slot
    private int stride;

    /// <summary>Empties the places of a number of sentences.</summary>
    public void Begin(int sentences, int longest)
    {
        stride = longest;
        Scratch.Take(ref scores, sentences * beams).Fill(Free);
        Scratch.Take(ref lengths, sentences * beams).Clear();
        Scratch.Take(ref ids, checked(sentences * beams * stride));
        Span<int> all = Scratch.Take(ref slots, sentences * beams);
        for (int i = 0; i < all.Length; i++) all[i] = i % beams;
    }

    /// <summary>Adds a sequence when it is better than the worst place; it comes behind its equals.</summary>
    public void Add(int sentence, double score, ReadOnlySpan<int> prefix, int token)
    {
        int first = sentence * beams, place = first + beams - 1;
        if (!(score > scores![place])) return;
        int slot = slots![place];
        for (; place > first && score > scores[place - 1]; place--)
        {
            scores[place] = scores[place - 1];
            slots[place] = slots[place - 1];
        }
        scores[place] = score;
        slots[place] = slot;
        Span<int> tokens = ids.AsSpan((first + slot) * stride, stride);
        prefix.CopyTo(tokens);
        tokens[prefix.Length] = token;
        lengths![first + slot] = prefix.Length + 1;
    }

    /// <summary>The number of sequences a sentence has.</summary>
    public int Count(int sentence)
    {
        int count = 0;
        foreach (int length in lengths.AsSpan(sentence * beams, beams)) count += length > 0 ? 1 : 0;
        return count;
    }

    /// <summary>The score at the last place.</summary>
    public double Worst(int sentence) => scores![sentence * beams + beams - 1];

    /// <summary>The score at a place, 0 being the best.</summary>
    public double Score(int sentence, int place) => scores![sentence * beams + place];

    /// <summary>The tokens at a place, prompt included.</summary>
    public ReadOnlySpan<int> Ids(int sentence, int place)
    {
        int slot = sentence * beams + slots![sentence * beams + place];
        return ids.AsSpan(slot * stride, lengths![slot]);
    }
}

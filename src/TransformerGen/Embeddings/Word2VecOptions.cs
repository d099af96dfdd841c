namespace TransformerGen.Embeddings;

/// <summary>What predicts what.</summary>
public enum Word2VecModel
{
    /// <summary>The centre word predicts each word of its context.</summary>
    SkipGram,

    /// <summary>The mean of the context's vectors predicts the centre word (continuous bag of words).</summary>
    Cbow,
}

/// <summary>How a prediction is scored.</summary>
public enum Word2VecObjective
{
    /// <summary>-log σ(u_target · h) - Σ log σ(-u_negative · h) over a few words drawn at random (Mikolov et al. 2013b, equation 4).</summary>
    NegativeSampling,

    /// <summary>-log softmax(U h) at the target, over the whole vocabulary (equation 2): exact, and as many times dearer as the vocabulary is larger.</summary>
    FullSoftmax,
}

/// <summary>How word2vec is trained; the defaults are those of Mikolov's program.</summary>
public sealed record Word2VecOptions
{
    /// <summary>What predicts what.</summary>
    public Word2VecModel Model { get; init; } = Word2VecModel.SkipGram;

    /// <summary>How a prediction is scored.</summary>
    public Word2VecObjective Objective { get; init; } = Word2VecObjective.NegativeSampling;

    /// <summary>Elements of a vector.</summary>
    public int Dimension { get; init; } = 100;

    /// <summary>The most words on either side that are context; for each centre a number from 1 to this is drawn, so that near words count more.</summary>
    public int Window { get; init; } = 5;

    /// <summary>Negative words for each prediction. A draw of the target itself is left out.</summary>
    public int Negatives { get; init; } = 5;

    /// <summary>Negative words are drawn in proportion to count^this.</summary>
    public double NegativePower { get; init; } = 0.75;

    /// <summary>
    /// t of the subsampling: an occurrence of a word of frequency f is kept with probability √(t / f), if that is below 1 (Mikolov et al. 2013b, equation 5).
    /// 1e-3 to 1e-5, the smaller the larger the corpus; 0 keeps everything.
    /// </summary>
    public double Subsample { get; init; } = 1e-3;

    /// <summary>Passes over the corpus.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>The rate at the start; null is 0.025 for skip-gram and 0.05 for CBOW.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The rate falls linearly towards zero with the words seen, but not below this share of <see cref="LearningRate"/>.</summary>
    public double SmallestRateFactor { get; init; } = 1e-4;

    /// <summary>Everything random is a function of it.</summary>
    public ulong Seed { get; init; } = 1;

    internal double Rate => LearningRate ?? (Model == Word2VecModel.SkipGram ? 0.025 : 0.05);

    internal void Validate()
    {
        Require.InRange(Dimension >= 1, nameof(Dimension), Dimension, "at least 1");
        Require.InRange(Window >= 1, nameof(Window), Window, "at least 1");
        Require.InRange(Negatives >= (Objective == Word2VecObjective.NegativeSampling ? 1 : 0), nameof(Negatives), Negatives, "at least 1");
        Require.InRange(double.IsFinite(NegativePower), nameof(NegativePower), NegativePower, "a number, usually 0.75");
        Require.InRange(Subsample >= 0, nameof(Subsample), Subsample, "0 or a frequency such as 1e-3");
        Require.InRange(Epochs >= 1, nameof(Epochs), Epochs, "at least 1");
        Require.InRange(Rate > 0 && double.IsFinite(Rate), nameof(LearningRate), Rate, "above 0");
        Require.InRange(SmallestRateFactor is >= 0 and <= 1, nameof(SmallestRateFactor), SmallestRateFactor, "0 to 1");
        Require.InRange(Enum.IsDefined(Model), nameof(Model), Model, "SkipGram or Cbow");
        Require.InRange(Enum.IsDefined(Objective), nameof(Objective), Objective, "NegativeSampling or FullSoftmax");
    }
}

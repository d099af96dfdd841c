namespace TransformerGen.Decoding;

/// <summary>
/// How tokens are generated. Names and meaning are those of Hugging Face's <c>generate</c>, in .NET spelling; an option that
/// is not set changes nothing.
/// </summary>
/// <remarks>Lists are compared by reference.</remarks>
public sealed record GenerationOptions
{
    /// <summary>The most tokens that are generated for a row, at least 1. A row also stops when the session's <see cref="IDecodingSession.MaxLength"/> is full.</summary>
    public int MaxNewTokens { get; init; } = 20;

    /// <summary>The fewest tokens generated before an end token may be chosen.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>The fewest tokens, prompt included, before an end token may be chosen.</summary>
    public int MinLength { get; init; }

    /// <summary>The number of beams; 1 is greedy decoding, or sampling.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>A hypothesis scores sum of log-probabilities / length ^ penalty, so above 0 favours long ones.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>
    /// True: a sentence is done as soon as there are <see cref="Beams"/> hypotheses. False: when, besides, the best running beam at
    /// its current length scores no better than the worst of them.
    /// </summary>
    public bool EarlyStopping { get; init; }

    /// <summary>How many sequences are returned for a sentence: at most <see cref="Beams"/>, any number when sampling, 1 when greedy.</summary>
    public int ReturnSequences { get; init; } = 1;

    /// <summary>Draws tokens instead of taking the most probable one; needs <see cref="Beams"/> 1.</summary>
    public bool Sample { get; init; }

    /// <summary>With the same seed (and the same logits) sampling gives the same tokens on every machine; see <see cref="SamplingRandom"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Divides the logits before sampling; above 0. Only with <see cref="Sample"/>.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Samples from the k most probable tokens; 0 is off. Only with <see cref="Sample"/>. (Hugging Face's own default is 50.)</summary>
    public int TopK { get; init; }

    /// <summary>Samples from the most probable tokens that together reach this probability; 1 is off. Only with <see cref="Sample"/>.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Samples from tokens of at least this share of the largest probability; 0 is off. Only with <see cref="Sample"/>.</summary>
    public double MinP { get; init; }

    /// <summary>Makes tokens that a row already holds less likely (above 1) or more likely (below 1); 1 is off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No n-gram of this size occurs twice in a row; 0 is off.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Sequences of tokens that are never generated.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    /// <summary>Tokens that are never generated.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>
    /// The token that the target of an encoder-decoder begins with where no prompt is given (<see cref="ModelGeneration"/>); null is the model's own
    /// (<see cref="Model.ModelInfo.BeginId"/>). Without effect behind a prompt, and for a decoder.
    /// </summary>
    public int? StartToken { get; init; }

    /// <summary>The token that has to follow a prompt of one token (an encoder-decoder's start token); null is off.</summary>
    public int? ForcedBeginToken { get; init; }

    /// <summary>The token that has to be the last one when <see cref="MaxNewTokens"/> is reached; null is off.</summary>
    public int? ForcedEndToken { get; init; }

    /// <summary>
    /// The tokens that end a row; an empty list means that every row has <see cref="MaxNewTokens"/> tokens. Null is the model's own end token where a
    /// model generates (<see cref="ModelGeneration"/>), and none where a session is driven directly.
    /// </summary>
    public IReadOnlyList<int>? EndTokens { get; init; }

    /// <summary>What fills rows that have ended; null is the model's own padding where a model generates, otherwise the first end token, or 0 without one.</summary>
    public int? PadToken { get; init; }

    /// <summary>The token that fills rows that have ended.</summary>
    public int Filling => PadToken ?? (Ends.Count > 0 ? Ends[0] : 0);

    internal IReadOnlyList<int> Ends => EndTokens ?? [];

    /// <summary>Checks every option, and that all tokens named are in the vocabulary.</summary>
    /// <param name="vocabulary">V of the model.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside of what is allowed; the message names it, its value and what is allowed.</exception>
    public void Validate(int vocabulary)
    {
        Require.AtLeast(1, MaxNewTokens, nameof(MaxNewTokens));
        Require.AtLeast(0, MinNewTokens, nameof(MinNewTokens));
        Require.AtLeast(0, MinLength, nameof(MinLength));
        Require.AtLeast(1, Beams, nameof(Beams));
        Require.AtLeast(1, ReturnSequences, nameof(ReturnSequences));
        Require.AtLeast(0, TopK, nameof(TopK));
        Require.AtLeast(0, NoRepeatNgramSize, nameof(NoRepeatNgramSize));
        Require.PositiveFinite(Temperature, nameof(Temperature));
        Require.PositiveFinite(RepetitionPenalty, nameof(RepetitionPenalty));
        Require.Between(0, 1, TopP, nameof(TopP));
        Require.Between(0, 1, MinP, nameof(MinP));
        if (!double.IsFinite(LengthPenalty)) throw Require.Outside(nameof(LengthPenalty), LengthPenalty, "a finite number");
        if (Sample && Beams > 1) throw Require.Outside(nameof(Beams), Beams, "1 with Sample: sampling within beam search is not supported");
        if (!Sample && ReturnSequences > Beams)
            throw Require.Outside(nameof(ReturnSequences), ReturnSequences, $"at most Beams ({Beams}), or Sample");

        foreach (int token in Ends) Require.Token(token, vocabulary, nameof(EndTokens));
        if (Ends.Count >= vocabulary) throw Require.Outside(nameof(EndTokens), Ends.Count + " tokens", $"fewer than the vocabulary's {vocabulary}");
        foreach (int token in SuppressTokens) Require.Token(token, vocabulary, nameof(SuppressTokens));
        foreach (IReadOnlyList<int> word in BadWords)
        {
            if (word.Count == 0) throw Require.Outside(nameof(BadWords), "a list with an empty sequence", "at least one token in each sequence");
            foreach (int token in word) Require.Token(token, vocabulary, nameof(BadWords));
        }
        if (StartToken is { } start) Require.Token(start, vocabulary, nameof(StartToken));
        if (ForcedBeginToken is { } begin) Require.Token(begin, vocabulary, nameof(ForcedBeginToken));
        if (ForcedEndToken is { } end) Require.Token(end, vocabulary, nameof(ForcedEndToken));
        if (PadToken is < 0) throw Require.Outside(nameof(PadToken), PadToken, "a token, 0 or above");
    }

    /// <summary>
    /// New processors for these options in the order in which Hugging Face applies them. What depends on the length of a row's
    /// prompt (<see cref="MinNewTokens"/>, <see cref="ForcedEndToken"/>) is the decoders' own work.
    /// </summary>
    /// <returns>A list with scratch memory of its own, for one caller.</returns>
    public LogitsProcessorList CreateProcessors()
    {
        LogitsProcessorList list = [];
        int[] ends = [.. Ends];
        if (RepetitionPenalty != 1) list.Add(new RepetitionPenaltyProcessor(RepetitionPenalty));
        if (NoRepeatNgramSize > 0) list.Add(new NoRepeatNgramProcessor(NoRepeatNgramSize));
        if (BadWords.Count > 0) list.Add(new BadWordsProcessor(BadWords, ends));
        if (MinLength > 0 && ends.Length > 0) list.Add(new MinLengthProcessor(MinLength, ends));
        if (ForcedBeginToken is { } begin) list.Add(new ForcedTokenProcessor(1, begin));
        if (SuppressTokens.Count > 0) list.Add(new SuppressTokensProcessor([.. SuppressTokens]));
        return list;
    }

    /// <summary>New processors that only sampling applies, behind those of <see cref="CreateProcessors"/>: temperature, top-k, top-p, min-p.</summary>
    /// <returns>A list with scratch memory of its own, for one caller; empty without <see cref="Sample"/>.</returns>
    public LogitsProcessorList CreateSamplingProcessors()
    {
        LogitsProcessorList list = [];
        if (!Sample) return list;
        if (Temperature != 1) list.Add(new TemperatureProcessor(Temperature));
        if (TopK > 0) list.Add(new TopKProcessor(TopK));
        if (TopP < 1) list.Add(new TopPProcessor(TopP));
        if (MinP > 0) list.Add(new MinPProcessor(MinP));
        return list;
    }
}

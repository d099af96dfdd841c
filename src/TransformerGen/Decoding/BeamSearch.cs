namespace TransformerGen.Decoding;

/// <summary>
/// Beam search over a batch of sentences, with the selection and stop rules of Hugging Face's <c>generate</c>. All beams of all
/// sentences take one step of the session per token; a sentence that is done leaves the batch.
/// </summary>
/// <remarks>
/// Each step ranks the best 2 x beams continuations of a sentence (more with several end tokens) by summed log-probability. One
/// that ends, or reaches the limit, becomes a hypothesis only if it is among the first <c>beams</c>; the best <c>beams</c> that do
/// not end run on. Sums are kept in double. Nothing is allocated per token. One instance serves one caller at a time.
/// <code>
/// search.Begin([], prompts, lengths);
/// while (search.Advance()) { /* search.Beam(...) shows what is running */ }
/// GenerationResult result = search.Result();
/// </code>
/// </remarks>
/// <typeparam name="TSession">The session's type.</typeparam>
public sealed class BeamSearch<TSession>
    where TSession : IDecodingSession
{
    // What Hugging Face adds to a beam that must not win: the copies of a prompt at the first step, continuations that ended.
    private const double Penalty = -1e9;

    private readonly GenerationOptions options;
    private readonly RowLogits processing;
    private readonly BeamCandidates candidates;
    private readonly BeamHypotheses hypotheses;
    private readonly BeamCandidate[] chosen;    // [beams] that run on
    private readonly int beams;
    private TSession session;                   // not readonly: a struct's methods must not work on a copy
    private int sentenceCount, running, generated, stride;
    private int[]? promptLengths, limits;       // [sentences]
    private int[]? order;                       // [running] the sentence of each group of beams
    private int[]? ids, nextIds;                // [running x beams, stride]
    private double[]? sums;                     // [running x beams]
    private int[]? parents, stepTokens, stepCounts;
    private float[]? scratch;

    /// <summary>Creates a search.</summary>
    /// <param name="session">The session to decode with; it belongs to the search while a batch is running.</param>
    /// <param name="options">The options.</param>
    /// <param name="processor">Applied to log-probabilities behind the options' own processors; null is none.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or sampling is asked for.</exception>
    public BeamSearch(TSession session, GenerationOptions options, ILogitsProcessor? processor = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(session.Vocabulary);
        if (options.Sample) throw Require.Outside(nameof(options.Sample), options.Sample, "false; use TokenDecoder for sampling");
        this.session = session;
        this.options = options;
        beams = options.Beams;
        processing = new RowLogits(options, processor);
        candidates = new BeamCandidates(beams * Math.Max(2, 1 + options.Ends.Count));
        hypotheses = new BeamHypotheses(beams);
        chosen = new BeamCandidate[beams];
    }

    /// <summary>How many sentences are still searched.</summary>
    public int RunningSentences => running;

    /// <summary>Which sentence of the batch a group of running beams belongs to.</summary>
    /// <param name="group">0 to <see cref="RunningSentences"/> - 1.</param>
    public int Sentence(int group) => order.AsSpan(0, running)[group];

    /// <summary>A running beam's tokens, prompt included, and its summed log-probability; the best of a group is beam 0. Valid until the next step.</summary>
    /// <param name="group">0 to <see cref="RunningSentences"/> - 1.</param>
    /// <param name="beam">0 to the number of beams - 1.</param>
    /// <param name="sum">The summed log-probability of the generated tokens.</param>
    public ReadOnlySpan<int> Beam(int group, int beam, out double sum)
    {
        int row = group * beams + beam;
        sum = sums.AsSpan(0, running * beams)[row];
        return Row(ids, row)[..(promptLengths![order![group]] + generated)];
    }

    /// <summary>Begins a batch and runs each prompt through the model once.</summary>
    /// <param name="sentences">[prompts] which encoded sentence each prompt belongs to; empty means that prompt i belongs to sentence i.</param>
    /// <param name="promptTokens">The prompts, packed end to end; at least one token (the start token) each.</param>
    /// <param name="lengths">[prompts] the tokens of each.</param>
    /// <exception cref="ArgumentException">Prompts, lengths and session do not fit each other; the message says where.</exception>
    public void Begin(ReadOnlySpan<int> sentences, ReadOnlySpan<int> promptTokens, ReadOnlySpan<int> lengths)
    {
        stride = DecodingBatch.Validate(ref session, sentences, promptTokens, lengths, beams, options.MaxNewTokens);
        sentenceCount = running = lengths.Length;
        generated = 0;
        int rows = sentenceCount * beams;
        lengths.CopyTo(Scratch.Take(ref promptLengths, sentenceCount));
        Scratch.Take(ref limits, sentenceCount);
        Scratch.Take(ref order, sentenceCount);
        Scratch.Take(ref sums, rows).Fill(Penalty);
        Scratch.Take(ref parents, rows);
        Scratch.Take(ref stepTokens, rows);
        Scratch.Take(ref scratch, session.Vocabulary);
        Span<int> counts = Scratch.Take(ref stepCounts, rows);
        counts.Clear();
        for (int s = 0; s < sentenceCount; s++)
        {
            order![s] = s;
            limits![s] = DecodingBatch.Limit(options.MaxNewTokens, session.MaxLength, lengths[s]);
        }
        hypotheses.Begin(sentenceCount, stride);
        Scratch.Take(ref ids, checked(rows * stride));
        Scratch.Take(ref nextIds, checked(rows * stride));

        // Only the first row of each sentence reads the prompt; the others are its copies from the second step on.
        Span<int> sentenceOfRow = stepTokens.AsSpan(0, rows);
        for (int s = 0, at = 0; s < sentenceCount; at += lengths[s++])
        {
            promptTokens.Slice(at, lengths[s]).CopyTo(Row(ids, s * beams));
            sums![s * beams] = 0;
            counts[s * beams] = lengths[s];
            sentenceOfRow.Slice(s * beams, beams).Fill(sentences.IsEmpty ? s : sentences[s]);
        }
        session.Begin(sentenceOfRow);
        session.Step(promptTokens, counts);
    }

    /// <summary>Chooses one token for every running beam and feeds them to the session.</summary>
    /// <returns>False when no sentence is running any more.</returns>
    /// <exception cref="InvalidOperationException">A logit is NaN or infinite.</exception>
    public bool Advance()
    {
        int kept = 0;
        for (int group = 0; group < running; group++)
        {
            int sentence = order![group];
            Rank(group, sentence);
            bool reachesLimit = generated + 1 == limits![sentence];
            Choose(group, sentence, reachesLimit);
            if (reachesLimit || IsDone(sentence)) continue;
            order[kept] = sentence;
            Continue(kept++, group, sentence);
        }
        (ids, nextIds) = (nextIds, ids);
        int before = running;
        running = kept;
        generated++;
        if (kept == 0) return false;

        int rows = kept * beams;
        if (kept != before || !IsIdentity(parents.AsSpan(0, rows))) session.Reorder(parents.AsSpan(0, rows));
        stepCounts.AsSpan(0, rows).Fill(1);
        session.Step(stepTokens.AsSpan(0, rows), stepCounts.AsSpan(0, rows));
        return true;
    }

    /// <summary>Searches until every sentence is done.</summary>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public void Run(CancellationToken cancellationToken = default)
    {
        if (running == 0) return;
        do cancellationToken.ThrowIfCancellationRequested();
        while (Advance());
    }

    /// <summary>The best hypotheses of every sentence.</summary>
    /// <returns>At most <see cref="GenerationOptions.ReturnSequences"/> for each sentence, best first.</returns>
    public GenerationResult Result()
    {
        var all = new IReadOnlyList<GeneratedSequence>[sentenceCount];
        for (int s = 0; s < sentenceCount; s++)
        {
            var best = new GeneratedSequence[Math.Min(options.ReturnSequences, hypotheses.Count(s))];
            for (int place = 0; place < best.Length; place++)
                best[place] = new GeneratedSequence(hypotheses.Ids(s, place).ToArray(), promptLengths![s], hypotheses.Score(s, place));
            all[s] = best;
        }
        return new GenerationResult(all);
    }

    // The best continuations of a sentence. At the first step all beams are copies of one row that has been computed once.
    private void Rank(int group, int sentence)
    {
        candidates.Clear();
        Span<float> logProbabilities = default;
        for (int beam = 0; beam < beams; beam++)
        {
            int row = group * beams + beam;
            if (beam == 0 || generated > 0)
            {
                logProbabilities = session.Logits(row);
                Softmax.ToLogProbabilities(logProbabilities, scratch);
                processing.Process(Row(ids, row)[..(promptLengths![sentence] + generated)], logProbabilities, generated, limits![sentence]);
            }
            candidates.Add(beam, sums![row], logProbabilities);
        }
    }

    // Continuations that end become hypotheses; the best others are chosen to run on.
    private void Choose(int group, int sentence, bool reachesLimit)
    {
        int count = 0;
        ReadOnlySpan<BeamCandidate> ranked = candidates.Ranked;
        for (int rank = 0; rank < ranked.Length; rank++)
        {
            BeamCandidate candidate = ranked[rank];
            bool ends = reachesLimit || processing.IsEnd(candidate.Token);
            if (ends && rank < beams)
            {
                double score = candidate.Sum / Math.Pow(generated + 1, options.LengthPenalty);
                ReadOnlySpan<int> prefix = Row(ids, ParentRow(group, candidate.Beam))[..(promptLengths![sentence] + generated)];
                hypotheses.Add(sentence, score, prefix, candidate.Token);
            }
            if (ends) candidate = candidate with { Sum = candidate.Sum + Penalty };
            if (count == beams && !(candidate.Sum > chosen[^1].Sum)) continue;
            int place = count < beams ? count++ : beams - 1;
            for (; place > 0 && candidate.Sum > chosen[place - 1].Sum; place--) chosen[place] = chosen[place - 1];
            chosen[place] = candidate;
        }
    }

    private bool IsDone(int sentence)
    {
        if (hypotheses.Count(sentence) < beams) return false;
        double bestRunning = chosen[0].Sum / Math.Pow(generated + 1, options.LengthPenalty);
        return options.EarlyStopping || !(bestRunning > hypotheses.Worst(sentence));
    }

    // Writes the chosen beams as rows of a group that may have moved down.
    private void Continue(int target, int group, int sentence)
    {
        int length = promptLengths![sentence] + generated;
        for (int beam = 0; beam < beams; beam++)
        {
            int row = target * beams + beam, parent = ParentRow(group, chosen[beam].Beam);
            Span<int> tokens = Row(nextIds, row);
            Row(ids, parent)[..length].CopyTo(tokens);
            tokens[length] = stepTokens![row] = chosen[beam].Token;
            parents![row] = parent;
            sums![row] = chosen[beam].Sum;
        }
    }

    private int ParentRow(int group, int beam) => group * beams + (generated == 0 ? 0 : beam);

    private Span<int> Row(int[]? rows, int row) => rows.AsSpan(row * stride, stride);

    private static bool IsIdentity(ReadOnlySpan<int> parents)
    {
        for (int row = 0; row < parents.Length; row++)
            if (parents[row] != row) return false;
        return true;
    }
}

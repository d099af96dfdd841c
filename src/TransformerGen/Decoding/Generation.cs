namespace TransformerGen.Decoding;

/// <summary>Generates for a whole batch with whichever algorithm the options ask for.</summary>
public static class Generation
{
    /// <summary>Generates behind prompts: beam search with more than one beam, otherwise greedy decoding or sampling.</summary>
    /// <typeparam name="TSession">The session's type.</typeparam>
    /// <param name="session">The session to decode with.</param>
    /// <param name="options">The options.</param>
    /// <param name="prompts">The prompt of each sentence, at least one token: what a decoder continues, or an encoder-decoder's start token. Prompt i belongs to encoded sentence i.</param>
    /// <param name="processor">Applied behind the options' own processors; null is none.</param>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <returns>The sequences of each sentence, prompt included.</returns>
    /// <exception cref="ArgumentException">Prompts and session do not fit each other; the message says where.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static GenerationResult Generate<TSession>(
        TSession session, GenerationOptions options, IReadOnlyList<int[]> prompts, ILogitsProcessor? processor = null, CancellationToken cancellationToken = default)
        where TSession : IDecodingSession
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(prompts);
        int rowsEach = options.Sample ? Math.Max(1, options.ReturnSequences) : 1;
        int[] sentences = [.. Enumerable.Range(0, prompts.Count * rowsEach).Select(row => row / rowsEach)];
        int[] lengths = [.. sentences.Select(s => prompts[s].Length)];
        int[] packed = [.. sentences.SelectMany(s => prompts[s])];

        if (options.Beams > 1)
        {
            BeamSearch<TSession> search = new(session, options, processor);
            search.Begin(sentences, packed, lengths);
            search.Run(cancellationToken);
            return search.Result();
        }

        TokenDecoder<TSession> decoder = new(session, options, processor);
        decoder.Begin(sentences, packed, lengths);
        decoder.Run(cancellationToken);
        var all = new IReadOnlyList<GeneratedSequence>[prompts.Count];
        for (int s = 0; s < all.Length; s++)
        {
            var rows = new GeneratedSequence[rowsEach];
            for (int i = 0; i < rowsEach; i++)
                rows[i] = new GeneratedSequence(decoder.Ids(s * rowsEach + i).ToArray(), prompts[s].Length, Score: null);
            all[s] = rows;
        }
        return new GenerationResult(all);
    }
}

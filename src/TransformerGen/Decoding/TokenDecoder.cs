using System.Runtime.CompilerServices;

namespace TransformerGen.Decoding;

/// <summary>
/// Greedy decoding and sampling for a batch of rows with prompts of different lengths. A row stops at an end token (which is
/// part of it), after <see cref="GenerationOptions.MaxNewTokens"/>, or when the session's length is full; from then on it costs nothing.
/// </summary>
/// <remarks>
/// <code>
/// decoder.Begin([], prompts, lengths);
/// while (decoder.Next(tokens)) { /* tokens[i] is what row i got */ }
/// </code>
/// Nothing is allocated per token. Buffers are kept from batch to batch. One instance serves one caller at a time.
/// </remarks>
/// <typeparam name="TSession">The session's type.</typeparam>
public sealed class TokenDecoder<TSession>
    where TSession : IDecodingSession
{
    private readonly GenerationOptions options;
    private readonly RowLogits processing;
    private readonly int filling;
    private TSession session;       // not readonly: a struct's methods must not work on a copy
    private int rows, running, stride;
    private int[]? ids;             // [rows, stride] prompt and generated tokens
    private int[]? prompts, lengths, limits, stepTokens, stepCounts;
    private bool[]? finished;
    private bool fed;               // the session's logits belong to the last tokens
    private float[]? exponentials;

    /// <summary>Creates a decoder.</summary>
    /// <param name="session">The session to decode with; it belongs to the decoder while a batch is running.</param>
    /// <param name="options">The options; beams are the business of <see cref="BeamSearch{TSession}"/>.</param>
    /// <param name="processor">Applied behind the options' own processors and before temperature, top-k, top-p and min-p; null is none.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or there is more than one beam.</exception>
    public TokenDecoder(TSession session, GenerationOptions options, ILogitsProcessor? processor = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(session.Vocabulary);
        if (options.Beams != 1) throw Require.Outside(nameof(options.Beams), options.Beams, "1; use BeamSearch for more");
        this.session = session;
        this.options = options;
        filling = options.Filling;
        processing = new RowLogits(options, processor);
    }

    /// <summary>The rows of the batch.</summary>
    public int Rows => rows;

    /// <summary>Whether a row has ended.</summary>
    /// <param name="row">The row, from 0.</param>
    public bool IsFinished(int row) => finished.AsSpan(0, rows)[row];

    /// <summary>A row's tokens so far: prompt and generated ones. Valid until the next batch begins.</summary>
    /// <param name="row">The row, from 0.</param>
    public ReadOnlySpan<int> Ids(int row) => Row(row)[..lengths.AsSpan(0, rows)[row]];

    /// <summary>The tokens a row has generated so far. Valid until the next batch begins.</summary>
    /// <param name="row">The row, from 0.</param>
    public ReadOnlySpan<int> Generated(int row) => Ids(row)[prompts![row]..];

    /// <summary>Begins a batch and runs the prompts through the model.</summary>
    /// <param name="sentences">[rows] which encoded sentence each row decodes for; empty means that row i decodes for sentence i.</param>
    /// <param name="promptTokens">The prompts, packed end to end; at least one token (the start token) each.</param>
    /// <param name="promptLengths">[rows] the tokens of each prompt.</param>
    /// <exception cref="ArgumentException">Prompts, lengths and session do not fit each other; the message says where.</exception>
    public void Begin(ReadOnlySpan<int> sentences, ReadOnlySpan<int> promptTokens, ReadOnlySpan<int> promptLengths)
    {
        stride = DecodingBatch.Validate(ref session, sentences, promptTokens, promptLengths, rowsEach: 1, options.MaxNewTokens);
        rows = running = promptLengths.Length;
        Scratch.Take(ref lengths, rows);
        Scratch.Take(ref limits, rows);
        Scratch.Take(ref stepTokens, rows);
        Scratch.Take(ref stepCounts, rows);
        Scratch.Take(ref finished, rows).Clear();
        promptLengths.CopyTo(Scratch.Take(ref prompts, rows));
        promptLengths.CopyTo(lengths);
        for (int row = 0; row < rows; row++) limits![row] = DecodingBatch.Limit(options.MaxNewTokens, session.MaxLength, promptLengths[row]);
        Scratch.Take(ref ids, checked(rows * stride));
        for (int row = 0, at = 0; row < rows; at += promptLengths[row++])
            promptTokens.Slice(at, promptLengths[row]).CopyTo(Row(row));

        if (sentences.IsEmpty)
        {
            Span<int> each = stepTokens.AsSpan(0, rows);
            for (int row = 0; row < rows; row++) each[row] = row;
            sentences = each;
        }
        session.Begin(sentences);
        session.Step(promptTokens, promptLengths);
        fed = true;
    }

    /// <summary>Generates one token for every row that has not ended.</summary>
    /// <param name="tokens">[rows] receives each row's new token, the filling token for rows that had ended.</param>
    /// <returns>False when every row had ended already; then nothing was generated.</returns>
    /// <exception cref="ArgumentException"><paramref name="tokens"/> is shorter than the number of rows.</exception>
    /// <exception cref="InvalidOperationException">A logit is NaN, or sampling has no token left.</exception>
    public bool Next(Span<int> tokens)
    {
        if (tokens.Length < rows) throw new ArgumentException($"There is room for {tokens.Length} tokens. Expected one for each of the {rows} rows.", nameof(tokens));
        if (running == 0) return false;
        if (!fed) Feed();
        for (int row = 0; row < rows; row++)
        {
            if (finished![row])
            {
                tokens[row] = filling;
                continue;
            }
            int length = lengths![row], generated = length - prompts![row];
            Span<float> logits = session.Logits(row);
            processing.Process(Row(row)[..length], logits, generated, limits![row]);
            int token = options.Sample ? Draw(logits, SamplingRandom.Uniform(options.Seed, row, generated)) : Softmax.ArgMax(logits);
            tokens[row] = Row(row)[length] = token;
            lengths[row] = length + 1;
            if (processing.IsEnd(token) || generated + 1 == limits[row])
            {
                finished[row] = true;
                running--;
            }
        }
        fed = false;
        return true;
    }

    /// <summary>Generates until every row has ended.</summary>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public void Run(CancellationToken cancellationToken = default)
    {
        // Every token is kept in the rows' own buffers; this one only satisfies the signature.
        Span<int> tokens = stepTokens.AsSpan(0, rows);
        do cancellationToken.ThrowIfCancellationRequested();
        while (Next(tokens));
    }

    /// <summary>
    /// Decodes one row token by token: end token included, prompt not. The work is done by whoever asks for the next token, on
    /// that thread; nothing is allocated per token.
    /// </summary>
    /// <param name="sentence">The encoded sentence to decode for; ignored by a model without an encoder.</param>
    /// <param name="prompt">At least one token.</param>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <returns>The tokens as they are generated.</returns>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public async IAsyncEnumerable<int> StreamAsync(int sentence, ReadOnlyMemory<int> prompt, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Begin([sentence], prompt.Span, [prompt.Length]);
        await Task.CompletedTask.ConfigureAwait(false);     // an iterator has to await something; this completes at once
        while (NextOfSingleRow(out int token))
        {
            yield return token;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private bool NextOfSingleRow(out int token)
    {
        token = 0;
        return Next(new Span<int>(ref token));
    }

    private void Feed()
    {
        int count = 0;
        for (int row = 0; row < rows; row++)
        {
            stepCounts![row] = finished![row] ? 0 : 1;
            if (!finished[row]) stepTokens![count++] = Row(row)[lengths![row] - 1];
        }
        session.Step(stepTokens.AsSpan(0, count), stepCounts.AsSpan(0, rows));
        fed = true;
    }

    private Span<int> Row(int row) => ids.AsSpan(row * stride, stride);

    // Inverse transform: the first token at which the running sum of probabilities exceeds the uniform number.
    private int Draw(ReadOnlySpan<float> logits, double uniform)
    {
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        double left = uniform * Softmax.Exponentials(logits, exp, out _);
        int last = 0;
        for (int token = 0; token < exp.Length; token++)
        {
            if (exp[token] == 0) continue;
            last = token;
            left -= exp[token];
            if (left < 0) break;
        }
        return last;
    }
}

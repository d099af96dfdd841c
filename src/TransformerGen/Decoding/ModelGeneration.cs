using System.Runtime.CompilerServices;
using TransformerGen.Model;

namespace TransformerGen.Decoding;

/// <summary>Generation with a model in one call. Any number of callers may generate with one model at a time: each gets a session of its own from the model's pool.</summary>
public static class ModelGeneration
{
    /// <summary>The pool that a model's callers share: one per weights, made when first asked for and disposed of with them. Its <see cref="SessionPool{TModel}.Team"/> says who computes.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static SessionPool<TModel> Sessions<TModel>(this TModel model)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Weights.ThrowIfDisposed();
        return Pools<TModel>.Table.TryGetValue(model.Weights, out SessionPool<TModel>? pool) ? pool : CreatePool(model);
    }

    /// <summary>Generates for a batch: what follows each prompt (a decoder), or the target of each source (an encoder-decoder, from its begin token on).</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Token ids of each prompt or source; at least one token each.</param>
    /// <param name="options">How to choose tokens; null is greedy up to the end token or MaxLength.</param>
    /// <param name="processor">Applied behind the options' own processors; null is none.</param>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <returns>The sequences of each input, prompt or begin token included.</returns>
    /// <exception cref="ArgumentException">An input is empty or longer than MaxLength, or an id is not in the vocabulary; the message says which.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="NotSupportedException">The model has no decoder.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static GenerationResult Generate<TModel>(
        this TModel model, IReadOnlyList<int[]> inputs, GenerationOptions? options = null, ILogitsProcessor? processor = null, CancellationToken cancellationToken = default)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return TModel.Info.HasEncoder
            ? model.Generate(inputs, [.. inputs.Select(_ => Start(TModel.Info, options))], options, processor, cancellationToken)
            : Run(model, null, inputs, options, processor, cancellationToken);
    }

    /// <summary>Generates for a batch of an encoder-decoder, each target behind a prompt of its own.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids of each source; at least one token each.</param>
    /// <param name="prompts">What the target of each source begins with, such as the begin token and the first words; at least one token each.</param>
    /// <param name="options">How to choose tokens; null is greedy up to the end token or MaxLength.</param>
    /// <param name="processor">Applied behind the options' own processors; null is none.</param>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <returns>The sequences of each source, prompt included.</returns>
    /// <exception cref="ArgumentException">Sources and prompts differ in number, one is empty or longer than MaxLength, or an id is not in the vocabulary.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="NotSupportedException">The model is no encoder-decoder.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static GenerationResult Generate<TModel>(
        this TModel model,
        IReadOnlyList<int[]> sources,
        IReadOnlyList<int[]> prompts,
        GenerationOptions? options = null,
        ILogitsProcessor? processor = null,
        CancellationToken cancellationToken = default)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(prompts);
        return sources.Count == prompts.Count
            ? Run(model, sources, prompts, options, processor, cancellationToken)
            : throw new ArgumentException($"There are {prompts.Count} prompts for {sources.Count} sources. Expected one for each.", nameof(prompts));
    }

    /// <summary>
    /// Generates for one input, token by token: greedy or sampling. The work is done by whoever asks for the next token; the session goes back to
    /// the pool when the enumeration ends.
    /// </summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="input">Token ids of the prompt (a decoder) or the source (an encoder-decoder).</param>
    /// <param name="options">How to choose tokens; null is greedy up to the end token or MaxLength.</param>
    /// <param name="processor">Applied behind the options' own processors; null is none.</param>
    /// <param name="cancellationToken">Observed before every token.</param>
    /// <returns>The generated tokens, end token included, without the prompt.</returns>
    /// <exception cref="ArgumentException">The input is empty or longer than MaxLength, or an id is not in the vocabulary.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or there is more than one beam.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static async IAsyncEnumerable<int> StreamAsync<TModel>(
        this TModel model, int[] input, GenerationOptions? options = null, ILogitsProcessor? processor = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(input);
        using SessionLease<TModel> lease = model.Sessions().Rent();
        DecodingSession<TModel> session = lease.Session;
        int[] prompt = input;
        if (TModel.Info.HasEncoder)
        {
            session.Encode(input, [input.Length]);
            prompt = Start(TModel.Info, options);
        }

        var decoder = new TokenDecoder<DecodingSession<TModel>>(session, Complete(TModel.Info, options), processor);
        await foreach (int token in decoder.StreamAsync(0, prompt, cancellationToken).ConfigureAwait(false))
        {
            yield return token;
        }
    }

    private static GenerationResult Run<TModel>(
        TModel model, IReadOnlyList<int[]>? sources, IReadOnlyList<int[]> prompts, GenerationOptions? options, ILogitsProcessor? processor, CancellationToken cancellationToken)
        where TModel : class, ITransformer<TModel>
    {
        using SessionLease<TModel> lease = model.Sessions().Rent();
        if (prompts.Count == 0)
        {
            return new GenerationResult([]);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (sources is not null)
        {
            lease.Session.Encode(sources);
        }

        return Generation.Generate(lease.Session, Complete(TModel.Info, options), prompts, processor, cancellationToken);
    }

    private static SessionPool<TModel> CreatePool<TModel>(TModel model)
        where TModel : class, ITransformer<TModel>
    {
        SessionPool<TModel> pool = Pools<TModel>.Table.GetValue(model.Weights, _ => new SessionPool<TModel>(model));
        model.Weights.Register(pool);
        return pool;
    }

    // What a target begins with where the caller gives no prompt.
    private static int[] Start(ModelInfo info, GenerationOptions? options) => [options?.StartToken ?? info.BeginId];

    // What an option that is not set means for this model.
    private static GenerationOptions Complete(ModelInfo info, GenerationOptions? options)
    {
        options ??= new GenerationOptions { MaxNewTokens = info.MaxLength };
        return options with { EndTokens = options.EndTokens ?? info.EndIds, PadToken = options.PadToken ?? (info.PadId >= 0 ? info.PadId : null) };
    }

    private static class Pools<TModel>
        where TModel : class, ITransformer<TModel>
    {
        public static readonly ConditionalWeakTable<ModelWeights, SessionPool<TModel>> Table = [];
    }
}

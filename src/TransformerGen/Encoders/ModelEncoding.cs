using System.Diagnostics;
using TransformerGen.Decoding;
using TransformerGen.Model;

namespace TransformerGen.Encoders;

/// <summary>
/// Hidden states and embeddings of whole sequences, for models whose head is <see cref="OutputKind.HiddenStates"/>. Sequences of different lengths are packed end to
/// end: padding costs nothing, and what else is in a batch changes no bit. Any number of callers may use one model at a time.
/// </summary>
public static unsafe class ModelEncoding
{
    // Enough rows for the kernels to be at their speed; more would only take memory.
    private const int TokensPerPass = 8192;

    /// <summary>Last hidden states of every token.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">Tokens of each sequence, at least one.</param>
    /// <param name="hidden">[N, D] receives the states; D is <see cref="ModelInfo.HiddenWidth"/>.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[N] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id or a type is none of the model's, the lengths do not add up, or the states do not fit.</exception>
    /// <exception cref="NotSupportedException">The model has another head.</exception>
    public static void HiddenStates<TModel>(
        this TModel model, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> hidden, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        int width = RequireHidden(TModel.Info, pairs: false).HiddenWidth;
        RequireRoom(hidden, tokens.Length, width, nameof(hidden));
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Run<TModel>(lease.Workspace, tokens, lengths, types, globals);
        ForwardPass.Copy(lease.Workspace.Hidden, width, 0, tokens.Length, hidden);
    }

    /// <summary>Last hidden states of every target token of an encoder-decoder, an array for each target; target s belongs to source s.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids of each source, at least one.</param>
    /// <param name="targets">Token ids of each target, at least one.</param>
    /// <returns>For each target the states of the decoder, [tokens, D]; D is <see cref="ModelInfo.HiddenWidth"/>.</returns>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id is none of the model's, or there are more of one than of the other.</exception>
    /// <exception cref="NotSupportedException">The model has another head, or is no encoder-decoder.</exception>
    public static float[][] HiddenStates<TModel>(this TModel model, IReadOnlyList<int[]> sources, IReadOnlyList<int[]> targets)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        int width = RequireHidden(TModel.Info, pairs: true).HiddenWidth;
        ModelForward.RequirePairs(sources.Count, targets.Count);
        (int[] sourceTokens, int[] sourceLengths) = PackedRows.Pack(sources);
        (int[] targetTokens, int[] targetLengths) = PackedRows.Pack(targets);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Encode<TModel>(lease.Workspace, sourceTokens, sourceLengths);
        ForwardPass.Run<TModel>(lease.Workspace, targetTokens, targetLengths);
        var hidden = new float[targets.Count][];
        for (int s = 0, row = 0; s < hidden.Length; row += targetLengths[s++])
        {
            hidden[s] = new float[checked(targetLengths[s] * width)];
            ForwardPass.Copy(lease.Workspace.Hidden, width, row, targetLengths[s], hidden[s]);
        }

        return hidden;
    }

    /// <summary>One vector per sequence.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">[S] tokens of each sequence, at least one.</param>
    /// <param name="embeddings">[S, D] receives the vectors; D is <see cref="EmbeddingWidth"/>.</param>
    /// <param name="pooling">How a sequence's states become one vector.</param>
    /// <param name="normalize">Whether vectors are brought to length 1, so that a dot product is the cosine.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[N] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id or a type is none of the model's, the lengths do not add up, or the vectors do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pooling"/> is none of the named choices.</exception>
    /// <exception cref="NotSupportedException">The model has another head, or no pooler.</exception>
    public static void Embed<TModel>(
        this TModel model,
        ReadOnlySpan<int> tokens,
        ReadOnlySpan<int> lengths,
        Span<float> embeddings,
        Pooling pooling = Pooling.Mean,
        bool normalize = true,
        ReadOnlySpan<int> types = default,
        ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        int width = EmbeddingWidth(TModel.Info, pooling);
        RequireRoom(embeddings, lengths.Length, width, nameof(embeddings));
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        Embed<TModel>(lease.Workspace, tokens, lengths, embeddings, pooling, normalize, types, globals);
    }

    /// <summary>One vector per sequence; any number of sequences, a part of them at a time.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence, at least one.</param>
    /// <param name="pooling">How a sequence's states become one vector.</param>
    /// <param name="normalize">Whether vectors are brought to length 1, so that a dot product is the cosine.</param>
    /// <param name="types">Types of each sequence's tokens; null for 0 everywhere.</param>
    /// <returns>A vector for each sequence.</returns>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id or a type is none of the model's.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pooling"/> is none of the named choices.</exception>
    /// <exception cref="NotSupportedException">The model has another head, or no pooler.</exception>
    public static float[][] Embed<TModel>(
        this TModel model, IReadOnlyList<int[]> sequences, Pooling pooling = Pooling.Mean, bool normalize = true, IReadOnlyList<int[]>? types = null)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sequences);
        int width = EmbeddingWidth(TModel.Info, pooling);
        (int[] tokens, int[] lengths, int[] packedTypes) = SequencePacking.Pack(sequences, types);
        var result = new float[lengths.Length][];
        var part = Array.Empty<float>();
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        for (int s = 0, at = 0; s < lengths.Length;)
        {
            int end = s + 1, count = lengths[s];
            while (end < lengths.Length && count + lengths[end] <= TokensPerPass)
            {
                count += lengths[end++];
            }

            if (part.Length < (end - s) * width)
            {
                part = new float[(end - s) * width];
            }

            Embed<TModel>(
                lease.Workspace, tokens.AsSpan(at, count), lengths.AsSpan(s, end - s), part, pooling, normalize, packedTypes.Length == 0 ? [] : packedTypes.AsSpan(at, count), []);
            for (int i = s; i < end; i++)
            {
                result[i] = part.AsSpan((i - s) * width, width).ToArray();
            }

            (s, at) = (end, at + count);
        }

        return result;
    }

    /// <summary>Columns of an embedding.</summary>
    /// <param name="info">The model.</param>
    /// <param name="pooling">How a sequence's states become one vector.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pooling"/> is none of the named choices.</exception>
    /// <exception cref="NotSupportedException">The model has another head, or no pooler.</exception>
    public static int EmbeddingWidth(ModelInfo info, Pooling pooling)
    {
        ArgumentNullException.ThrowIfNull(info);
        RequireHidden(info, pairs: false);
        if (!Enum.IsDefined(pooling))
        {
            throw new ArgumentOutOfRangeException(nameof(pooling), pooling, $"Expected one of {string.Join(", ", Enum.GetNames<Pooling>())}.");
        }

        return pooling != Pooling.Pooler ? info.HiddenWidth
            : info.PooledWidth > 0 ? info.PooledWidth
            : throw new NotSupportedException($"{info.Name} has no pooler. Use Pooling.Mean, as most sentence encoders do, or Pooling.Cls.");
    }

    private static void Embed<TModel>(
        Workspace workspace,
        ReadOnlySpan<int> tokens,
        ReadOnlySpan<int> lengths,
        Span<float> embeddings,
        Pooling pooling,
        bool normalize,
        ReadOnlySpan<int> types,
        ReadOnlySpan<bool> globals)
        where TModel : class, ITransformer<TModel>
    {
        int width = EmbeddingWidth(TModel.Info, pooling), stride = Padding.RoundUp(width);
        ForwardPass.Run<TModel>(workspace, tokens, lengths, types, globals);
        for (int s = 0, row = 0; s < lengths.Length; row += lengths[s++])
        {
            Span<float> y = embeddings.Slice(s * width, width);
            ReadOnlySpan<float> Row(float* start, int r) => new(start + ((long)r * stride), width);
            switch (pooling)
            {
                case Pooling.Mean:
                    Row(workspace.Hidden, row).CopyTo(y);
                    for (int r = row + 1; r < row + lengths[s]; r++)
                    {
                        ReadOnlySpan<float> x = Row(workspace.Hidden, r);
                        for (int i = 0; i < y.Length; i++)
                        {
                            y[i] += x[i];
                        }
                    }

                    Scale(y, 1f / lengths[s]);
                    break;
                case Pooling.Cls:
                    Row(workspace.Hidden, row).CopyTo(y);
                    break;
                case Pooling.LastToken:
                    Row(workspace.Hidden, row + lengths[s] - 1).CopyTo(y);
                    break;
                case Pooling.Pooler:
                    Row(workspace.Pooled, s).CopyTo(y);
                    break;
                default:
                    throw new UnreachableException();
            }

            if (normalize)
            {
                double squares = 0;
                foreach (float x in y)
                {
                    squares += (double)x * x;
                }

                Scale(y, (float)(1 / Math.Max(Math.Sqrt(squares), 1e-12)));
            }
        }
    }

    private static void Scale(Span<float> x, float factor)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= factor;
        }
    }

    private static ModelInfo RequireHidden(ModelInfo info, bool pairs) =>
        info.Output != OutputKind.HiddenStates ? throw new NotSupportedException($"{info.Name} has a head and gives logits. Compile it with Head = ModelHead.Model for its hidden states.")
        : info.TakesPairs == pairs ? info
        : throw new NotSupportedException(pairs
            ? $"{info.Name} is no encoder-decoder. Call HiddenStates with the sequences alone."
            : $"{info.Name} is an encoder-decoder. Call HiddenStates with sources and targets, or compile it with Head = ModelHead.Encoder where its family has that.");

    private static void RequireRoom(ReadOnlySpan<float> numbers, int rows, int width, string parameter)
    {
        if (numbers.Length != (long)rows * width)
        {
            throw new ArgumentException($"There is room for {numbers.Length} numbers. Expected [{rows}, {width}], {(long)rows * width} of them.", parameter);
        }
    }
}

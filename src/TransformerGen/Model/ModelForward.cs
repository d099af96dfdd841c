using TransformerGen.Decoding;

namespace TransformerGen.Model;

/// <summary>
/// Logits of whole sequences in one call, in evaluation mode. Sequences are packed, [N, V] for N tokens end to end, or padded, [B, T, V]; both give
/// the same numbers. V is the vocabulary, or the number of classes of another head (<see cref="ModelInfo.Classes"/>); a head that answers once per sequence
/// (<see cref="ModelInfo.Rows"/>) gives one row where others give one per token: [S, V], or padded [B, V]. Any number of callers may use one model at a time.
/// </summary>
public static class ModelForward
{
    /// <summary>Logits of every token of an encoder or a decoder.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">Tokens of each sequence, at least one.</param>
    /// <param name="logits">[N, V] receives the logits.</param>
    /// <exception cref="ArgumentException">A sequence is empty or longer than MaxLength, an id is not in the vocabulary, the lengths do not add up, or the logits do not fit.</exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, which needs sources and targets, or has no logits.</exception>
    public static void Forward<TModel>(this TModel model, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> logits)
        where TModel : class, ITransformer<TModel> => model.Forward(tokens, lengths, [], logits);

    /// <summary>Logits of every token of an encoder that tells token types apart.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">Tokens of each sequence, at least one.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="logits">[N, V] receives the logits.</param>
    /// <exception cref="ArgumentException">
    /// A sequence is empty or longer than MaxLength, an id is not in the vocabulary, a type is none of the model's, the lengths do not add up, or the logits do not fit.
    /// </exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, which needs sources and targets, or has no logits.</exception>
    public static void Forward<TModel>(this TModel model, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, ReadOnlySpan<int> types, Span<float> logits)
        where TModel : class, ITransformer<TModel> => model.Forward(tokens, lengths, types, default(ReadOnlySpan<bool>), logits);

    /// <summary>Logits of every token of an encoder with global tokens.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">Tokens of each sequence, at least one.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[N] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <param name="logits">[N, V] receives the logits.</param>
    /// <exception cref="ArgumentException">
    /// A sequence is empty or longer than MaxLength, an id is not in the vocabulary, a type is none of the model's, it has no such global tokens, the lengths do not add up, or
    /// the logits do not fit.
    /// </exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, which needs sources and targets, or has no logits.</exception>
    public static void Forward<TModel>(
        this TModel model, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, ReadOnlySpan<int> types, ReadOnlySpan<bool> globals, Span<float> logits)
        where TModel : class, ITransformer<TModel>
    {
        RequireStacks(TModel.Info, sourceAndTarget: false);
        int rows = TModel.Info.Rows == OutputRows.All ? tokens.Length : lengths.Length;
        RequireLength(TModel.Info, rows, logits);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Run<TModel>(lease.Workspace, tokens, lengths, types, globals);
        ForwardPass.CopyLogits(lease.Workspace, 0, rows, logits);
    }

    /// <summary>Logits of every target token of an encoder-decoder; target s belongs to source s.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids of all sources, end to end.</param>
    /// <param name="sourceLengths">Tokens of each source, at least one.</param>
    /// <param name="targets">[M] token ids of all targets, end to end.</param>
    /// <param name="targetLengths">Tokens of each target, at least one.</param>
    /// <param name="logits">[M, V] receives the logits.</param>
    /// <exception cref="ArgumentException">A sequence is empty or longer than MaxLength, an id is not in the vocabulary, numbers do not match, or the logits do not fit.</exception>
    /// <exception cref="NotSupportedException">The model is no encoder-decoder.</exception>
    public static void Forward<TModel>(
        this TModel model, ReadOnlySpan<int> sources, ReadOnlySpan<int> sourceLengths, ReadOnlySpan<int> targets, ReadOnlySpan<int> targetLengths, Span<float> logits)
        where TModel : class, ITransformer<TModel>
    {
        RequireStacks(TModel.Info, sourceAndTarget: true);
        RequireLength(TModel.Info, targets.Length, logits);
        RequirePairs(sourceLengths.Length, targetLengths.Length);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Encode<TModel>(lease.Workspace, sources, sourceLengths);
        ForwardPass.Run<TModel>(lease.Workspace, targets, targetLengths);
        ForwardPass.CopyLogits(lease.Workspace, 0, targets.Length, logits);
    }

    /// <summary>Logits of every token of an encoder or a decoder, an array for each sequence.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence, at least one.</param>
    /// <returns>For each sequence [tokens, V], or of a head that answers once [V].</returns>
    /// <exception cref="ArgumentException">A sequence is empty or longer than MaxLength, or an id is not in the vocabulary.</exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, which needs sources and targets, or has no logits.</exception>
    public static float[][] Forward<TModel>(this TModel model, IReadOnlyList<int[]> sequences)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sequences);
        RequireStacks(TModel.Info, sourceAndTarget: false);
        (int[] tokens, int[] lengths) = PackedRows.Pack(sequences);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Run<TModel>(lease.Workspace, tokens, lengths);
        return Split(lease.Workspace, lengths);
    }

    /// <summary>Logits of every target token of an encoder-decoder, an array for each target; target s belongs to source s.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids of each source, at least one.</param>
    /// <param name="targets">Token ids of each target, at least one.</param>
    /// <returns>For each target [tokens, V].</returns>
    /// <exception cref="ArgumentException">A sequence is empty or longer than MaxLength, an id is not in the vocabulary, or there are more of one than of the other.</exception>
    /// <exception cref="NotSupportedException">The model is no encoder-decoder.</exception>
    public static float[][] Forward<TModel>(this TModel model, IReadOnlyList<int[]> sources, IReadOnlyList<int[]> targets)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        RequireStacks(TModel.Info, sourceAndTarget: true);
        RequirePairs(sources.Count, targets.Count);
        (int[] sourceTokens, int[] sourceLengths) = PackedRows.Pack(sources);
        (int[] targetTokens, int[] targetLengths) = PackedRows.Pack(targets);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Encode<TModel>(lease.Workspace, sourceTokens, sourceLengths);
        ForwardPass.Run<TModel>(lease.Workspace, targetTokens, targetLengths);
        return Split(lease.Workspace, targetLengths);
    }

    /// <summary>Logits of a padded batch of an encoder or a decoder. A row without tokens is allowed.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="batch">Ids [B, T], and their types and global tokens where the model knows such.</param>
    /// <param name="truncate">Whether a row with more than MaxLength tokens is cut to its first MaxLength; otherwise it is an error.</param>
    /// <returns>[B, T, V]; zero at padding, and at tokens that were cut off. Of a head that answers once per sequence [B, V]; zero for a row without tokens.</returns>
    /// <exception cref="ArgumentException">A row is longer than MaxLength, has padding between its tokens, an id is not in the vocabulary, or there are more logits than an array holds.</exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, which needs sources and targets, or has no logits.</exception>
    public static float[] ForwardPadded<TModel>(this TModel model, PaddedBatch batch, bool truncate = false)
        where TModel : class, ITransformer<TModel>
    {
        RequireStacks(TModel.Info, sourceAndTarget: false);
        float[] logits = Room(TModel.Info, batch);
        (int[] first, int[] lengths, int[] tokens, int[] types, bool[] globals) = batch.Pack(TModel.Info.MaxLength, truncate);
        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Run<TModel>(lease.Workspace, tokens, [.. lengths.Where(length => length > 0)], types, globals);
        Pad(lease.Workspace, batch.Columns, first, lengths, logits);
        return logits;
    }

    /// <summary>Logits of the targets of a padded batch of an encoder-decoder; target row s belongs to source row s.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="source">Ids [B, source places].</param>
    /// <param name="target">Ids [B, T].</param>
    /// <param name="truncate">Whether a row with more than MaxLength tokens is cut to its first MaxLength; otherwise it is an error.</param>
    /// <returns>[B, T, V]; zero at padding, and at tokens that were cut off.</returns>
    /// <exception cref="ArgumentException">A row is longer than MaxLength or has padding between its tokens, a source has no token, an id is not in the vocabulary, the batches differ in rows, or there are more logits than an array holds.</exception>
    /// <exception cref="NotSupportedException">The model is no encoder-decoder.</exception>
    public static float[] ForwardPadded<TModel>(this TModel model, PaddedBatch source, PaddedBatch target, bool truncate = false)
        where TModel : class, ITransformer<TModel>
    {
        RequireStacks(TModel.Info, sourceAndTarget: true);
        RequirePairs(source.Rows, target.Rows);
        float[] logits = Room(TModel.Info, target);
        (_, int[] sourceLengths, int[] sourceTokens, _, _) = source.Pack(TModel.Info.MaxLength, truncate);
        (int[] first, int[] lengths, int[] tokens, _, _) = target.Pack(TModel.Info.MaxLength, truncate);

        // A target without tokens leaves the batch, and its source with it.
        var keptTokens = new List<int>(sourceTokens.Length);
        for (int row = 0, at = 0; row < lengths.Length; at += sourceLengths[row++])
        {
            if (lengths[row] > 0)
            {
                keptTokens.AddRange(sourceTokens.AsSpan(at, sourceLengths[row]));
            }
        }

        using SessionLease<TModel> lease = model.Sessions().RentWorkspace();
        ForwardPass.Encode<TModel>(lease.Workspace, keptTokens.ToArray(), [.. sourceLengths.Where((_, row) => lengths[row] > 0)]);
        ForwardPass.Run<TModel>(lease.Workspace, tokens, [.. lengths.Where(length => length > 0)]);
        Pad(lease.Workspace, target.Columns, first, lengths, logits);
        return logits;
    }

    private static float[][] Split(Workspace workspace, int[] lengths)
    {
        ModelInfo info = workspace.Weights.Info;
        var logits = new float[lengths.Length][];
        for (int s = 0, row = 0; s < lengths.Length; s++)
        {
            int rows = info.Rows == OutputRows.All ? lengths[s] : 1;
            logits[s] = new float[checked(rows * info.Classes)];
            ForwardPass.CopyLogits(workspace, row, rows, logits[s]);
            row += rows;
        }

        return logits;
    }

    /// <summary>An array for the logits of a batch.</summary>
    /// <exception cref="ArgumentException">There are more of them than an array holds.</exception>
    private static float[] Room(ModelInfo info, PaddedBatch batch)
    {
        bool isPerToken = info.Rows == OutputRows.All;
        long count = (long)batch.Rows * (isPerToken ? batch.Columns : 1) * info.Classes;
        return count <= Array.MaxLength
            ? new float[count]
            : throw new ArgumentException(
                $"The logits of the batch are [{batch.Rows}, {(isPerToken ? $"{batch.Columns}, " : "")}{info.Classes}], {count} numbers; an array holds at most {Array.MaxLength}. Pass fewer rows at a time.", nameof(batch));
    }

    private static void Pad(Workspace workspace, int columns, int[] first, int[] lengths, float[] logits)
    {
        ModelInfo info = workspace.Weights.Info;
        bool isPerToken = info.Rows == OutputRows.All;
        int width = isPerToken ? columns * info.Classes : info.Classes;
        for (int s = 0, row = 0; s < lengths.Length; s++)
        {
            int rows = isPerToken ? lengths[s] : Math.Min(1, lengths[s]);
            ForwardPass.CopyLogits(workspace, row, rows, logits.AsSpan((s * width) + (isPerToken ? first[s] * info.Classes : 0)));
            row += rows;
        }
    }

    private static void RequireStacks(ModelInfo info, bool sourceAndTarget)
    {
        if (info.TakesPairs != sourceAndTarget)
        {
            throw new NotSupportedException(sourceAndTarget
                ? info.MirrorsSource ? $"{info.Name} feeds its decoder the source itself. Call Forward with the sequences alone." : $"{info.Name} is no encoder-decoder. Call Forward with the sequences alone."
                : $"{info.Name} is an encoder-decoder. Call Forward with sources and targets.");
        }

        if (info.Output == OutputKind.HiddenStates)
        {
            throw new NotSupportedException($"{info.Name} gives hidden states and has no logits. Call HiddenStates{(info.TakesPairs ? "" : " or Embed")}.");
        }
    }

    internal static void RequirePairs(int sources, int targets)
    {
        if (sources != targets)
        {
            throw new ArgumentException($"There are {targets} targets for {sources} sources. Expected one for each.", nameof(targets));
        }
    }

    private static void RequireLength(ModelInfo info, int rows, ReadOnlySpan<float> logits)
    {
        if (logits.Length != (long)rows * info.Classes)
        {
            throw new ArgumentException($"There is room for {logits.Length} logits. Expected [{rows}, {info.Classes}], {(long)rows * info.Classes} of them.", nameof(logits));
        }
    }
}

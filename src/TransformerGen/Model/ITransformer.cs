using TransformerGen.Kernels;

namespace TransformerGen.Model;

/// <summary>What the runtime asks of a generated model. The members are static, so that a generic caller compiles to direct calls.</summary>
/// <typeparam name="TSelf">The generated class.</typeparam>
public interface ITransformer<TSelf>
    where TSelf : class, ITransformer<TSelf>
{
    /// <summary>What is fixed about the model.</summary>
    static abstract ModelInfo Info { get; }

    /// <summary>The parameters.</summary>
    ModelWeights Weights { get; }

    /// <summary>A model with these weights.</summary>
    static abstract TSelf Wrap(ModelWeights weights);

    /// <summary>
    /// Derives the panels of the rows that the floats [first, limit) of <see cref="ModelWeights.Values"/> touch: those for x·Wᵀ, and where training has begun those for dy·W.
    /// Several threads may do so at once for different rows. <see cref="ModelWeights.Pack(Team)"/> derives all.
    /// </summary>
    static abstract void Pack(ModelWeights weights, int first, int limit);

    /// <summary>
    /// Runs the encoder over <see cref="Workspace.Source"/>: afterwards <see cref="Workspace.Logits"/> holds the logits of the label rows, or for an
    /// encoder-decoder the source cache every layer's keys and values.
    /// </summary>
    static abstract void Encode(Workspace workspace);

    /// <summary>
    /// Runs the decoder over the new rows in <see cref="Workspace.Target"/>, behind what the caches hold, and appends to the cache; afterwards
    /// <see cref="Workspace.Logits"/> holds the logits of the label rows.
    /// </summary>
    static abstract void Decode(Workspace workspace);

    /// <summary>Losses of the label rows from <see cref="Workspace.Logits"/>, added up in double precision.</summary>
    static abstract double Loss(Workspace workspace);
}

/// <summary>A generated model with a backward pass.</summary>
/// <typeparam name="TSelf">The generated class.</typeparam>
public interface ITrainable<TSelf> : ITransformer<TSelf>
    where TSelf : class, ITrainable<TSelf>
{
    /// <summary>Forward pass in training mode over the whole batch; returns the sum of the label rows' losses.</summary>
    static abstract double Forward(Workspace workspace);

    /// <summary>Backward pass of the batch that <see cref="Forward"/> has just seen: gradients of all parameters in <see cref="Workspace.Gradients"/>.</summary>
    static abstract void Backward(Workspace workspace);
}

/// <summary>A generated model that captures attentions or hidden states.</summary>
/// <typeparam name="TSelf">The generated class.</typeparam>
public interface ICapturing<TSelf> : ITransformer<TSelf>
    where TSelf : class, ICapturing<TSelf>
{
    /// <summary>Names of the captured hidden states, such as encoder_hidden_states.0, and their offsets in the arena of their side.</summary>
    static abstract IReadOnlyList<CapturedState> States { get; }

    /// <summary>Names of the captured attentions in the order of <see cref="AttentionCapture"/>.</summary>
    static abstract IReadOnlyList<CapturedAttention> Attentions { get; }

    /// <summary>The whole forward pass in evaluation mode without caches: logits, captured attentions and hidden states.</summary>
    static abstract void Evaluate(Workspace workspace);
}

/// <summary>Where a captured hidden state stands after an evaluation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsSource">In the arena of the source rows, not of the target rows.</param>
/// <param name="Offset">Floats per row before it.</param>
/// <param name="Width">Columns.</param>
public sealed record CapturedState(string Name, bool IsSource, int Offset, int Width);

/// <summary>One captured attention.</summary>
/// <param name="Name">Its stage and role, such as EncoderLayer1Self.</param>
/// <param name="Heads">Heads.</param>
/// <param name="QueriesAreSource">Whether the queries are source rows.</param>
/// <param name="KeysAreSource">Whether the keys are source rows.</param>
public sealed record CapturedAttention(string Name, int Heads, bool QueriesAreSource, bool KeysAreSource);

using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>Some columns of a value: the queries, keys or values of a fused projection. Head h stands at column First + h · head width.</summary>
internal sealed record Columns(Value Value, int First);

/// <summary>What attention computes, whatever the source of its keys and values: score = softCap(scale · q · k) + bias(j - i), then mask and softmax.</summary>
/// <param name="Heads">H, of the queries.</param>
/// <param name="KeyHeads">G, of keys and values; divides H. Query head h reads key head h / (H / G).</param>
/// <param name="HeadWidth">K.</param>
/// <param name="Causal">A query sees no key behind its own position.</param>
/// <param name="Score">How a query is compared with a key.</param>
/// <param name="Scale">Factor of q · k (1 / √K in the paper); additive attention ignores it.</param>
/// <param name="Pattern">Which keys a query sees, by position.</param>
internal sealed record AttentionSettings(int Heads, int KeyHeads, int HeadWidth, bool Causal, ScoreKind Score, float Scale, PatternSpec Pattern)
{
    /// <summary>c of c · tanh(score / c), before bias and mask; 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>What is added to a score by the distance of key and query.</summary>
    public BiasKind Bias { get; init; }

    /// <summary>Factor of the slopes of a linear bias.</summary>
    public float BiasScale { get; init; } = 1f;

    /// <summary>Every query also sees the keys of rows that are marked as global, wherever they are: a window with tokens that the batch chooses (Longformer).</summary>
    public bool Globals { get; init; }

    /// <summary>R: distances beyond ±R have the bias of ±R.</summary>
    public int BiasReach { get; init; }

    /// <summary>Columns of all queries, and of the result: H·K.</summary>
    public int Width => Heads * HeadWidth;

    /// <summary>Columns of all keys, and of all values: G·K.</summary>
    public int KeyWidth => KeyHeads * HeadWidth;

    /// <summary>Columns of the bias value: H·(2R + 1), the bias of head h at distance d at column h·(2R + 1) + R + d.</summary>
    public int BiasWidth => Heads * ((2 * BiasReach) + 1);

    /// <summary>What does not fit, or null.</summary>
    public string? Mistake(Parameter? score, Value? bias) =>
        KeyHeads < 1 || Heads % KeyHeads != 0 ? "the key heads divide the heads"
        : (Score == ScoreKind.Additive) != (score is not null) ? "additive attention, and only it, has a score vector"
        : score is not null && (score.Rows != Heads || score.Columns != HeadWidth) ? "the score vectors are [H, K]"
        : Globals && (Pattern.Kind != PatternKind.Window || Causal || Bias != BiasKind.None) ? "global tokens go with a window of both sides"
        : (Bias != BiasKind.None) && Pattern.Kind is PatternKind.Dilated or PatternKind.Strided ? "a bias by distance goes with patterns of neighbours"
        : SoftCap < 0 || !(Scale > 0) ? "scale and soft cap are positive"
        : (Bias == BiasKind.Distance) != (bias is not null) ? "a bias by distance, and only it, has a value"
        : bias is not null && (bias.Rows != Symbol.Once || bias.Width != BiasWidth) ? "the bias is [1, H·(2R + 1)]"
        : null;
}

/// <summary>
/// y = dropout(softmax(score(q, k) + mask))·v within each sequence, head by head. q [query rows, H·K], k, v [key rows, G·K], y [query rows, H·K];
/// log Σ e^score of every query and head is kept for the gradient, the probabilities never exist.
/// </summary>
internal sealed class Attention(Stage stage, AttentionSettings settings, Columns q, Columns k, Columns v, Parameter? score, Value y, Value? logSumExp)
    : Operation(stage)
{
    public AttentionSettings Settings { get; } = settings;

    public Columns Q { get; } = q;

    public Columns K { get; } = k;

    public Columns V { get; } = v;

    /// <summary>Additive attention's vector per head, [H, K].</summary>
    public Parameter? Score { get; } = score;

    public Value Y { get; } = y;

    public Value? LogSumExp { get; } = logSumExp;

    /// <summary>Bias by distance, [1, H·(2R + 1)].</summary>
    public Value? Bias { get; init; }

    /// <summary>Of the probabilities, after the softmax; training only.</summary>
    public DropoutSite? Dropout { get; init; }

    public override IEnumerable<Value> Inputs
    {
        get
        {
            yield return Q.Value;
            if (K.Value != Q.Value)
            {
                yield return K.Value;
            }

            if (V.Value != K.Value && V.Value != Q.Value)
            {
                yield return V.Value;
            }

            if (Bias is not null)
            {
                yield return Bias;
            }
        }
    }

    public override IEnumerable<Value> Outputs => LogSumExp is null ? [Y] : [Y, LogSumExp];

    public override void Check()
    {
        foreach ((Columns columns, int width) in ((Columns, int)[])[(Q, Settings.Width), (K, Settings.KeyWidth), (V, Settings.KeyWidth)])
        {
            Require(columns.First >= 0 && columns.First + width <= columns.Value.Width, "queries, keys and values lie within their projections");
        }

        Require(Y.Width == Settings.Width && Y.Rows == Q.Value.Rows && K.Value.Rows == V.Value.Rows, "y has a row per query, keys and values one per key");
        string? mistake = Settings.Mistake(Score, Bias);
        Require(mistake is null, mistake ?? "");
        Require(LogSumExp is null || (LogSumExp.Width == Settings.Heads && LogSumExp.Rows == Y.Rows), "one logarithm per query and head");
        Require((!Settings.Causal && Settings.Bias == BiasKind.None && !Settings.Globals) || Q.Value.Rows == K.Value.Rows, "causality, distance and global tokens are a matter of one sequence");
        Require(Dropout is null || Settings.Pattern.Kind is not (PatternKind.Dilated or PatternKind.Strided), "dropout of probabilities goes with patterns of neighbours");
    }
}

/// <summary>dq, dk, dv from dy; the scores are recomputed block by block. Columns of one fused projection become columns of one gradient.</summary>
internal sealed class AttentionBackward(Attention forward, Value dy, Columns dq, Columns dk, Columns dv, Value? scoreParts, AttentionBiasGradient? dBias)
    : Operation(forward.Stage)
{
    public Attention Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Columns DQ { get; } = dq;

    public Columns DK { get; } = dk;

    public Columns DV { get; } = dv;

    /// <summary>Additive attention: each sequence's part of the score vectors' gradient, [sequences, H·pad(K)], added up in order.</summary>
    public Value? ScoreParts { get; } = scoreParts;

    /// <summary>Where the gradient of a bias by distance goes.</summary>
    public AttentionBiasGradient? DBias { get; } = dBias;

    public override IEnumerable<Value> Inputs => [DY, .. Forward.Inputs, Forward.Y, Forward.LogSumExp!, .. DBias?.Before is { } before ? [before] : (Value[])[]];

    public override IEnumerable<(Value Input, Value Output)> InPlace => DBias?.Before is { } before ? [(before, DBias.Gradient)] : [];

    public override IEnumerable<Value> Outputs
    {
        get
        {
            yield return DQ.Value;
            if (DK.Value != DQ.Value)
            {
                yield return DK.Value;
            }

            if (ScoreParts is not null)
            {
                yield return ScoreParts;
            }

            if (DBias is not null)
            {
                yield return DBias.Parts;
                yield return DBias.Gradient;
            }
        }
    }

    public override IEnumerable<Parameter> ParameterGradients => Forward.Score is { } score ? [score] : [];

    public override void Check()
    {
        Require(Forward.LogSumExp is not null, "the forward pass must keep log Σ e^score");
        Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
        Require(DK.Value == DV.Value, "keys and values come from one projection");
        Require((ScoreParts is not null) == (Forward.Score is not null), "the score vectors' gradient is gathered by sequence");
        Require((DBias is not null) == (Forward.Bias is not null), "the bias's gradient is gathered by sequence");
        Require(DBias is null || (DBias.Parts.Width == Forward.Settings.BiasWidth && DBias.Gradient.Width == Forward.Settings.BiasWidth && DBias.Gradient.Rows == Symbol.Once), "parts and gradient of the bias have its width");
    }
}

/// <summary>The gradient of a bias by distance.</summary>
/// <param name="Before">What other attentions have contributed, which stands in the gradient's place; null for the first.</param>
/// <param name="Parts">Each sequence's part, [sequences, H·(2R + 1)], added up in order.</param>
/// <param name="Gradient">[1, H·(2R + 1)].</param>
internal sealed record AttentionBiasGradient(Value? Before, Value Parts, Value Gradient);

/// <summary>Appends a batch's keys and values to a layer's place in a cache.</summary>
internal sealed class CacheAppend(Stage stage, CacheLayer cache, Columns k, Columns v) : Operation(stage)
{
    public CacheLayer Cache { get; } = cache;

    public Columns K { get; } = k;

    public Columns V { get; } = v;

    public override IEnumerable<Value> Inputs => K.Value == V.Value ? [K.Value] : [K.Value, V.Value];

    public override IEnumerable<Value> Outputs => [];

    public override void Check() =>
        Require(K.First + Cache.Width <= K.Value.Width && V.First + Cache.Width <= V.Value.Width, "keys and values lie within their projections");
}

/// <summary>Attention whose keys and values, those of the new rows included, are in a cache.</summary>
internal sealed class CachedAttention(Stage stage, AttentionSettings settings, CacheLayer cache, Columns q, Parameter? score, Value? bias, Value y) : Operation(stage)
{
    public AttentionSettings Settings { get; } = settings;

    public CacheLayer Cache { get; } = cache;

    public Columns Q { get; } = q;

    public Parameter? Score { get; } = score;

    /// <summary>Bias by distance, [1, H·(2R + 1)].</summary>
    public Value? Bias { get; } = bias;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => Bias is null ? [Q.Value] : [Q.Value, Bias];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check()
    {
        Require(Q.First + Settings.Width <= Q.Value.Width && Y.Width == Settings.Width && Y.Rows == Q.Value.Rows, "y has a row per query");
        Require(!Settings.Globals, "global tokens are not cached");
        Require(!Cache.IsSource || Settings.Bias == BiasKind.None, "distance is a matter of one sequence");
        Require(Cache.KeyHeads == Settings.KeyHeads && Cache.HeadWidth == Settings.HeadWidth, "the cache holds heads of this shape");
        string? mistake = Settings.Mistake(Score, Bias);
        Require(mistake is null, mistake ?? "");
    }
}

/// <summary>A layer's place in a cache.</summary>
/// <param name="IsSource">The encoder's cache (one slot per source sentence), not the decoder's own.</param>
/// <param name="KeyHeads">Heads of keys and values.</param>
/// <param name="HeadWidth">K.</param>
/// <param name="KeyOffset">Floats per position before its keys.</param>
/// <param name="ValueOffset">Floats per position before its values.</param>
internal sealed record CacheLayer(bool IsSource, int KeyHeads, int HeadWidth, int KeyOffset, int ValueOffset)
{
    public int Width => KeyHeads * HeadWidth;

    /// <summary>Floats per position that keys and values take: values are padded to whole vectors, keys stand in panels of 16 positions.</summary>
    public int Floats => Width + (KeyHeads * Padding.Of(HeadWidth));
}

/// <summary>Writes the probabilities of every query and head beside the result; only where attention is captured.</summary>
internal sealed class CaptureProbabilities(Attention forward, int index) : Operation(forward.Stage)
{
    public Attention Forward { get; } = forward;

    /// <summary>Which of the model's attentions, in the order of the forward pass.</summary>
    public int Index { get; } = index;

    public override IEnumerable<Value> Inputs => [.. Forward.Inputs, Forward.LogSumExp!];

    public override IEnumerable<Value> Outputs => [];

    public override void Check() => Require(Forward.LogSumExp is not null, "the probabilities are e^(score - log Σ e^score)");
}

using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>Some columns of a value: the queries, keys or values of a fused projection. Head h stands at column First + h · head width.</summary>
internal sealed record Columns(Value Value, int First);

/// <summary>What attention computes, whatever the source of its keys and values.</summary>
internal sealed record AttentionSettings(int Heads, int KeyHeads, int HeadWidth, bool Causal, ScoreKind Score, float Scale, PatternSpec Pattern)
{
    public float SoftCap { get; init; }
    public BiasKind Bias { get; init; }
    public int BiasReach { get; init; }

    public int Width => Heads * HeadWidth;
}

/// <summary>
/// y = softmax(score(q, k) + mask)·v within each sequence, head by head. q [query rows, H·K], k, v [key rows, H·K], y [query rows, H·K];
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
    public Value? Bias { get; init; }
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
        }
    }

    public override IEnumerable<Value> Outputs => LogSumExp is null ? [Y] : [Y, LogSumExp];

    public override void Check()
    {
        foreach (Columns columns in (Columns[])[Q, K, V])
        {
            Require(columns.First >= 0 && columns.First + Settings.Width <= columns.Value.Width, "queries, keys and values lie within their projections");
        }

        Require(Y.Width == Settings.Width && Y.Rows == Q.Value.Rows && K.Value.Rows == V.Value.Rows, "y has a row per query, keys and values one per key");
        Require((Settings.Score == ScoreKind.Additive) == (Score is not null), "additive attention, and only it, has a score vector");
        Require(Score is null || (Score.Rows == Settings.Heads && Score.Columns == Settings.HeadWidth), "the score vectors are [H, K]");
        Require(LogSumExp is null || (LogSumExp.Width == Settings.Heads && LogSumExp.Rows == Y.Rows), "one logarithm per query and head");
        Require(!Settings.Causal || Q.Value.Rows == K.Value.Rows, "causality is a matter of one sequence");
    }
}

/// <summary>dq, dk, dv from dy; the scores are recomputed block by block. Columns of one fused projection become columns of one gradient.</summary>
internal sealed class AttentionBackward(Attention forward, Value dy, Columns dq, Columns dk, Columns dv, Value? scoreParts) : Operation(forward.Stage)
{
    public Attention Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Columns DQ { get; } = dq;

    public Columns DK { get; } = dk;

    public Columns DV { get; } = dv;

    /// <summary>Additive attention: each sequence's part of the score vectors' gradient, [sequences, H·pad(K)], added up in order.</summary>
    public Value? ScoreParts { get; } = scoreParts;

    public override IEnumerable<Value> Inputs => [DY, .. Forward.Inputs, Forward.Y, Forward.LogSumExp!];

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
        }
    }

    public override IEnumerable<Parameter> ParameterGradients => Forward.Score is { } score ? [score] : [];

    public override void Check()
    {
        Require(Forward.LogSumExp is not null, "the forward pass must keep log Σ e^score");
        Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
        Require(DK.Value == DV.Value, "keys and values come from one projection");
        Require((ScoreParts is not null) == (Forward.Score is not null), "the score vectors' gradient is gathered by sequence");
    }
}

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
    public Value? Bias { get; } = bias;

    public AttentionSettings Settings { get; } = settings;

    public CacheLayer Cache { get; } = cache;

    public Columns Q { get; } = q;

    public Parameter? Score { get; } = score;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [Q.Value];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check()
    {
        Require(Q.First + Settings.Width <= Q.Value.Width && Y.Width == Settings.Width && Y.Rows == Q.Value.Rows, "y has a row per query");
        Require(Cache.Heads == Settings.Heads && Cache.HeadWidth == Settings.HeadWidth, "the cache holds heads of this shape");
    }
}

/// <summary>A layer's place in a cache.</summary>
/// <param name="IsSource">The encoder's cache (one slot per source sentence), not the decoder's own.</param>
/// <param name="KeyOffset">Floats per position before its keys.</param>
/// <param name="ValueOffset">Floats per position before its values.</param>
internal sealed record CacheLayer(bool IsSource, int Heads, int HeadWidth, int KeyOffset, int ValueOffset)
{
    public int Width => Heads * HeadWidth;

    /// <summary>Floats per position that keys and values take: values are padded to whole vectors, keys stand in panels of 16 positions.</summary>
    public int Floats => Width + (Heads * Padding.Of(HeadWidth));
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

internal sealed record RelativeBuckets(int Buckets, int MaxDistance, bool Bidirectional);
internal sealed class RelativeBias(Stage stage, Parameter table, RelativeBuckets buckets, Value y) : Operation(stage)
{
    public override IEnumerable<Value> Inputs => [];
    public override IEnumerable<Value> Outputs => [y];
    public override void Check() {}
    public object Unused => (table, buckets);
}

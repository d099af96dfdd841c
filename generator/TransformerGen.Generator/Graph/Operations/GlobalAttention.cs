using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>
/// Longformer's attention of global tokens (Beltagy et al. 2020), as transformers' LongformerSelfAttention: where a row is marked as global, y is
/// dropout(softmax(scale · q·k))·v over every key of its sequence, of projections of its own; the other rows of y are those of x, the local attention's
/// result. q, k, v lie in one value [rows, 3·H·K].
/// </summary>
internal sealed class GlobalAttention(Stage stage, AttentionSettings settings, Columns q, Columns k, Columns v, Value x, Value y, Value? logSumExp) : Operation(stage)
{
    public AttentionSettings Settings { get; } = settings;

    public Columns Q { get; } = q;

    public Columns K { get; } = k;

    public Columns V { get; } = v;

    /// <summary>What the rows get that are not global, [rows, H·K].</summary>
    public Value X { get; } = x;

    public Value Y { get; } = y;

    /// <summary>Of global rows, [rows, H]; 0 in the others.</summary>
    public Value? LogSumExp { get; } = logSumExp;

    /// <summary>Of the probabilities; training only.</summary>
    public DropoutSite? Dropout { get; init; }

    public override IEnumerable<Value> Inputs => [Q.Value, X];

    public override IEnumerable<Value> Outputs => LogSumExp is null ? [Y] : [Y, LogSumExp];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check()
    {
        Require(Settings is { Causal: false, Pattern.Kind: PatternKind.Full, Bias: BiasKind.None, Globals: false }, "a global token sees every key");
        Require(Settings.KeyHeads == Settings.Heads, "every head has keys of its own");
        string? mistake = Settings.Mistake(null, null);
        Require(mistake is null, mistake ?? "");
        Require(K.Value == Q.Value && V.Value == Q.Value && K.First == Q.First + Settings.Width && V.First == K.First + Settings.KeyWidth, "queries, keys and values lie side by side");
        Require(Q.First == 0 && Q.Value.Width == Settings.Width + (2 * Settings.KeyWidth), "the projection holds nothing else");
        Require(X.Width == Settings.Width && Y.Width == Settings.Width && X.Rows == Q.Value.Rows && Y.Rows == X.Rows, "x and y have a row per query");
        Require(LogSumExp is null || (LogSumExp.Width == Settings.Heads && LogSumExp.Rows == Y.Rows), "one logarithm per query and head");
    }
}

/// <summary>dx = dy, zero where a row is global; dq, dk, dv from the global rows of dy alone.</summary>
internal sealed class GlobalAttentionBackward(GlobalAttention forward, Value dy, Value dx, Value dQkv) : Operation(forward.Stage)
{
    public GlobalAttention Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    /// <summary>The gradient of the projection of q, k and v.</summary>
    public Value DQkv { get; } = dQkv;

    public override IEnumerable<Value> Inputs => [DY, Forward.Q.Value, Forward.Y, Forward.LogSumExp!];

    public override IEnumerable<Value> Outputs => [DX, DQkv];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX)];

    public override void Check()
    {
        Require(Forward.LogSumExp is not null, "the forward pass must keep log Σ e^score");
        Require(DY.Width == Forward.Y.Width && DX.Width == DY.Width && DX.Rows == DY.Rows, "dx and dy have the shape of the output");
        Require(DQkv.Width == Forward.Q.Value.Width && DQkv.Rows == Forward.Q.Value.Rows, "the gradient has the shape of the projection");
    }
}

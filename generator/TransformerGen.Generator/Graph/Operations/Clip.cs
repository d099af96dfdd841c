using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = min(max(x, -c), c), what some models do with their queries, keys and values. [rows, N]</summary>
internal sealed class Clip(Stage stage, Value x, float limit, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    /// <summary>c.</summary>
    public float Limit { get; } = limit;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check()
    {
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        Require(Limit > 0, "the limit is positive");
    }
}

/// <summary>dx = dy where |x| ≤ c, else 0.</summary>
internal sealed class ClipBackward(Clip forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Clip Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY, Forward.X];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX)];

    public override void Check() => Require(DX.Width == DY.Width && DX.Rows == DY.Rows && DY.Width == Forward.Y.Width, "gradients have the shape of y");
}

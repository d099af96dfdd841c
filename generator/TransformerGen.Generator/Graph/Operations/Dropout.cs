using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = dropout(x), where it stands alone: after an activation, in front of a classifier. [rows, D]</summary>
internal sealed class Dropout(Stage stage, Value x, DropoutSite site, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public DropoutSite Site { get; } = site;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check() => Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
}

/// <summary>dx = dropout(dy): the same elements are kept as in the forward pass.</summary>
internal sealed class DropoutBackward(Dropout forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Dropout Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX)];

    public override void Check() => Require(DX.Width == DY.Width && DX.Rows == DY.Rows && DY.Width == Forward.Y.Width, "gradients have the shape of y");
}

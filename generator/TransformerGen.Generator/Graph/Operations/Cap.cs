using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = scale · x, and with a cap c · tanh(scale · x / c), what some models do with their logits. [rows, N]</summary>
internal sealed class Cap(Stage stage, Value x, float scale, float limit, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public float Scale { get; } = scale;

    /// <summary>c, 0 for none.</summary>
    public float Limit { get; } = limit;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check()
    {
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        Require(Scale != 0 && Limit >= 0, "the scale is not zero and the cap not negative");
    }
}

/// <summary>dx = scale · dy · (1 - (y / c)²); without a cap scale · dy.</summary>
internal sealed class CapBackward(Cap forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Cap Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => Forward.Limit > 0 ? [DY, Forward.X] : [DY];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX)];

    public override void Check() => Require(DX.Width == DY.Width && DX.Rows == DY.Rows && DY.Width == Forward.Y.Width, "gradients have the shape of y");
}

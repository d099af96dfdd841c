using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = activation(x[:, :I]) ⊙ x[:, I:]: a gated linear unit (Shazeer 2020). x [rows, 2·I], y [rows, I].</summary>
internal sealed class Gate(Stage stage, Value x, ActivationKind activation, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public ActivationKind Activation { get; } = activation;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check() => Require(X.Width == 2 * Y.Width && Y.Rows == X.Rows, "x holds the gate and what it lets through, side by side");
}

/// <summary>dx = (dy ⊙ up ⊙ activation'(gate), dy ⊙ activation(gate)): the activation is computed again. dx [rows, 2·I].</summary>
internal sealed class GateBackward(Gate forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Gate Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY, Forward.X];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(Forward.X, DX)];

    public override void Check() => Require(
        DY.Width == Forward.Y.Width && DX.Width == Forward.X.Width && DY.Rows == Forward.Y.Rows && DX.Rows == DY.Rows, "gradients have the shapes of y and x");
}

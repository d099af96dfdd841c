using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = x, or where the site drops (one decision for the whole batch) what the layer began with: LayerDrop (Fan et al. 2020). Training only. [rows, D]</summary>
internal sealed class SkipLayer(Stage stage, Value before, Value x, DropoutSite site, Value y) : Operation(stage)
{
    /// <summary>What the layer read.</summary>
    public Value Before { get; } = before;

    /// <summary>What the layer made of it.</summary>
    public Value X { get; } = x;

    public DropoutSite Site { get; } = site;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [Before, X];

    public override IEnumerable<Value> Outputs => [Y];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check()
    {
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        Require(Before.Width == X.Width && Before.Rows == X.Rows, "a layer that may be skipped keeps the shape of its rows");
    }
}

/// <summary>dx = dy and dBefore = 0; where the site drops dx = 0 and dBefore = dy.</summary>
internal sealed class SkipLayerBackward(SkipLayer forward, Value dy, Value dBefore, Value dx) : Operation(forward.Stage)
{
    public SkipLayer Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DBefore { get; } = dBefore;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [DBefore, DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX)];

    public override void Check() => Require(
        DX.Width == DY.Width && DX.Rows == DY.Rows && DBefore.Width == DY.Width && DBefore.Rows == DY.Rows && DY.Width == Forward.Y.Width, "gradients have the shape of y");
}

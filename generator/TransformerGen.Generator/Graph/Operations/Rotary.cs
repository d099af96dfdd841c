using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>
/// y: pairs of columns of x turned by position · frequency (RoPE, Su et al. 2021), in x's place. In each head of each range the first
/// Dimensions columns turn; all other columns pass. x, y [rows, width].
/// </summary>
internal sealed class Rotary(Stage stage, Value x, Value y, RotarySpec spec, EquatableList<(int First, int Heads)> ranges, int headWidth) : Operation(stage)
{
    public Value X { get; } = x;

    public Value Y { get; } = y;

    public RotarySpec Spec { get; } = spec;

    /// <summary>Heads side by side, from a first column: the queries, the keys.</summary>
    public EquatableList<(int First, int Heads)> Ranges { get; } = ranges;

    public int HeadWidth { get; } = headWidth;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override IEnumerable<(Value Input, Value Output)> InPlace => [(X, Y)];

    public override void Check()
    {
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        Require(Spec.Dimensions > 0 && Spec.Dimensions % 2 == 0 && Spec.Dimensions <= HeadWidth, "columns turn in pairs within a head");
        Require(Spec.InverseFrequencies.Count == Spec.Dimensions / 2, "one frequency per pair");
        int end = 0;
        foreach ((int first, int heads) in Ranges)
        {
            Require(first >= end && heads > 0 && first + (heads * HeadWidth) <= X.Width, "the ranges lie within x, one behind the other");
            end = first + (heads * HeadWidth);
        }
    }
}

/// <summary>dx: dy turned back, in dy's place.</summary>
internal sealed class RotaryBackward(Rotary forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Rotary Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> InPlace => [(DY, DX)];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DX.Width == DY.Width && DY.Rows == Forward.Y.Rows && DX.Rows == DY.Rows, "gradients have the shape of y");
}

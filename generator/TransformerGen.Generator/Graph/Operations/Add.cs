using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>z = x + scale · dropout(sub): the last residual connection of a pre-norm stack that has no final norm, and gradients that meet. [rows, D]</summary>
internal sealed class Add(Stage stage, Value x, Value sub, DropoutSite? dropout, Value z, float scale = 1f) : Operation(stage)
{
    public Value X { get; } = x;

    public Value Sub { get; } = sub;

    public DropoutSite? Dropout { get; } = dropout;

    /// <summary>Factor of the sublayer's output.</summary>
    public float Scale { get; } = scale;

    public Value Z { get; } = z;

    public override IEnumerable<Value> Inputs => [X, Sub];

    public override IEnumerable<Value> Outputs => [Z];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Z), (Sub, Z)];

    public override void Check() =>
        Require(X.Width == Sub.Width && Z.Width == X.Width && X.Rows == Sub.Rows && Z.Rows == X.Rows, "summands and sum have one shape");
}

/// <summary>dsub = scale · dropout(dz): the same elements are kept as in the forward pass.</summary>
internal sealed class AddBackward(Add forward, Value dz, Value dSub) : Operation(forward.Stage)
{
    public Add Forward { get; } = forward;

    public Value DZ { get; } = dz;

    public Value DSub { get; } = dSub;

    public override IEnumerable<Value> Inputs => [DZ];

    public override IEnumerable<Value> Outputs => [DSub];

    public override void Check()
    {
        Require(Forward.Dropout is not null || Forward.Scale != 1f, "without dropout and a factor the gradient passes through as it is");
        Require(DSub.Width == DZ.Width && DSub.Rows == DZ.Rows, "gradients have one shape");
    }
}

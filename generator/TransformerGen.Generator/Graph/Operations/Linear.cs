using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = activation(x·Wᵀ + b). x [rows, K], W [N, K], b [N], y [rows, N].</summary>
internal sealed class Linear(Stage stage, Value x, Parameter weight, Parameter? bias, ActivationKind activation, Value y, Value? before) : Operation(stage)
{
    public Value X { get; } = x;

    public Parameter Weight { get; } = weight;

    public Parameter? Bias { get; } = bias;

    public ActivationKind Activation { get; } = activation;

    public Value Y { get; } = y;

    /// <summary>x·Wᵀ + b, kept where the gradient of the activation needs it.</summary>
    public Value? Before { get; } = before;

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => Before is null ? [Y] : [Y, Before];

    public override void Check()
    {
        Require(X.Width == Weight.Columns && Y.Width == Weight.Rows && X.Rows == Y.Rows, $"x [N, K] · ({Weight})ᵀ = y [N, M]");
        Require(Bias is null || Bias.Columns == Y.Width, "the bias must be as wide as y");
        Require(Before is null || (Before.Width == Y.Width && Before.Rows == Y.Rows), "the value before the activation has the shape of y");
    }
}

/// <summary>dx = dy·W, or added to a gradient that is already there.</summary>
internal sealed class LinearBackwardInput(Linear forward, Value dy, Value? existing, Value dx) : Operation(forward.Stage)
{
    public Linear Forward { get; } = forward;

    public Value DY { get; } = dy;

    /// <summary>The gradient that dx is added to, in its place.</summary>
    public Value? Existing { get; } = existing;

    public Value DX { get; } = dx;

    /// <summary>Output of a ReLU in front of x, whose gradient is taken in the same step: dx where it was positive, else 0. Set by the fusion pass.</summary>
    public Value? ReluOutput { get; init; }

    public override IEnumerable<Value> Inputs
    {
        get
        {
            yield return DY;
            if (Existing is not null)
            {
                yield return Existing;
            }

            if (ReluOutput is not null)
            {
                yield return ReluOutput;
            }
        }
    }

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> InPlace => Existing is null ? [] : [(Existing, DX)];

    public override void Check()
    {
        Require(DY.Width == Forward.Weight.Rows && DX.Width == Forward.Weight.Columns && DX.Rows == DY.Rows, "dy [N, M] · W = dx [N, K]");
        Require(Existing is null || (Existing.Width == DX.Width && Existing.Rows == DX.Rows), "gradients that are added have one shape");
        Require(Existing is null || ReluOutput is null, "a fused ReLU takes the whole gradient");
    }
}

/// <summary>dW += dyᵀ·x, db += Σ dy.</summary>
internal sealed class LinearBackwardWeights(Linear forward, Value dy) : Operation(forward.Stage)
{
    public Linear Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY, Forward.X];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => Forward.Bias is { } bias ? [Forward.Weight, bias] : [Forward.Weight];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.X.Rows, "the gradient has the shape of the output");
}

/// <summary>The gradient of the activation of a linear layer: dBefore = dy ⊙ activation'.</summary>
internal sealed class ActivationBackward(Linear forward, Value dy, Value dBefore) : Operation(forward.Stage)
{
    public Linear Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DBefore { get; } = dBefore;

    /// <summary>What the derivative is a function of: ReLU's own output, the others' input.</summary>
    public Value Of => Forward.Before ?? Forward.Y;

    public override IEnumerable<Value> Inputs => [DY, Of];

    public override IEnumerable<Value> Outputs => [DBefore];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DBefore)];

    public override void Check()
    {
        Require(DY.Width == Of.Width && DBefore.Width == Of.Width && DY.Rows == Of.Rows && DBefore.Rows == Of.Rows, "all have the shape of the output");
        Require(Forward.Activation == ActivationKind.Relu || Forward.Before is not null, "only ReLU's gradient can be told from its output");
    }
}

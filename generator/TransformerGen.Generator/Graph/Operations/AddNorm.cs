using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>
/// z = x + dropout(sub), y = norm(z): the paper's "add &amp; norm". Post-norm continues with y; pre-norm continues with z and feeds y to the next
/// sublayer. Without sub, z is x. x, sub, z, y [rows, D].
/// </summary>
internal sealed class AddNorm(Stage stage, Value x, Value? sub, NormParameters norm, DropoutSite? dropout, Value? z, Value y, Value? statistics) : Operation(stage)
{
    public Value X { get; } = x;

    public Value? Sub { get; } = sub;

    public NormParameters Norm { get; } = norm;

    public DropoutSite? Dropout { get; } = dropout;

    /// <summary>The sum; null when nobody reads it, or when there is nothing to add.</summary>
    public Value? Z { get; } = z;

    public Value Y { get; } = y;

    /// <summary>Training: mean (RMS norm: 0) and 1/deviation of each row [rows, 2], or batch norm's of each column [once, 2·pad(D)].</summary>
    public Value? Statistics { get; } = statistics;

    /// <summary>The value that is normalised: what the gradient needs from forward.</summary>
    public Value? Normalised => Z ?? (Sub is null ? X : null);

    public override IEnumerable<Value> Inputs => Sub is null ? [X] : [X, Sub];

    public override IEnumerable<Value> Outputs
    {
        get
        {
            yield return Y;
            if (Z is not null)
            {
                yield return Z;
            }

            if (Statistics is not null)
            {
                yield return Statistics;
            }
        }
    }

    public override IEnumerable<(Value Input, Value Output)> MayReuse
    {
        get
        {
            yield return (X, Z ?? Y);
            if (Sub is not null)
            {
                yield return (Sub, Y);
                if (Z is not null)
                {
                    yield return (Sub, Z);
                }
            }
        }
    }

    public override void Check()
    {
        Require((Norm.Weight is null || Norm.Weight.Columns == X.Width) && (Norm.Bias is null || Norm.Bias.Columns == X.Width), "gain and bias are as wide as x");
        Require(Norm.Weight is not null || (Norm.Bias is null && !Norm.UnitOffset), "a norm without a gain has no bias either");
        Require(Norm.Kind != NormKind.Batch || (Norm.Weight is not null && Norm.Bias is not null && !Norm.UnitOffset), "batch norm has a bias and a plain gain");
        Require(Statistics is null || Norm.Kind == NormKind.Batch || (Statistics.Width == 2 && Statistics.Rows == X.Rows), "a mean and a 1/deviation per row");
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        Require(Sub is null || (Sub.Width == X.Width && Sub.Rows == X.Rows), "both summands have one shape");
        Require(Z is null || (Sub is not null && Z.Width == X.Width && Z.Rows == X.Rows), "the sum has the shape of its summands");
        Require(Dropout is null || Sub is not null, "dropout acts on the sublayer's output");
    }
}

/// <summary>Gain (null for a norm without parameters), bias (null for none) and, for batch norm, the running statistics.</summary>
/// <param name="UnitOffset">The gain is 1 + weight (Gemma).</param>
internal sealed record NormParameters(
    NormKind Kind, float Epsilon, bool UnitOffset, Parameter? Weight, Parameter? Bias, Parameter? RunningMean, Parameter? RunningVariance);

/// <summary>dz = d(norm)(dy) + dzBeside; dsub = dropout(dz). dx is dz: a sum passes its gradient on.</summary>
internal sealed class AddNormBackward(AddNorm forward, Value dy, Value? dzBeside, Value dz, Value? dSub) : Operation(forward.Stage)
{
    public AddNorm Forward { get; } = forward;

    public Value DY { get; } = dy;

    /// <summary>Gradient that reaches the sum on the residual path beside the norm (pre-norm), in whose place dz is written.</summary>
    public Value? DZBeside { get; } = dzBeside;

    public Value DZ { get; } = dz;

    /// <summary>Gradient of the sublayer's output where dropout makes it differ from dz.</summary>
    public Value? DSub { get; } = dSub;

    public override IEnumerable<Value> Inputs => DZBeside is null ? [DY, Forward.Normalised!, Forward.Statistics!] : [DY, Forward.Normalised!, Forward.Statistics!, DZBeside];

    public override IEnumerable<Value> Outputs => DSub is null ? [DZ] : [DZ, DSub];

    public override IEnumerable<(Value Input, Value Output)> InPlace => DZBeside is null ? [] : [(DZBeside, DZ)];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => DZBeside is null ? [(DY, DZ)] : [];

    public override void Check()
    {
        Require(Forward.Normalised is not null && Forward.Statistics is not null, "the forward pass must keep the sum and the statistics");
        Require(DY.Width == Forward.Y.Width && DZ.Width == DY.Width && DY.Rows == Forward.Y.Rows && DZ.Rows == DY.Rows, "gradients have the shape of the output");
        Require(DZBeside is null || (DZBeside.Width == DZ.Width && DZBeside.Rows == DZ.Rows), "gradients that are added have one shape");
        Require((DSub is not null) == (Forward.Dropout is not null), "dropout, and only dropout, makes the sublayer's gradient differ");
    }
}

/// <summary>dGain += Σ dy ⊙ x̂, dBias += Σ dy. Of a norm that has a gain.</summary>
internal sealed class AddNormBackwardWeights(AddNorm forward, Value dy) : Operation(forward.Stage)
{
    public AddNorm Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY, Forward.Normalised!, Forward.Statistics!];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => new[] { Forward.Norm.Weight, Forward.Norm.Bias }.OfType<Parameter>();

    public override void Check()
    {
        Require(Forward.Norm.Weight is not null, "there is a gain");
        Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
    }
}

using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>Columns that are normalised in groups: the queries, or the keys, of a fused projection; a group is a head, or all heads together.</summary>
/// <param name="First">First column of the first group.</param>
/// <param name="Groups">Groups, side by side.</param>
/// <param name="Size">Columns of a group.</param>
/// <param name="Kind">Rms or Layer.</param>
/// <param name="Epsilon">Added to the mean square, or the variance.</param>
/// <param name="UnitOffset">The gain is 1 + weight.</param>
/// <param name="Weight">[Size], shared by all groups, or [Groups · Size], one per group.</param>
/// <param name="Bias">The shift in the same shape; null for none.</param>
internal sealed record HeadNormPart(int First, int Groups, int Size, NormKind Kind, float Epsilon, bool UnitOffset, Parameter Weight, Parameter? Bias)
{
    /// <summary>Every group has a gain of its own.</summary>
    public bool IsPerGroup => Groups > 1 && Weight.Columns == Groups * Size;

    /// <summary>Column behind the last group.</summary>
    public int End => First + (Groups * Size);
}

/// <summary>
/// y = x with the columns of each part normalised group by group (QK-norm: Henry et al. 2020); columns that no part names are copied. x, y [rows, width].
/// </summary>
internal sealed class HeadNorm(Stage stage, Value x, Value y, EquatableList<HeadNormPart> parts, Value? statistics) : Operation(stage)
{
    public Value X { get; } = x;

    public Value Y { get; } = y;

    /// <summary>In ascending order of their columns.</summary>
    public EquatableList<HeadNormPart> Parts { get; } = parts;

    /// <summary>Training: mean (RMS norm: 0) and 1/deviation of every group, part after part, [rows, 2 · groups].</summary>
    public Value? Statistics { get; } = statistics;

    /// <summary>Columns of the statistics.</summary>
    public static int StatisticsWidth(EquatableList<HeadNormPart> parts) => 2 * parts.Sum(part => part.Groups);

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => Statistics is null ? [Y] : [Y, Statistics];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(X, Y)];

    public override void Check()
    {
        Require(Y.Width == X.Width && Y.Rows == X.Rows, "y has the shape of x");
        int end = 0;
        foreach (HeadNormPart part in Parts)
        {
            Require(part.First >= end && part.Groups > 0 && part.Size > 0 && part.End <= X.Width, "the parts lie within x, one behind the other");
            Require(part.Kind != NormKind.Batch, "heads are normalised row by row");
            Require(part.Weight.Columns == part.Size || part.Weight.Columns == part.Groups * part.Size, "one gain for all groups, or one for each");
            Require(part.Bias is null || part.Bias.Columns == part.Weight.Columns, "the shift has the shape of the gain");
            end = part.End;
        }

        Require(Parts.Count > 0, "something is normalised");
        Require(Statistics is null || (Statistics.Rows == X.Rows && Statistics.Width == StatisticsWidth(Parts)), "a mean and a 1/deviation per row and group");
    }
}

/// <summary>dx: the gradient under the norm of each group, and dy at the columns that no part names.</summary>
internal sealed class HeadNormBackward(HeadNorm forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public HeadNorm Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY, Forward.X, Forward.Statistics!];

    public override IEnumerable<Value> Outputs => [DX];

    public override IEnumerable<(Value Input, Value Output)> MayReuse => [(DY, DX), (Forward.X, DX)];

    public override void Check()
    {
        Require(Forward.Statistics is not null, "the forward pass must keep the statistics");
        Require(DY.Width == Forward.Y.Width && DX.Width == DY.Width && DY.Rows == Forward.Y.Rows && DX.Rows == DY.Rows, "gradients have the shape of y");
    }
}

/// <summary>dGain += Σ dy ⊙ x̂, dBias += Σ dy over the rows, and over the groups that share them.</summary>
internal sealed class HeadNormBackwardWeights(HeadNorm forward, Value dy) : Operation(forward.Stage)
{
    public HeadNorm Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY, Forward.X, Forward.Statistics!];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => Forward.Parts.SelectMany(part => part.Bias is { } bias ? (IEnumerable<Parameter>)[part.Weight, bias] : [part.Weight]);

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
}

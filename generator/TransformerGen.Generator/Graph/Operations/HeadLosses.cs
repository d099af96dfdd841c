using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>A loss per row of logits, and in the logits' place their gradient. logits [label rows, C], losses [label rows, 1].</summary>
internal abstract class LossOperation(Stage stage, Value logits, Value losses, Value dLogits) : Operation(stage)
{
    public Value Logits { get; } = logits;

    public Value Losses { get; } = losses;

    public Value DLogits { get; } = dLogits;

    public override IEnumerable<Value> Inputs => [Logits];

    public override IEnumerable<Value> Outputs => [Losses, DLogits];

    public override IEnumerable<(Value Input, Value Output)> InPlace => [(Logits, DLogits)];

    public override void Check() =>
        Require(Losses.Width == 1 && Losses.Rows == Logits.Rows && DLogits.Width == Logits.Width && DLogits.Rows == Logits.Rows, "one loss per row of logits");
}

/// <summary>
/// Losses of numbers that are no choice of one class, the mean over a row's classes: of multi-label max(x, 0) - x·t + log(1 + e^-|x|), of regression (x - t)²;
/// in the same pass their gradient in the logits' place. logits [label rows, C], losses [label rows, 1].
/// </summary>
internal sealed class TargetLoss(Stage stage, LossKind kind, Value logits, Value losses, Value dLogits) : LossOperation(stage, logits, losses, dLogits)
{
    public LossKind Kind { get; } = kind;

    public override void Check()
    {
        base.Check();
        Require(Kind is LossKind.MultiLabel or LossKind.Regression, "one class per row has an operation of its own");
    }
}

/// <summary>
/// Where an answer begins (column 0) and ends (column 1): cross-entropy over the tokens of each sequence, which stands at the row of the answer's first and last
/// token; the other rows' losses are 0, and so is a sequence's that has no answer. In the same pass their gradient in the logits' place. Every row of the side is a
/// label row. logits [rows, 2], losses [rows, 1].
/// </summary>
internal sealed class SpanLoss(Stage stage, Symbol side, Value logits, Value losses, Value dLogits) : LossOperation(stage, logits, losses, dLogits)
{
    /// <summary>The side whose sequences are searched.</summary>
    public Symbol Side { get; } = side;

    public override void Check()
    {
        base.Check();
        Require(Logits.Width == 2 && Logits.Rows == Symbol.LabelRows && Side is Symbol.SourceRows or Symbol.TargetRows, "a logit for the first token and one for the last, of each row");
    }
}

/// <summary>
/// A place for d(loss)/d(y) where the loss is the caller's: nothing computes it. The caller writes it between the forward and the backward pass.
/// </summary>
internal sealed class GivenGradient(Stage stage, Value y, Value dy) : Operation(stage)
{
    public Value Y { get; } = y;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [Y];

    public override IEnumerable<Value> Outputs => [DY];

    public override void Check() => Require(DY.Width == Y.Width && DY.Rows == Y.Rows, "the gradient has the shape of y");
}

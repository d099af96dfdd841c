using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>The rows that the head is asked about, such as those whose next token is wanted. x [rows, D] → y [label rows, D].</summary>
internal sealed class Select(Stage stage, Value x, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public Value Y { get; } = y;

    /// <summary>Why not all rows go on, for the reader.</summary>
    public string Reason { get; init; } = "Only the rows whose next token is wanted go through the vocabulary.";

    public override IEnumerable<Value> Inputs => [X];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check() => Require(Y.Rows == Symbol.LabelRows && Y.Width == X.Width, "label rows are rows of x");
}

/// <summary>dx: the gradient at the selected rows, zero at the others.</summary>
internal sealed class SelectBackward(Select forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Select Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [DX];

    public override void Check() => Require(DX.Width == DY.Width && DX.Rows == Forward.X.Rows, "the gradient has the shape of x");
}

/// <summary>
/// loss = -Σ_c q_c · log softmax(logits)_c with q = (1 - ε) at the label plus ε / V everywhere; in the same pass dLogits = (softmax - q) · scale, in the
/// logits' place: the probabilities never exist beside them. logits [label rows, V], losses [label rows, 1].
/// </summary>
internal sealed class CrossEntropy(Stage stage, Value logits, Value losses, Value dLogits) : LossOperation(stage, logits, losses, dLogits);

namespace TransformerGen.Oracle;

/// <summary>One attention's probabilities: Sequences[sequence][head] is [queries, keys].</summary>
internal sealed record OracleProbabilities(IReadOnlyList<Matrix[]> Sequences);

/// <summary>Everything one pass computed.</summary>
/// <param name="Values">Contents of every value of the graph by name, as they were when written. Columns that only pad are not there; see the rules.</param>
/// <param name="Outputs">The graph's outputs by their names: Logits, Losses, encoder_hidden_states.0 ...</param>
/// <param name="Gradients">d(loss)/d(tensor) by checkpoint name, for every tensor that a backward operation wrote to.</param>
/// <param name="Buffers">Running statistics after the pass by checkpoint name, where batch norm moved them.</param>
/// <param name="Probabilities">Captured attentions by their index.</param>
/// <param name="Loss">Σ losses · scale; 0 where the graph computes none.</param>
/// <param name="Margin">How near a ReLU's input came to 0, a clipped number to its limit, or a top-k score (relative to its size) to the one that decides: where rounding can change more than the last digits.</param>
internal sealed record OracleResult(
    IReadOnlyDictionary<string, Matrix> Values,
    IReadOnlyDictionary<string, Matrix> Outputs,
    IReadOnlyDictionary<string, Matrix> Gradients,
    IReadOnlyDictionary<string, Matrix> Buffers,
    IReadOnlyDictionary<int, OracleProbabilities> Probabilities,
    double Loss,
    double Margin)
{
    /// <summary>
    /// Of gradients that are sums of many terms which cancel: by the value's name the sums of the terms' squares, in the value's shape or one row for all. Their errors are what such a sum may be off by.
    /// </summary>
    public required IReadOnlyDictionary<string, Matrix> Squares { get; init; }

    /// <summary>[label rows, vocabulary].</summary>
    public Matrix Logits => Values["OutputLogits"];

    /// <summary>[label rows, 1].</summary>
    public Matrix Losses => Outputs["Losses"];
}

using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>loss = -Σ_c q_c · log softmax(logits)_c with q = (1 - ε) at the label plus ε / V everywhere; dLogits = (softmax - q) · scale.</summary>
internal static class CrossEntropyRule
{
    public static void Forward(Execution execution, CrossEntropy op)
    {
        OracleBatch batch = execution.Batch;
        Matrix logits = execution.Read(op.Logits), losses = execution.Write(op.Losses), dLogits = execution.Write(op.DLogits);
        if (batch.Labels.Count != losses.Rows)
        {
            throw new InvalidOperationException($"A loss needs a label for each of the {losses.Rows} label rows; there are {batch.Labels.Count}.");
        }

        for (int l = 0; l < losses.Rows; l++)
        {
            double[] row = logits.Row(l).ToArray();
            double largest = row.Max(), logarithm = largest + Math.Log(row.Sum(x => Math.Exp(x - largest)));
            for (int c = 0; c < row.Length; c++)
            {
                double q = (c == batch.Labels[l] ? 1 - batch.Smoothing : 0) + (batch.Smoothing / row.Length);
                losses[l, 0] -= q * (row[c] - logarithm);
                dLogits[l, c] = (Math.Exp(row[c] - logarithm) - q) * execution.Scale;
            }

            execution.Loss += losses[l, 0] * execution.Scale;
        }
    }
}

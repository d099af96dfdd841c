using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Losses of heads that do not choose one class per row.</summary>
internal static class HeadLossRule
{
    /// <summary>The mean over a row's classes of the binary cross-entropy or the squared error.</summary>
    public static void Targets(Execution execution, TargetLoss op)
    {
        OracleBatch batch = execution.Batch;
        Matrix logits = execution.Read(op.Logits), losses = execution.Write(op.Losses), dLogits = execution.Write(op.DLogits);
        if (batch.Numbers.Count != losses.Rows)
        {
            throw new InvalidOperationException($"A loss needs numbers for each of the {losses.Rows} label rows; there are {batch.Numbers.Count}.");
        }

        for (int l = 0; l < losses.Rows; l++)
        {
            for (int c = 0; c < logits.Columns; c++)
            {
                double x = logits[l, c], t = batch.Numbers[l][c], p = 1 / (1 + Math.Exp(-x));
                bool isMultiLabel = op.Kind == LossKind.MultiLabel;
                losses[l, 0] += (isMultiLabel ? -(t * Math.Log(p)) - ((1 - t) * Math.Log(1 - p)) : (x - t) * (x - t)) / logits.Columns;
                dLogits[l, c] = (isMultiLabel ? p - t : 2 * (x - t)) * execution.Scale / logits.Columns;
            }

            execution.Loss += losses[l, 0] * execution.Scale;
        }
    }

    /// <summary>Softmax over the tokens of each sequence, for an answer's first token and its last.</summary>
    public static void Spans(Execution execution, SpanLoss op)
    {
        OracleBatch batch = execution.Batch;
        Matrix logits = execution.Read(op.Logits), losses = execution.Write(op.Losses), dLogits = execution.Write(op.DLogits);
        IReadOnlyList<int> offsets = execution.Side(op.Side).Offsets;
        if (batch.Labels.Count != losses.Rows || losses.Rows != offsets[^1])
        {
            throw new InvalidOperationException($"Every row is a label row: there are {offsets[^1]} rows, {losses.Rows} label rows and {batch.Labels.Count} labels.");
        }

        for (int s = 0; s + 1 < offsets.Count; s++)
        {
            int[] rows = [.. Enumerable.Range(offsets[s], offsets[s + 1] - offsets[s])];
            for (int column = 0; column < 2; column++)
            {
                int[] answers = [.. rows.Where(row => (batch.Labels[row] & (1 << column)) != 0)];
                if (answers.Length == 0)
                {
                    continue;
                }

                double weight = column == 0 ? batch.SpanWeights.Start : batch.SpanWeights.End, sum = rows.Sum(row => Math.Exp(logits[row, column]));
                int answer = answers.Single();
                double loss = weight * (Math.Log(sum) - logits[answer, column]);
                losses[answer, 0] += loss;
                execution.Loss += loss * execution.Scale;
                foreach (int row in rows)
                {
                    dLogits[row, column] = weight * execution.Scale * ((Math.Exp(logits[row, column]) / sum) - (row == answer ? 1 : 0));
                }
            }
        }
    }

    /// <summary>What the caller does: the loss is the sum of a function over all numbers of the output.</summary>
    public static void Given(Execution execution, GivenGradient op)
    {
        Matrix y = execution.Read(op.Y), dy = execution.Write(op.DY);
        for (int i = 0; i < y.Data.Length; i++)
        {
            execution.Loss += execution.Batch.Given.Loss(y.Data[i]);
            dy.Data[i] = execution.Batch.Given.Derivative(y.Data[i]);
        }
    }
}

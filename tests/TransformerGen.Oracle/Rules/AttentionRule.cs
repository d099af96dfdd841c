using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = softmax(score(q, k) + mask)·v within each sequence, head by head.</summary>
internal static class AttentionRule
{
    public static void Forward(Execution execution, AttentionOperation op)
    {
        Matrix y = execution.Write(op.Y);
        Matrix? logSumExp = op.LogSumExp is null ? null : execution.Write(op.LogSumExp);
        foreach (AttentionHead head in Heads(execution, op))
        {
            for (int i = 0; i < head.Queries.Length; i++)
            {
                double[] probabilities = head.Probabilities(i, out double logarithm);
                execution.Decide(AttentionMath.TopMargin(head.Settings, head.Queries[i], i, head.Keys, head.Vector));
                Span<double> row = y.Row(head.FirstQuery + i).Slice(head.Head * op.Settings.HeadWidth, op.Settings.HeadWidth);
                for (int j = 0; j < probabilities.Length; j++)
                {
                    for (int c = 0; c < row.Length; c++)
                    {
                        row[c] += probabilities[j] * head.Values[j][c];
                    }
                }

                if (logSumExp is not null)
                {
                    logSumExp[head.FirstQuery + i, head.Head] = logarithm;
                }
            }
        }
    }

    /// <summary>The probabilities themselves, for whoever wants to look at them.</summary>
    public static void Capture(Execution execution, CaptureProbabilities op)
    {
        int sequences = execution.Side(op.Forward.Y.Rows).Sequences.Count;
        var captured = Enumerable.Range(0, sequences).Select(_ => new Matrix[op.Forward.Settings.Heads]).ToArray();
        foreach (AttentionHead head in Heads(execution, op.Forward))
        {
            var matrix = new Matrix(head.Queries.Length, head.Keys.Length);
            for (int i = 0; i < head.Queries.Length; i++)
            {
                head.Probabilities(i, out _).CopyTo(matrix.Row(i));
            }

            captured[head.Sequence][head.Head] = matrix;
        }

        execution.Probabilities.Add(op.Index, new OracleProbabilities(captured));
    }

    /// <summary>Every head of every sequence with its queries, keys and values.</summary>
    public static IEnumerable<AttentionHead> Heads(Execution execution, AttentionOperation op)
    {
        PackedRows queries = execution.Side(op.Y.Rows), keys = execution.Side(op.K.Value.Rows);
        Matrix q = execution.Read(op.Q.Value), k = execution.Read(op.K.Value), v = execution.Read(op.V.Value);
        Matrix? score = op.Score is null ? null : execution.Of(op.Score);
        for (int s = 0; s < queries.Sequences.Count; s++)
        {
            for (int h = 0; h < op.Settings.Heads; h++)
            {
                int column = h * op.Settings.HeadWidth, width = op.Settings.HeadWidth;
                double[][] Rows(Matrix matrix, int first, PackedRows side) =>
                    [.. Enumerable.Range(side.Offsets[s], side.Offsets[s + 1] - side.Offsets[s]).Select(r => matrix.Row(r).Slice(first + column, width).ToArray())];
                yield return new AttentionHead(
                    op.Settings, s, h, queries.Offsets[s], keys.Offsets[s], Rows(q, op.Q.First, queries), Rows(k, op.K.First, keys), Rows(v, op.V.First, keys),
                    score?.Row(h).ToArray());
            }
        }
    }
}

/// <summary>One head of one sequence.</summary>
/// <param name="FirstQuery">The first query's row of the batch.</param>
/// <param name="FirstKey">The first key's row of the batch.</param>
/// <param name="Vector">Additive attention's vector of this head.</param>
internal sealed record AttentionHead(
    AttentionSettings Settings, int Sequence, int Head, int FirstQuery, int FirstKey, double[][] Queries, double[][] Keys, double[][] Values, double[]? Vector)
{
    /// <summary>Of query i, which stands at position i.</summary>
    public double[] Probabilities(int i, out double logSumExp) => AttentionMath.Probabilities(Settings, Queries[i], i, Keys, Vector, out logSumExp);
}

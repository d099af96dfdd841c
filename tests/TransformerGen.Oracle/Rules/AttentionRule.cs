using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = dropout(softmax(score(q, k) + mask))·v within each sequence, head by head.</summary>
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
                execution.Decide(head.Math.TopMargin(head.Queries[i], i, head.Keys));
                double[] factors = head.DropoutFactors(execution, op.Dropout, i);
                Span<double> row = y.Row(head.FirstQuery + i).Slice(head.Head * op.Settings.HeadWidth, op.Settings.HeadWidth);
                for (int j = 0; j < probabilities.Length; j++)
                {
                    for (int c = 0; c < row.Length; c++)
                    {
                        row[c] += probabilities[j] * factors[j] * head.Values[j][c];
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
            var matrix = new Matrix(head.Queries.Length, execution.Side(op.Forward.K.Value.Rows).Sequences[head.Sequence].Tokens.Count);
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
        AttentionMath[] math = Math(execution, op.Settings, op.Score, op.Bias);
        for (int s = 0; s < queries.Sequences.Count; s++)
        {
            for (int h = 0; h < op.Settings.Heads; h++)
            {
                int width = op.Settings.HeadWidth, keyHead = h / (op.Settings.Heads / op.Settings.KeyHeads);
                double[][] Rows(Matrix matrix, int first, int head, PackedRows side, int hidden = 0) =>
                    [.. Enumerable.Range(side.Offsets[s], side.Offsets[s + 1] - side.Offsets[s] - hidden).Select(r => matrix.Row(r).Slice(first + (head * width), width).ToArray())];
                int padding = keys.Sequences[s].Padding;
                yield return new AttentionHead(
                    math[h], s, h, keyHead, queries.Offsets[s], keys.Offsets[s], Rows(q, op.Q.First, h, queries), Rows(k, op.K.First, keyHead, keys, padding), Rows(v, op.V.First, keyHead, keys, padding),
                    keys.Sequences[s].Globals);
            }
        }
    }

    /// <summary>The scores of every head.</summary>
    public static AttentionMath[] Math(Execution execution, AttentionSettings settings, Parameter? score, Value? bias)
    {
        Matrix? vectors = score is null ? null : execution.Of(score), distances = bias is null ? null : execution.Read(bias);
        int reach = (2 * settings.BiasReach) + 1;
        return
        [
            .. Enumerable.Range(0, settings.Heads).Select(h => new AttentionMath(settings, h, vectors?.Row(h).ToArray(), distances?.Row(0).Slice(h * reach, reach).ToArray())),
        ];
    }
}

/// <summary>One head of one sequence.</summary>
/// <param name="Math">Its scores.</param>
/// <param name="Sequence">Which sequence.</param>
/// <param name="Head">Which head of the queries.</param>
/// <param name="KeyHead">Which head of keys and values.</param>
/// <param name="FirstQuery">The first query's row of the batch.</param>
/// <param name="FirstKey">The first key's row of the batch.</param>
/// <param name="Queries">[K] each.</param>
/// <param name="Keys">[K] each.</param>
/// <param name="Values">[K] each.</param>
/// <param name="Globals">Rows of the keys that are global.</param>
internal sealed record AttentionHead(
    AttentionMath Math, int Sequence, int Head, int KeyHead, int FirstQuery, int FirstKey, double[][] Queries, double[][] Keys, double[][] Values, IReadOnlySet<int> Globals)
{
    /// <summary>Of query i, which stands at position i.</summary>
    public double[] Probabilities(int i, out double logSumExp) => Math.Probabilities(Queries[i], i, Keys, Globals, out logSumExp);

    /// <summary>What dropout multiplies the probabilities of query i with: 0 or 1 / (1 - rate) for each key, ones without a site.</summary>
    public double[] DropoutFactors(Execution execution, DropoutSite? site, int i)
    {
        double[] factors = [.. Keys.Select(_ => 1.0)];
        if (site is not null && execution.DropoutAt(site) is { Threshold: not 0 } dropout)
        {
            uint key = dropout.Row(site.Number, (Sequence * Math.Settings.Heads) + Head, i);
            for (int j = 0; j < factors.Length; j++)
            {
                factors[j] = dropout.Keeps(key, (uint)j) ? dropout.Scale : 0;
            }
        }

        return factors;
    }
}

using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>Attention whose keys and values, those of the new rows included, are in a cache.</summary>
internal static class CachedAttentionRule
{
    /// <summary>Writes each row's key and value at its position of its sequence's slot.</summary>
    public static void Append(Execution execution, CacheAppend op)
    {
        PackedRows rows = execution.Side(op.K.Value.Rows);
        Matrix k = execution.Read(op.K.Value), v = execution.Read(op.V.Value);
        for (int r = 0; r < rows.Count; r++)
        {
            execution.Cache.Write(
                op.Cache,
                rows.Sequences[rows.SequenceOf[r]].Slot,
                rows.Positions[r],
                k.Row(r).Slice(op.K.First, op.Cache.Width).ToArray(),
                v.Row(r).Slice(op.V.First, op.Cache.Width).ToArray());
        }
    }

    public static void Forward(Execution execution, CachedAttention op)
    {
        PackedRows rows = execution.Side(op.Y.Rows);
        Matrix q = execution.Read(op.Q.Value), y = execution.Write(op.Y);
        AttentionMath[] math = AttentionRule.Math(execution, op.Settings, op.Score, op.Bias);
        int width = op.Settings.HeadWidth;
        for (int r = 0; r < rows.Count; r++)
        {
            OracleSequence sequence = rows.Sequences[rows.SequenceOf[r]];
            IReadOnlyList<(double[] Key, double[] Value)> cached = execution.Cache.Positions(op.Cache, op.Cache.IsSource ? sequence.SourceSlot : sequence.Slot);
            for (int h = 0; h < op.Settings.Heads; h++)
            {
                int column = h * width, keyColumn = h / (op.Settings.Heads / op.Settings.KeyHeads) * width;
                double[] query = q.Row(r).Slice(op.Q.First + column, width).ToArray();
                double[][] keys = [.. cached.Select(entry => entry.Key[keyColumn..(keyColumn + width)])];
                double[] p = math[h].Probabilities(query, rows.Positions[r], keys, sequence.Globals, out _);
                for (int j = 0; j < p.Length; j++)
                {
                    for (int c = 0; c < width; c++)
                    {
                        y[r, column + c] += p[j] * cached[j].Value[keyColumn + c];
                    }
                }
            }
        }
    }
}

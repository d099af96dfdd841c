using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>y[h, R + d] = table[bucket(d), h].</summary>
internal static class RelativeBiasRule
{
    public static void Forward(Execution execution, RelativeBias op)
    {
        Matrix table = execution.Of(op.Table), y = execution.Write(op.Y);
        Each(op, (column, bucket, head) => y[0, column] = table[bucket, head]);
    }

    public static void Backward(Execution execution, RelativeBiasBackward op)
    {
        Matrix dy = execution.Read(op.DY), dTable = execution.GradientOf(op.Forward.Table);
        Each(op.Forward, (column, bucket, head) => dTable[bucket, head] += dy[0, column]);
    }

    private static void Each(RelativeBias op, Action<int, int, int> action)
    {
        for (int head = 0; head < op.Table.Columns; head++)
        {
            for (int distance = -op.Reach; distance <= op.Reach; distance++)
            {
                action((head * ((2 * op.Reach) + 1)) + op.Reach + distance, op.Buckets.Of(distance), head);
            }
        }
    }
}

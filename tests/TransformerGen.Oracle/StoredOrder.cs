using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle;

/// <summary>The order in which a checkpoint stores a tensor's elements, spelled out index by index. A tensor of three dimensions is a matrix of its first two counted through.</summary>
internal static class StoredOrder
{
    /// <summary>A matrix of the stored shape, all zero.</summary>
    public static Matrix Empty(Tensor tensor)
    {
        int[] shape = tensor.StoredShape;
        return new Matrix(shape.SkipLast(1).Aggregate(1, (product, extent) => product * extent), shape[^1]);
    }

    /// <summary>The elements as a graph's parameter holds them, row by row.</summary>
    public static double[] ToHeld(Tensor tensor, Matrix stored)
    {
        Matrix wanted = Empty(tensor);
        if ((stored.Rows, stored.Columns) != (wanted.Rows, wanted.Columns))
        {
            throw new InvalidOperationException($"The tensor {tensor.Name} is [{stored.Rows}, {stored.Columns}]; the graph wants [{wanted.Rows}, {wanted.Columns}].");
        }

        var held = new double[stored.Data.Length];
        for (int i = 0; i < held.Length; i++)
        {
            held[HeldIndex(tensor, i)] = stored.Data[i];
        }

        return held;
    }

    /// <summary>The inverse of <see cref="ToHeld"/>.</summary>
    public static Matrix FromHeld(Tensor tensor, ReadOnlySpan<double> held)
    {
        Matrix stored = Empty(tensor);
        for (int i = 0; i < held.Length; i++)
        {
            stored.Data[i] = held[HeldIndex(tensor, i)];
        }

        return stored;
    }

    private static int HeldIndex(Tensor tensor, int stored)
    {
        TensorLayout layout = tensor.Layout;
        bool isVector = tensor.Rank == 1;
        int columns = isVector ? 1 : tensor.Columns, rows = (isVector ? tensor.Columns : tensor.Rows) / Math.Max(1, layout.Experts);
        int expert = stored / (rows * columns), inExpert = stored % (rows * columns);
        (int row, int column) = layout.Transposed ? (inExpert % rows, inExpert / rows) : (inExpert / columns, inExpert % columns);
        if (layout.Groups > 0)
        {
            // (group, part, k) in the checkpoint is (part, group, k) here.
            int all = layout.Parts.Sum(), group = row / all, k = row % all, before = 0, part = 0;
            for (; k >= layout.Parts[part]; part++)
            {
                k -= layout.Parts[part];
                before += layout.Groups * layout.Parts[part];
            }

            row = before + (group * layout.Parts[part]) + k;
        }

        return (((expert * rows) + row) * columns) + column;
    }
}

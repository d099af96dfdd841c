using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>
/// z = x + dropout(sub), y = gain ⊙ (z - mean) / √(variance + ε) + shift, the variance biased. Layer norm's statistics are each row's; RMS norm's too, its mean
/// taken as 0. Batch norm's are each
/// column's over all rows of the side in training, which move the running ones by 0.1 (the variance there unbiased; that
/// of a single row is 0); otherwise the running ones.
/// Statistics: layer and RMS norm [rows, 2] mean and 1/deviation; batch norm [1, 2·stride], means from column 0, 1/deviations from column stride.
/// </summary>
internal static class AddNormRule
{
    private const double Momentum = 0.1;

    public static void Forward(Execution execution, AddNorm op)
    {
        Matrix z = Sum(execution, op);
        (double[] mean, double[] inverse) = op.Norm.Kind == NormKind.Batch ? OfColumns(execution, op, z) : OfRows(z, op.Norm);
        double[] gain = Gain(execution, op.Norm, op.X.Width);
        Matrix? shift = op.Norm.Bias is { } bias ? execution.Of(bias) : null;
        Matrix y = execution.Write(op.Y);
        for (int r = 0; r < z.Rows; r++)
        {
            for (int c = 0; c < z.Columns; c++)
            {
                int which = op.Norm.Kind == NormKind.Batch ? c : r;
                y[r, c] = (gain[c] * (z[r, c] - mean[which]) * inverse[which]) + (shift is null ? 0 : shift[0, c]);
            }
        }

        if (op.Statistics is { } statistics)
        {
            Matrix kept = execution.Write(statistics);
            for (int i = 0; i < mean.Length; i++)
            {
                (int row, int column, int second) = op.Norm.Kind == NormKind.Batch ? (0, i, op.X.Stride + i) : (i, 0, 1);
                (kept[row, column], kept[row, second]) = (mean[i], inverse[i]);
            }
        }
    }

    /// <summary>Whether batch norm uses the statistics of this batch.</summary>
    public static bool UsesBatch(Execution execution, AddNorm op) => execution.Batch.Training && op.Statistics is not null;

    /// <summary>What x̂ is multiplied with, [width]: the weight, 1 + weight, or 1 for a norm without parameters.</summary>
    public static double[] Gain(Execution execution, NormParameters norm, int width) =>
        norm.Weight is { } gain ? [.. execution.Of(gain).Data.Select(weight => (norm.UnitOffset ? 1 : 0) + weight)] : [.. Enumerable.Repeat(1.0, width)];

    /// <summary>Mean (RMS: 0) and 1/deviation of some numbers.</summary>
    public static (double Mean, double Inverse) Statistics(ReadOnlySpan<double> numbers, NormKind kind, double epsilon)
    {
        double[] row = numbers.ToArray();
        double mean = kind == NormKind.Rms ? 0 : row.Average();
        return (mean, 1 / Math.Sqrt(row.Average(x => (x - mean) * (x - mean)) + epsilon));
    }

    private static Matrix Sum(Execution execution, AddNorm op)
    {
        Matrix x = execution.Read(op.X);
        if (op.Sub is null)
        {
            return x;
        }

        Matrix sub = execution.Read(op.Sub), z = op.Z is null ? new Matrix(x.Rows, x.Columns) : execution.Write(op.Z);
        for (int r = 0; r < z.Rows; r++)
        {
            double[] keep = DropoutMask.Factors(execution, op.Dropout, op.X.Rows, r, z.Columns);
            for (int c = 0; c < z.Columns; c++)
            {
                z[r, c] = x[r, c] + (keep[c] * sub[r, c]);
            }
        }

        return z;
    }

    private static (double[] Mean, double[] Inverse) OfRows(Matrix z, NormParameters norm)
    {
        var (mean, inverse) = (new double[z.Rows], new double[z.Rows]);
        for (int r = 0; r < z.Rows; r++)
        {
            (mean[r], inverse[r]) = Statistics(z.Row(r), norm.Kind, norm.Epsilon);
        }

        return (mean, inverse);
    }

    private static (double[] Mean, double[] Inverse) OfColumns(Execution execution, AddNorm op, Matrix z)
    {
        Matrix running = execution.Of(op.Norm.RunningMean!), runningVariance = execution.Of(op.Norm.RunningVariance!);
        var (mean, variance) = ((double[])running.Data.Clone(), (double[])runningVariance.Data.Clone());
        if (UsesBatch(execution, op))
        {
            Matrix newMean = running.Copy(), newVariance = runningVariance.Copy();
            for (int c = 0; c < z.Columns; c++)
            {
                double[] column = [.. Enumerable.Range(0, z.Rows).Select(r => z[r, c])];
                mean[c] = column.Average();
                double squares = column.Sum(x => (x - mean[c]) * (x - mean[c]));
                variance[c] = squares / z.Rows;
                newMean[0, c] += Momentum * (mean[c] - newMean[0, c]);
                newVariance[0, c] += Momentum * ((squares / Math.Max(z.Rows - 1, 1)) - newVariance[0, c]);
            }

            (execution.Buffers[op.Norm.RunningMean!], execution.Buffers[op.Norm.RunningVariance!]) = (newMean, newVariance);
        }

        return (mean, [.. variance.Select(v => 1 / Math.Sqrt(v + op.Norm.Epsilon))]);
    }
}

using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Oracle;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>
/// The size of the terms that a parameter's gradient is the sum of: √Σ term² over the rows, the largest of a tensor. Independent errors of the terms add up like
/// that. In front of batch norm a bias has no effect, and a weight little: there the terms cancel, and their errors are what remains.
/// </summary>
internal static class GradientTerms
{
    /// <summary>By tensor; for linear layers, the shifts of norms, and what adds to attention's scores.</summary>
    public static Dictionary<string, double> Of(SpecRun run)
    {
        var sizes = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (Operation operation in run.Unshared.Training!.Graph.Operations)
        {
            if (operation is LinearBackwardWeights linear)
            {
                Matrix dy = run.Training.Values[linear.DY.Name];
                if (run.Training.Squares.TryGetValue(linear.DY.Name, out Matrix? squares))
                {
                    dy = new Matrix(dy.Rows, dy.Columns, [.. dy.Data.Zip(squares.Data, (x, square) => Math.Sqrt((x * x) + square))]);
                }

                Add(sizes, linear.Forward.Weight, Squares(dy, run.Training.Values[linear.Forward.X.Name]));
                if (linear.Forward.Bias is { } bias)
                {
                    Add(sizes, bias, Squares(dy));
                }
            }
            else if (operation is AddNormBackwardWeights { Forward.Norm.Bias: { } shift } norm)
            {
                Add(sizes, shift, Squares(run.Training.Values[norm.DY.Name]));
            }
            else if (operation is AttentionBackward { ScoreParts: { } parts } attention)
            {
                sizes[attention.Forward.Score!.Tensors[0].Name] = OfValue(run.Training, parts);
            }
            else if (operation is RelativeBiasBackward bias)
            {
                Add(sizes, bias.Forward.Table, Squares(bias, run.Training.Squares[bias.DY.Name]));
            }
        }

        return sizes;
    }

    /// <summary>The same of a value; 0 where nothing cancels.</summary>
    public static double OfValue(OracleResult result, Value value) => result.Squares.TryGetValue(value.Name, out Matrix? squares) ? Math.Sqrt(squares.Data.Max()) : 0;

    private static Matrix Squares(RelativeBiasBackward bias, Matrix squares)
    {
        RelativeBias forward = bias.Forward;
        var sums = new Matrix(forward.Table.Rows, forward.Table.Columns);
        for (int head = 0; head < sums.Columns; head++)
        {
            for (int distance = -forward.Reach; distance <= forward.Reach; distance++)
            {
                sums[forward.Buckets.Of(distance), head] += squares[0, (head * ((2 * forward.Reach) + 1)) + forward.Reach + distance];
            }
        }

        return sums;
    }

    private static void Add(Dictionary<string, double> sizes, Parameter parameter, Matrix squares)
    {
        foreach ((string tensor, Matrix part) in OracleParameters.Split(parameter, squares))
        {
            sizes[tensor] = Math.Max(sizes.GetValueOrDefault(tensor), Math.Sqrt(part.Data.Max()));
        }
    }

    private static Matrix Squares(Matrix dy)
    {
        var sums = new Matrix(1, dy.Columns);
        for (int r = 0; r < dy.Rows; r++)
        {
            for (int c = 0; c < dy.Columns; c++)
            {
                sums[0, c] += dy[r, c] * dy[r, c];
            }
        }

        return sums;
    }

    private static Matrix Squares(Matrix dy, Matrix x)
    {
        var sums = new Matrix(dy.Columns, x.Columns);
        for (int r = 0; r < dy.Rows; r++)
        {
            ReadOnlySpan<double> row = x.Row(r);
            for (int c = 0; c < dy.Columns; c++)
            {
                double square = dy[r, c] * dy[r, c];
                Span<double> sum = sums.Row(c);
                for (int k = 0; k < row.Length; k++)
                {
                    sum[k] += square * row[k] * row[k];
                }
            }
        }

        return sums;
    }
}

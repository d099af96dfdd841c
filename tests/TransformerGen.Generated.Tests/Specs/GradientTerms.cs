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
    /// <summary>By tensor; for linear layers and the shifts of norms.</summary>
    public static Dictionary<string, double> Of(SpecRun run)
    {
        var sizes = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (Operation operation in run.Unshared.Training!.Graph.Operations)
        {
            if (operation is LinearBackwardWeights linear)
            {
                Matrix dy = run.Training.Values[linear.DY.Name];
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
        }

        return sizes;
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

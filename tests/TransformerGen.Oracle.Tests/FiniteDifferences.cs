using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle.Tests;

/// <summary>
/// Gradients against central differences (f(x + h) - f(x - h)) / 2h. In double precision their error is h²·|f‴|/6 by truncation and about 10 ε·|f|/h by rounding
/// (ε = 1.1e-16); with losses and derivatives near 1 both are below 1e-9 at h = 1e-5, where the two curves cross. A ReLU or a top-k choice that changes within
/// ±h makes a difference wrong, not the gradient, and a norm over nearly equal columns has a large f‴: such a point is tried again with a step 16 and 256 times
/// smaller, where rounding is still below 1e-7.
/// </summary>
internal static class FiniteDifferences
{
    private const double Step = 1e-5, Accurate = 1e-8;

    /// <summary>Compares every trained tensor's gradient along some directions.</summary>
    /// <param name="graph">A training graph with its backward pass.</param>
    /// <param name="table">Its parameters.</param>
    /// <param name="batch">What to compute with.</param>
    /// <param name="parameters">Where to compare.</param>
    /// <param name="entries">How many single entries of each tensor to compare, beside one random direction through all of them; int.MaxValue for all.</param>
    /// <returns>The largest error, relative to the tensor's largest gradient entry or 1 % of the model's; and where it is.</returns>
    public static (double Error, string Where) Worst(ModelGraph graph, ParameterTable table, OracleBatch batch, OracleParameters parameters, int entries)
    {
        IReadOnlyDictionary<string, Matrix> gradients = Interpreter.Run(graph, table, batch, parameters).Gradients;
        Tensor[] trained = [.. table.All.SelectMany(parameter => parameter.Tensors).Where(tensor => !tensor.IsBuffer)];
        Assert.Equal(trained.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), gradients.Keys.Order(StringComparer.Ordinal));
        double top = gradients.Values.Max(gradient => gradient.Data.Max(Math.Abs));
        Assert.True(top > 0, "Every gradient is zero: there is nothing to compare.");
        var random = new Random(12345);
        (double Error, string Where) worst = (0, "");
        foreach (Tensor tensor in trained)
        {
            double[] gradient = gradients[tensor.Name].Data;
            double scale = Math.Max(gradient.Max(Math.Abs), 0.01 * top);
            foreach ((double[] direction, string name) in Directions(gradient.Length, entries, random))
            {
                double analytic = gradient.Zip(direction, (g, d) => g * d).Sum();
                double error = new[] { Step, Step / 16, Step / 256 }
                    .Select(step => Math.Abs(Difference(graph, table, batch, parameters, tensor.Name, direction, step) - analytic) / scale)
                    .Aggregate((least, next) => least < Accurate ? least : Math.Min(least, next));
                if (!(error <= worst.Error))
                {
                    worst = (error, $"{tensor.Name}, {name}: gradient {analytic:E6}");
                }
            }
        }

        return worst;
    }

    private static IEnumerable<(double[] Direction, string Name)> Directions(int length, int entries, Random random)
    {
        double[] through = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() - 0.5)];
        double norm = Math.Sqrt(through.Sum(x => x * x));
        yield return ([.. through.Select(x => x / norm)], "a random direction");
        int[] chosen = entries >= length ? [.. Enumerable.Range(0, length)] : [.. Enumerable.Range(0, entries).Select(_ => random.Next(length)).Distinct()];
        foreach (int entry in chosen)
        {
            var single = new double[length];
            single[entry] = 1;
            yield return (single, $"entry {entry}");
        }
    }

    private static double Difference(
        ModelGraph graph, ParameterTable table, OracleBatch batch, OracleParameters parameters, string tensor, double[] direction, double step)
    {
        double Loss(double by)
        {
            Matrix moved = parameters[tensor].Copy();
            for (int i = 0; i < direction.Length; i++)
            {
                moved.Data[i] += by * direction[i];
            }

            OracleParameters there = parameters.With(tensor, moved);
            return Interpreter.Run(graph, table, batch, there, backward: false).Loss;
        }

        return (Loss(step) - Loss(-step)) / (2 * step);
    }
}

using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle;

/// <summary>
/// Runs a graph, forward and backward operations alike, slowly and plainly in double precision: the project's definition of what a graph means.
/// Generated code is compared with it; it is compared with reference fixtures and with finite differences.
/// </summary>
internal static class Interpreter
{
    /// <summary>Runs every operation in order.</summary>
    /// <param name="graph">Any graph of the builder; with its backward pass for gradients.</param>
    /// <param name="table">The parameters it was built with.</param>
    /// <param name="batch">What to compute with.</param>
    /// <param name="parameters">Numbers for every tensor; not changed, running statistics included.</param>
    /// <param name="cache">Keys and values of earlier calls, added to; null where the graph uses none.</param>
    /// <param name="backward">False to stop after the forward pass.</param>
    /// <exception cref="InvalidOperationException">An operation has no rule, reads what is not there (any more), or writes a gradient that it does not declare.</exception>
    public static OracleResult Run(ModelGraph graph, ParameterTable table, OracleBatch batch, OracleParameters parameters, OracleCache? cache = null, bool backward = true)
    {
        if (batch.Labels.Count != 0 && batch.Labels.Count != batch.LabelRows.Count)
        {
            throw new ArgumentException($"There are {batch.LabelRows.Count} label rows, but {batch.Labels.Count} labels.", nameof(batch));
        }

        var execution = new Execution(batch, parameters, cache ?? new OracleCache(), graph.MainDropout);
        var declared = new HashSet<Parameter>();
        foreach (Operation operation in graph.Operations.Take(backward ? graph.Operations.Count : graph.ForwardCount))
        {
            OracleRules.Of(operation)(execution, operation);
            execution.Replace(operation);
            declared.UnionWith(operation.ParameterGradients);
            if (execution.Gradients.Keys.FirstOrDefault(parameter => !declared.Contains(parameter)) is { } undeclared)
            {
                throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} wrote the gradient of {undeclared} without declaring it.");
            }
        }

        if (execution.Gradients.Keys.FirstOrDefault(parameter => !table.All.Contains(parameter)) is { } stranger)
        {
            throw new InvalidOperationException($"The parameter {stranger} is not one of the table's.");
        }

        IReadOnlyDictionary<string, Matrix> values = execution.ByName;
        return new OracleResult(
            values,
            graph.Outputs.ToDictionary(output => output.Key, output => values[output.Value.Name], StringComparer.Ordinal),
            ByTensor(execution.Gradients),
            ByTensor(execution.Buffers),
            execution.Probabilities,
            execution.Loss,
            execution.Margin)
        {
            Squares = execution.Squares,
        };
    }

    private static Dictionary<string, Matrix> ByTensor(Dictionary<Parameter, Matrix> parameters)
    {
        var tensors = new Dictionary<string, Matrix>(StringComparer.Ordinal);
        foreach ((Parameter parameter, Matrix whole) in parameters)
        {
            foreach ((string tensor, Matrix part) in OracleParameters.Split(parameter, whole))
            {
                tensors.Add(tensor, part);
            }
        }

        return tensors;
    }
}

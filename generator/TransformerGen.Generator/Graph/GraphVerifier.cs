using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// Run after every pass: shapes fit, every value has its own name, is written once, before it is read, and is not read (by an operation or a caller) after
/// another one has taken its place.
/// </summary>
internal static class GraphVerifier
{
    public static ModelGraph Verify(ModelGraph graph)
    {
        var written = new HashSet<Value>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var replaced = new Dictionary<Value, Operation>();
        foreach (Operation operation in graph.Operations)
        {
            operation.Check();
            foreach (Value input in operation.Inputs)
            {
                if (!written.Contains(input))
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} reads {input} before anything has written it.");
                }

                if (replaced.TryGetValue(input, out Operation? by))
                {
                    throw new InvalidOperationException(
                        $"{operation.GetType().Name} in {operation.Stage.Name} reads {input} after {by.GetType().Name} in {by.Stage.Name} has written its result in that place.");
                }
            }

            foreach (Value output in operation.Outputs)
            {
                if (!written.Add(output))
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} writes {output} a second time.");
                }

                if (!names.Add(output.Name))
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} writes {output}, whose name another value has.");
                }
            }

            foreach ((Value input, Value output) in operation.InPlace)
            {
                if (input.IsKept || input.Rows != output.Rows || input.Width != output.Width)
                {
                    throw new InvalidOperationException(
                        $"{operation.GetType().Name} in {operation.Stage.Name} writes {output} in the place of {input}, which {(input.IsKept ? "a caller wants to read" : "has another shape")}.");
                }

                replaced[input] = operation;
            }
        }

        foreach (KeyValuePair<string, Value> output in graph.Outputs)
        {
            if (!written.Contains(output.Value))
            {
                throw new InvalidOperationException($"The output {output.Key} is never written.");
            }
        }

        return graph;
    }
}

using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Graph;

/// <summary>Run after every pass: shapes fit, every value is written once and before it is read.</summary>
internal static class GraphVerifier
{
    public static ModelGraph Verify(ModelGraph graph)
    {
        var written = new HashSet<Value>();
        foreach (Operation operation in graph.Operations)
        {
            operation.Check();
            foreach (Value input in operation.Inputs)
            {
                if (!written.Contains(input))
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} reads {input} before anything has written it.");
                }
            }

            foreach (Value output in operation.Outputs)
            {
                if (!written.Add(output))
                {
                    throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name} writes {output} a second time.");
                }
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

using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Graph;

/// <summary>Operations in the order in which they run. Every value is written once.</summary>
internal sealed class ModelGraph
{
    private readonly List<Operation> _operations = [];

    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>How many operations, from the first, are the forward pass; all without a backward pass.</summary>
    public int ForwardCount { get; set; }

    /// <summary>The dropout rate that a pass is given; a site with another rate carries its own.</summary>
    public float MainDropout { get; set; }

    /// <summary>Values that a caller reads afterwards, by name: logits, losses, captured states.</summary>
    public Dictionary<string, Value> Outputs { get; } = new(StringComparer.Ordinal);

    public TOperation Add<TOperation>(TOperation operation)
        where TOperation : Operation
    {
        operation.Check();
        _operations.Add(operation);
        return operation;
    }

    public void Keep(string name, Value value)
    {
        value.IsKept = true;
        Outputs.Add(name, value);
    }
}

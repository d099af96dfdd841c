using System;
using System.Collections.Generic;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Backward;

/// <summary>Appends the backward pass to a forward graph: one walk over its operations, last first, applying each one's rule.</summary>
internal sealed class Differentiation
{
    private readonly ModelGraph _graph;
    private readonly Dictionary<Value, Value> _gradients = [];

    private Differentiation(ModelGraph graph, ParameterTable parameters)
    {
        _graph = graph;
        Parameters = parameters;
    }

    public ParameterTable Parameters { get; }

    /// <summary>Adds the gradients of every parameter to the graph, which must end in losses.</summary>
    public static ModelGraph Append(ModelGraph graph, ParameterTable parameters)
    {
        var walk = new Differentiation(graph, parameters);
        for (int i = graph.ForwardCount - 1; i >= 0; i--)
        {
            Operation operation = graph.Operations[i];
            GradientRules.Of(operation)(walk, operation);
        }

        return GraphVerifier.Verify(graph);
    }

    /// <summary>d(loss)/d(value), or null where the value does not reach the loss.</summary>
    public Value? Of(Value value) => _gradients.TryGetValue(value, out Value? gradient) ? gradient : null;

    /// <summary>A value for the gradient of <paramref name="value"/>, made by the operation's stage.</summary>
    public static Value Like(Operation operation, Value value, string suffix = "") => new(operation.Stage, "D" + value.Role + suffix, value.Rows, value.Width);

    public void Add(Operation operation) => _graph.Add(operation);

    /// <summary>The gradient is (or is now) this value.</summary>
    public void Set(Value value, Value gradient) => _gradients[value] = gradient;

    /// <summary>Adds a gradient that is a value already: the first is taken as it is, a further one is summed.</summary>
    public void Contribute(Operation operation, Value value, Value gradient)
    {
        if (Of(value) is not { } existing)
        {
            Set(value, gradient);
            return;
        }

        var sum = new Value(operation.Stage, gradient.Role + "Sum", value.Rows, value.Width);
        Add(new Graph.Operations.Add(operation.Stage, existing, gradient, null, sum));
        Set(value, sum);
    }

    /// <summary>Adds a gradient by an operation that can add to what is there: make(existing or null, place of the result).</summary>
    public void Contribute(Operation operation, Value value, string suffix, Func<Value?, Value, Operation> make)
    {
        Value? existing = Of(value);
        var result = new Value(operation.Stage, "D" + value.Role + suffix, value.Rows, value.Width);
        Add(make(existing, result));
        Set(value, result);
    }
}

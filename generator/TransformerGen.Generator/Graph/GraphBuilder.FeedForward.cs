using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>Products, and the feed-forward layers that are made of them.</summary>
internal sealed partial class GraphBuilder
{
    /// <summary>FFN(x) = activation(x·W₁ᵀ + b₁)·W₂ᵀ + b₂ (paper, section 3.3), or gated (Shazeer 2020): (activation(x·Wᵍᵀ) ⊙ x·Wᵘᵀ)·W₂ᵀ.</summary>
    private Value FeedForward(Stage stage, string role, FeedForwardSpec spec, Value x)
    {
        Value hidden;
        if (spec.Gated)
        {
            Value both = Linear(stage, role + "Widen", spec.Widen, x, ActivationKind.None, role + "Widened");
            hidden = new Value(stage, role + "Hidden", x.Rows, spec.Inner);
            _graph.Add(new Gate(stage, both, spec.Activation, hidden));
        }
        else
        {
            hidden = Linear(stage, role + "Widen", spec.Widen, x, spec.Activation, role + "Hidden");
        }

        hidden = Drop(stage, hidden, spec.Dropout, role + "Dropped");
        return Linear(stage, role + "Narrow", spec.Narrow, hidden, ActivationKind.None, role + "Narrowed");
    }

    /// <summary>Σ weight_e · narrow_e(activation(gate_e(x)) ⊙ value_e(x)) over the experts that the router scores highest.</summary>
    private Value Experts(Stage stage, string role, ExpertsSpec spec, Value x)
    {
        Value scores = Linear(stage, role + "Router", spec.Router, x, ActivationKind.None, role + "Scores");
        Value Choice(string name) => new(stage, role + name, x.Rows, spec.PerToken);
        var route = new Route(
            stage,
            scores,
            spec.PerToken,
            spec.Normalise,
            new Value(stage, role + "Probabilities", x.Rows, spec.Count),
            Choice("Weights"),
            Choice("Chosen"),
            Choice("Places"),
            new Value(stage, role + "Offsets", Symbol.Once, spec.Count + 1));
        _graph.Add(route);
        var dispatched = new Value(stage, role + "Dispatched", ExpertRows.Of(x.Rows), x.Width);
        _graph.Add(new Dispatch(stage, x, route, dispatched));
        Value widened = ExpertLinear(stage, role + "Widen", spec.Widen, route, dispatched, 2 * spec.Inner, role + "Widened");
        var hidden = new Value(stage, role + "Hidden", widened.Rows, spec.Inner);
        _graph.Add(new Gate(stage, widened, spec.Activation, hidden));
        Value narrowed = ExpertLinear(stage, role + "Narrow", spec.Narrow, route, hidden, x.Width, role + "Narrowed");
        var y = new Value(stage, role + "Combined", x.Rows, x.Width);
        _graph.Add(new Combine(stage, narrowed, route, y));
        return y;
    }

    private Value ExpertLinear(Stage stage, string parameterRole, ProjectionSpec projection, Route route, Value x, int width, string role)
    {
        Parameter weight = Weight(stage.Name + parameterRole, projection, x.Width);
        _parameters.Panel(weight, route.Experts);
        var y = new Value(stage, role, x.Rows, width);
        _graph.Add(new ExpertLinear(stage, x, route, weight, y));
        return y;
    }

    /// <summary>One product with one or more tensors, one below the other: fused Q, K, V.</summary>
    private Value Linear(Stage stage, string parameterRole, ProjectionSpec projection, Value x, ActivationKind activation, string role, bool biasIsBuffer = false, string? name = null)
    {
        name ??= stage.Name + parameterRole;
        Parameter weight = Weight(name, projection, x.Width);
        Parameter? bias = projection.Biases is { } biases
            ? _parameters.Get(name + "Bias", [.. biases.Select(b => new Tensor(b.Name, 1, b.Rows, 1, InitialValue.Zeros, 0f, biasIsBuffer) { Layout = b.Layout, MayBeAbsent = biasIsBuffer })])
            : null;
        var y = new Value(stage, role, x.Rows, projection.Width);
        Value? before = _training && activation is not (ActivationKind.None or ActivationKind.Relu) ? new Value(stage, role + "Before", x.Rows, projection.Width) : null;
        _parameters.Panel(weight);
        _graph.Add(new Linear(stage, x, weight, bias, activation, y, before));
        return y;
    }

    /// <summary>A product's weight; where an embedding's table is meant, that table.</summary>
    private Parameter Weight(string name, ProjectionSpec projection, int columns)
    {
        if (projection.Weights.Count == 1 && _parameters.Find(projection.Weights[0].Name) is { } existing)
        {
            return existing;
        }

        float deviation = _spec.Initializer.MatrixDeviation;
        InitialValue initial = deviation > 0 ? InitialValue.Normal : InitialValue.XavierUniform;
        return _parameters.Get(name, [.. projection.Weights.Select(w => new Tensor(w.Name, w.Rows, columns, 2, initial, deviation) { Layout = w.Layout })]);
    }
}

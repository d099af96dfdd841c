using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// One step of a graph. Each operation has four rules, named alike: its shape (<see cref="Check"/>, beside the operation), its gradient
/// (Backward/GradientRules), its meaning in double precision (the oracle of the tests) and its emitter (Emit/Operations).
/// </summary>
internal abstract class Operation(Stage stage)
{
    public Stage Stage { get; } = stage;

    /// <summary>Activations it reads.</summary>
    public abstract IEnumerable<Value> Inputs { get; }

    /// <summary>Activations it writes.</summary>
    public abstract IEnumerable<Value> Outputs { get; }

    /// <summary>Parameters whose gradient it writes.</summary>
    public virtual IEnumerable<Parameter> ParameterGradients => [];

    /// <summary>Pairs that must share one place: the operation adds to, or replaces, what is there.</summary>
    public virtual IEnumerable<(Value Input, Value Output)> InPlace => [];

    /// <summary>Pairs that may share one place when the input dies here: the operation reads each element before it writes it.</summary>
    public virtual IEnumerable<(Value Input, Value Output)> MayReuse => [];

    /// <summary>Throws when the shapes do not fit.</summary>
    public abstract void Check();

    protected void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException(
                $"{GetType().Name} in {Stage.Name}: {rule}; inputs {string.Join(", ", Inputs)}, outputs {string.Join(", ", Outputs)}.");
        }
    }
}

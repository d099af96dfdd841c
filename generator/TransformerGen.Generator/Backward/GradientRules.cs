using System;
using System.Collections.Generic;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Backward;

/// <summary>One rule per forward operation. Nothing else knows about gradients.</summary>
internal static class GradientRules
{
    private static readonly Dictionary<Type, Action<Differentiation, Operation>> s_rules = new()
    {
        [typeof(Embed)] = Rule<Embed>((d, op) => d.Add(new EmbedBackward(op, Gradient(d, op, op.Y)))),
        [typeof(Linear)] = Rule<Linear>(OfLinear),
        [typeof(AddNorm)] = Rule<AddNorm>(OfAddNorm),
        [typeof(Add)] = Rule<Add>(OfAdd),
        [typeof(Attention)] = Rule<Attention>(OfAttention),
        [typeof(GlobalAttention)] = Rule<GlobalAttention>((d, op) =>
        {
            Value dx = Differentiation.Like(op, op.X, "Local"), dQkv = Differentiation.Like(op, op.Q.Value);
            d.Add(new GlobalAttentionBackward(op, Gradient(d, op, op.Y), dx, dQkv));
            d.Contribute(op, op.X, dx);
            d.Contribute(op, op.Q.Value, dQkv);
        }),
        [typeof(RelativeBias)] = Rule<RelativeBias>((d, op) => d.Add(new RelativeBiasBackward(op, Gradient(d, op, op.Y)))),
        [typeof(HeadNorm)] = Rule<HeadNorm>(OfHeadNorm),
        [typeof(Rotary)] = Rule<Rotary>((d, op) => Through(d, op, op.Y, op.X, "TurnedBack", (dy, dx) => new RotaryBackward(op, dy, dx))),
        [typeof(Gate)] = Rule<Gate>((d, op) => Through(d, op, op.Y, op.X, "Gated", (dy, dx) => new GateBackward(op, dy, dx))),
        [typeof(Cap)] = Rule<Cap>((d, op) => Through(d, op, op.Y, op.X, "Uncapped", (dy, dx) => new CapBackward(op, dy, dx))),
        [typeof(Clip)] = Rule<Clip>((d, op) => Through(d, op, op.Y, op.X, "Unclipped", (dy, dx) => new ClipBackward(op, dy, dx))),
        [typeof(Dropout)] = Rule<Dropout>((d, op) => Through(d, op, op.Y, op.X, "Dropped", (dy, dx) => new DropoutBackward(op, dy, dx))),
        [typeof(SkipLayer)] = Rule<SkipLayer>((d, op) =>
        {
            Value dBefore = Differentiation.Like(op, op.Before, "Skipped"), dx = Differentiation.Like(op, op.X, "Kept");
            d.Add(new SkipLayerBackward(op, Gradient(d, op, op.Y), dBefore, dx));
            d.Contribute(op, op.X, dx);
            d.Contribute(op, op.Before, dBefore);
        }),
        [typeof(Combine)] = Rule<Combine>(ExpertGradients.OfCombine),
        [typeof(ExpertLinear)] = Rule<ExpertLinear>(ExpertGradients.OfLinear),
        [typeof(Dispatch)] = Rule<Dispatch>(ExpertGradients.OfDispatch),
        [typeof(Route)] = Rule<Route>(ExpertGradients.OfRoute),
        [typeof(Select)] = Rule<Select>((d, op) =>
        {
            Value dx = Differentiation.Like(op, op.X, "All");
            d.Add(new SelectBackward(op, Gradient(d, op, op.Y), dx));
            d.Contribute(op, op.X, dx);
        }),
        [typeof(TargetLoss)] = Rule<TargetLoss>((d, op) => d.Set(op.Logits, op.DLogits)),
        [typeof(SpanLoss)] = Rule<SpanLoss>((d, op) => d.Set(op.Logits, op.DLogits)),
        [typeof(GivenGradient)] = Rule<GivenGradient>((d, op) => d.Contribute(op, op.Y, op.DY)),
        [typeof(CrossEntropy)] = Rule<CrossEntropy>((d, op) => d.Set(op.Logits, op.DLogits)),
    };

    /// <summary>Forward operations that have a rule.</summary>
    public static IReadOnlyCollection<Type> Operations => s_rules.Keys;

    /// <summary>The rule of an operation.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Action<Differentiation, Operation> Of(Operation operation) =>
        s_rules.TryGetValue(operation.GetType(), out Action<Differentiation, Operation>? rule)
            ? rule
            : throw new InvalidOperationException($"{operation.GetType().Name} has no gradient rule: add one to {nameof(GradientRules)}.");

    // y = a(x·Wᵀ + b): dBefore = dy ⊙ a'; dW = dBeforeᵀ·x, db = Σ dBefore; dx = dBefore·W.
    private static void OfLinear(Differentiation d, Linear op)
    {
        Value dy = Gradient(d, op, op.Y);
        if (op.Activation != ActivationKind.None)
        {
            Value dBefore = Differentiation.Like(op, op.Y, "Before");
            d.Add(new ActivationBackward(op, dy, dBefore));
            dy = dBefore;
        }

        d.Add(new LinearBackwardWeights(op, dy));
        d.Parameters.TransposedPanel(op.Weight);
        d.Contribute(op, op.X, "From" + op.Y.Role, (existing, dx) => new LinearBackwardInput(op, dy, existing, dx));
    }

    // z = x + drop(sub), y = norm(z): dz = norm'(dy) + what reaches z beside the norm; dx = dz, dsub = drop(dz).
    private static void OfAddNorm(Differentiation d, AddNorm op)
    {
        Value dy = Gradient(d, op, op.Y);
        if (op.Norm.Weight is not null)
        {
            d.Add(new AddNormBackwardWeights(op, dy));
        }

        Value? beside = op.Z is { } z ? d.Of(z) : op.Sub is null ? d.Of(op.X) : null;
        var dz = new Value(op.Stage, "D" + op.Y.Role + "Input", op.X.Rows, op.X.Width);
        Value? dSub = op.Dropout is null ? null : Differentiation.Like(op, op.Sub!);
        d.Add(new AddNormBackward(op, dy, beside, dz, dSub));
        if (op.Sub is null)
        {
            d.Set(op.X, dz);
            return;
        }

        d.Contribute(op, op.Sub, dSub ?? dz);
        d.Contribute(op, op.X, dz);
    }

    // z = x + scale · drop(sub): dx = dz, dsub = scale · drop(dz).
    private static void OfAdd(Differentiation d, Add op)
    {
        Value dz = Gradient(d, op, op.Z), dSub = dz;
        if (op.Dropout is not null || op.Scale != 1f)
        {
            dSub = Differentiation.Like(op, op.Sub);
            d.Add(new AddBackward(op, dz, dSub));
        }

        d.Contribute(op, op.Sub, dSub);
        d.Contribute(op, op.X, dz);
    }

    // The columns of a fused projection become the same columns of one gradient.
    private static void OfAttention(Differentiation d, Attention op)
    {
        Value dy = Gradient(d, op, op.Y);
        Value dq = Differentiation.Like(op, op.Q.Value);
        Value dk = op.K.Value == op.Q.Value ? dq : Differentiation.Like(op, op.K.Value);
        Symbol sequences = op.Y.Rows == Symbol.SourceRows ? Symbol.SourceSequences : Symbol.TargetSequences;
        Value? parts = op.Score is null
            ? null
            : new Value(op.Stage, op.Y.Role + "ScoreParts", sequences, op.Settings.Heads * Padding.Of(op.Settings.HeadWidth));
        AttentionBiasGradient? dBias = op.Bias is null
            ? null
            : new AttentionBiasGradient(
                d.Of(op.Bias),
                new Value(op.Stage, op.Y.Role + "BiasParts", sequences, op.Settings.BiasWidth),
                new Value(op.Stage, "D" + op.Bias.Role + "From" + op.Y.Role, Symbol.Once, op.Settings.BiasWidth));
        d.Add(new AttentionBackward(op, dy, new Columns(dq, op.Q.First), new Columns(dk, op.K.First), new Columns(dk, op.V.First), parts, dBias));
        d.Contribute(op, op.Q.Value, dq);
        if (dk != dq)
        {
            d.Contribute(op, op.K.Value, dk);
        }

        if (dBias is not null)
        {
            d.Set(op.Bias!, dBias.Gradient);
        }
    }

    // dGain = Σ dy ⊙ x̂, dShift = Σ dy; then dx, which may take dy's place.
    private static void OfHeadNorm(Differentiation d, HeadNorm op)
    {
        d.Add(new HeadNormBackwardWeights(op, Gradient(d, op, op.Y)));
        Through(d, op, op.Y, op.X, "Heads", (dy, dx) => new HeadNormBackward(op, dy, dx));
    }

    // y is made from x alone: dx from dy, and added to what else reaches x.
    private static void Through(Differentiation d, Operation op, Value y, Value x, string suffix, Func<Value, Value, Operation> make)
    {
        Value dx = Differentiation.Like(op, x, suffix);
        d.Add(make(Gradient(d, op, y), dx));
        d.Contribute(op, x, dx);
    }

    /// <summary>The gradient of what an operation gives.</summary>
    /// <exception cref="InvalidOperationException">Nothing has made it.</exception>
    internal static Value Gradient(Differentiation d, Operation operation, Value y) =>
        d.Of(y) ?? throw new InvalidOperationException($"{operation.GetType().Name} in {operation.Stage.Name}: nothing has made the gradient of {y}.");

    private static Action<Differentiation, Operation> Rule<TOperation>(Action<Differentiation, TOperation> rule)
        where TOperation : Operation => (d, operation) => rule(d, (TOperation)operation);
}

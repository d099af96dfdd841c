using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>Stacks: the embedding, the layers and their residuals, norms.</summary>
internal sealed partial class GraphBuilder
{
    private Value Stack(StackSpec stack, Symbol rows, Value? memory, KeySource keys)
    {
        string name = Naming.Pascal(stack.Name);
        var stage = new Stage(name + "Embedding", $"{name} embedding", StageFormulas.Of(stack.Embedding));
        Value x = Embedding(stage, stack.Embedding, rows);
        Capture(stack.Name, 0, x);
        for (int i = 0; i < stack.Layers.Count; i++)
        {
            LayerSpec layer = stack.Layers[i];
            int number = i + 1;
            stage = new Stage(StageNames.Layer(stack, i), $"{name} layer {number} of {stack.Layers.Count}", StageFormulas.Of(layer));
            Value before = x;
            for (int j = 0; j < layer.Residuals.Count; j++)
            {
                x = Residual(stage, StageNames.Suffix(layer, j), layer.Residuals[j], x, memory, keys);
            }

            x = Skip(stage, before, x, stack.LayerDrop);
            Capture(stack.Name, number, x, isLast: number == stack.Layers.Count && stack is { CapturesEnd: true } and not { FinalNorm: null, Projection: null });
        }

        if (stack.FinalNorm is { } final)
        {
            stage = new Stage(name + "Norm", $"{name} final norm", "x ← norm(x)");
            x = Norm(stage, final, x, "X");
            Capture(stack.Name, stack.Layers.Count, x, isLast: stack.Projection is not null || !stack.CapturesEnd);
        }

        x = Drop(stage, x, stack.Dropout, "Dropped");
        if (stack.Projection is { } projection)
        {
            stage = new Stage(name + "Projection", $"{name} projection", "x ← x·Wᵀ");
            x = Linear(stage, "X", projection, x, ActivationKind.None, "X");
            Capture(stack.Name, stack.Layers.Count, x, isLast: !stack.CapturesEnd);
        }

        return x;
    }

    /// <summary>Training leaves out some layers.</summary>
    private Value Skip(Stage stage, Value before, Value x, float rate)
    {
        if (Site(rate) is not { } site)
        {
            return x;
        }

        var y = new Value(stage, "X", x.Rows, x.Width);
        _graph.Add(new SkipLayer(stage, before, x, site, y));
        return y;
    }

    private Value Embedding(Stage stage, EmbeddingSpec embedding, Symbol rows)
    {
        Parameter table = _parameters.Table(Table(embedding.Table, embedding.Width));
        Value x;
        float dropout = embedding.Norm is null ? embedding.Dropout : 0f;
        if (embedding.TokenProjection is { } inner)
        {
            var tokens = new Value(stage, "Tokens", rows, embedding.Width);
            _graph.Add(new Embed(stage, table, embedding.Scale, PositionKind.None, null, null, tokens) { PaddingRow = embedding.PaddingRow });
            Value projected = Linear(stage, "TokenProjection", inner, tokens, ActivationKind.None, "Projected");
            var positions = new Value(stage, "Positions", rows, projected.Width);
            _graph.Add(new Embed(stage, null, 1f, embedding.Positions, Positions(stage, embedding, projected.Width), null, positions) { PositionOffset = embedding.PositionOffset });
            x = Sum(stage, "X", projected, positions, dropout, 1f);
        }
        else
        {
            x = new Value(stage, "X", rows, embedding.Width);
            Parameter? types = embedding.Types is { } t
                ? _parameters.Get(stage.Name + "Types", new Tensor(t.Name, t.Rows, embedding.Width, 2, InitialValue.Normal, EmbeddingDeviation))
                : null;
            _graph.Add(new Embed(stage, table, embedding.Scale, embedding.Positions, Positions(stage, embedding, embedding.Width), Site(dropout), x)
            {
                PositionOffset = embedding.PositionOffset,
                SkipsPadding = embedding.SkipsPadding,
                TypeTable = types,
                PaddingRow = embedding.PaddingRow,
            });
        }

        if (embedding.Norm is { } norm)
        {
            x = Norm(stage, norm, x, "Normed");
            x = Drop(stage, x, embedding.Dropout, "Dropped");
        }

        return embedding.Projection is { } projection ? Linear(stage, "Projection", projection, x, ActivationKind.None, "Projected") : x;
    }

    private Parameter? Positions(Stage stage, EmbeddingSpec embedding, int width)
    {
        if (embedding.PositionTable is not { } table)
        {
            return null;
        }

        Tensor tensor = table.Fixed is { } kind
            ? new Tensor(table.Name, table.Rows, width, 2, kind == PositionKind.Sinusoidal ? InitialValue.Sinusoids : InitialValue.SinesThenCosines, IsBuffer: true) { MayBeAbsent = true }
            : new Tensor(table.Name, table.Rows, width, 2, InitialValue.Normal, EmbeddingDeviation);
        return _parameters.Get(stage.Name + "Positions", tensor);
    }

    /// <summary>x ← normAfter(skip + Σ scale · dropout(branch(x))).</summary>
    private Value Residual(Stage stage, string suffix, ResidualSpec residual, Value x, Value? memory, KeySource keys)
    {
        var normed = new Dictionary<NormSpec, Value>();
        Value sum = x;
        Value? together = null;
        for (int i = 0; i < residual.Branches.Count; i++)
        {
            BranchSpec branch = residual.Branches[i];
            string role = StageNames.Role(branch.Function) + suffix;
            Value input = x;
            if (branch.NormBefore is { } before && !normed.TryGetValue(before, out input!))
            {
                normed.Add(before, input = Norm(stage, before, x, role + "Normed"));
            }

            sum = i == 0 && residual.SkipIsNormed ? input : sum;
            Value sub = Sublayer(stage, role, branch.Function, input, memory, keys);
            if (branch.NormAfter is { } after)
            {
                sub = Norm(stage, after, sub, role + "PostNormed");
            }

            (float dropout, float scale) = (branch.Dropout, branch.Scale);
            if (residual.Dropout > 0)
            {
                // The branches are dropped as one: they are added up first.
                together = together is null ? sub : Sum(stage, role + "Together", together, sub, 0f, 1f);
                if (i < residual.Branches.Count - 1)
                {
                    continue;
                }

                (sub, dropout, scale) = (together, residual.Dropout, 1f);
            }

            sum = i == residual.Branches.Count - 1 && residual.NormAfter is { } last && scale == 1f
                ? AddThenNorm(stage, role, last, sum, sub, dropout)
                : Sum(stage, role + "Sum", sum, sub, dropout, scale);
            if (i == residual.Branches.Count - 1 && residual.NormAfter is { } apart && scale != 1f)
            {
                sum = Norm(stage, apart, sum, role + "Out");
            }
        }

        return sum;
    }

    private Value Sublayer(Stage stage, string role, SublayerSpec sublayer, Value x, Value? memory, KeySource keys) => sublayer switch
    {
        AttentionSpec attention => Attend(stage, role, attention, x, memory, keys),
        FeedForwardSpec feedForward => FeedForward(stage, role, feedForward, x),
        ExpertsSpec experts => Experts(stage, role, experts, x),
        _ => throw new InvalidOperationException($"The sublayer {sublayer.GetType().Name} has no builder."),
    };

    private Value Norm(Stage stage, NormSpec norm, Value x, string role)
    {
        var y = new Value(stage, role, x.Rows, x.Width);
        NormParameters parameters = Parameters(stage, role, norm, x.Width);
        _graph.Add(new AddNorm(stage, x, null, parameters, null, null, y, Statistics(stage, role, norm, x)));
        return y;
    }

    private Value AddThenNorm(Stage stage, string role, NormSpec norm, Value x, Value sub, float dropout)
    {
        var y = new Value(stage, role + "Out", x.Rows, x.Width);
        bool needsSum = _training || norm.Kind == NormKind.Batch;
        Value? z = needsSum ? new Value(stage, role + "Sum", x.Rows, x.Width) : null;
        _graph.Add(new AddNorm(stage, x, sub, Parameters(stage, role, norm, x.Width), Site(dropout), z, y, Statistics(stage, role, norm, x)));
        return y;
    }

    private Value Sum(Stage stage, string role, Value x, Value sub, float dropout, float scale)
    {
        var z = new Value(stage, role, x.Rows, x.Width);
        _graph.Add(new Add(stage, x, sub, Site(dropout), z, scale));
        return z;
    }

    private Value Drop(Stage stage, Value x, float rate, string role)
    {
        if (Site(rate) is not { } site)
        {
            return x;
        }

        var y = new Value(stage, role, x.Rows, x.Width);
        _graph.Add(new Dropout(stage, x, site, y));
        return y;
    }

    private Value? Statistics(Stage stage, string role, NormSpec norm, Value x) => !_training ? null
        : norm.Kind == NormKind.Batch ? new Value(stage, role + "Statistics", Symbol.Once, 2 * x.Stride)
        : new Value(stage, role + "Statistics", x.Rows, 2);

    private NormParameters Parameters(Stage stage, string role, NormSpec norm, int width)
    {
        Parameter Vector(string suffix, string name, InitialValue initial, bool isBuffer = false) =>
            _parameters.Get(stage.Name + role + suffix, new Tensor($"{norm.Name}.{name}", 1, width, 1, initial, 0f, isBuffer));
        Parameter? weight = norm.Gain ? Vector("Gain", "weight", norm.UnitOffset ? InitialValue.Zeros : InitialValue.Ones) : null;
        Parameter? bias = norm.Bias ? Vector("Shift", "bias", InitialValue.Zeros) : null;
        return norm.Kind != NormKind.Batch
            ? new NormParameters(norm.Kind, norm.Epsilon, norm.UnitOffset, weight, bias, null, null)
            : new NormParameters(
                norm.Kind,
                norm.Epsilon,
                norm.UnitOffset,
                weight,
                bias,
                Vector("Mean", "running_mean", InitialValue.Zeros, true),
                Vector("Variance", "running_var", InitialValue.Ones, true));
    }

    private float EmbeddingDeviation => _spec.Initializer.EmbeddingDeviation > 0 ? _spec.Initializer.EmbeddingDeviation : (float)Math.Pow(_spec.Width, -0.5);

    /// <summary>[vocabulary, width]: an embedding, an output projection, or both.</summary>
    private Parameter Table(string tensor, int width) =>
        _parameters.Get(Naming.Pascal(tensor.Replace(".weight", "")), new Tensor(tensor, _spec.Vocabulary, width, 2, InitialValue.Normal, EmbeddingDeviation));
}

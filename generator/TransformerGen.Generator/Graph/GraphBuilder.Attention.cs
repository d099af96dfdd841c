using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>Attention: projections, norms and rotation of queries and keys, the scores' bias, the cache.</summary>
internal sealed partial class GraphBuilder
{
    private readonly Dictionary<string, Value> _biases = new(StringComparer.Ordinal);

    /// <summary>MultiHead(x, m, m) = Concat(head₁ … head_H)·W^O, m = x or the encoder's output (paper, section 3.2.2).</summary>
    private Value Attend(Stage stage, string role, AttentionSpec spec, Value x, Value? memory, KeySource keys)
    {
        var settings = new AttentionSettings(spec.Heads, spec.KeyHeads, spec.HeadWidth, spec.Causal, spec.Score, spec.Scale, spec.Pattern)
        {
            SoftCap = spec.SoftCap,
            Bias = spec.Bias.Kind,
            BiasScale = spec.Bias.Scale,
            BiasReach = spec.Bias.Kind == BiasKind.Distance ? spec.Bias.MaxDistance : 0,
            Globals = spec.Global is not null,
        };
        Parameter? score = spec.ScoreTensor is { } tensor
            ? _parameters.Get(stage.Name + role + "Score", new Tensor(tensor, spec.Heads, spec.HeadWidth, 2, InitialValue.Normal, (float)Math.Pow(spec.HeadWidth, -0.5)))
            : null;
        Value? bias = Bias(stage, role, spec);
        var y = new Value(stage, role + "Context", x.Rows, spec.QueryWidth);
        Columns q, k, v;
        if (spec.KeyValue is { } keyValue)
        {
            q = new Columns(Linear(stage, role + "Query", spec.Query, x, ActivationKind.None, role + "Query"), 0);
            Value? kv = keys == KeySource.Cache ? null : Linear(stage, role + "KeyValue", keyValue, memory!, ActivationKind.None, role + "KeyValue");
            (k, v) = kv is null ? (q, q) : (new Columns(kv, 0), new Columns(kv, spec.KeyWidth));
        }
        else
        {
            Value qkv = Linear(stage, role + "Qkv", spec.Query, x, ActivationKind.None, role + "Qkv");
            qkv = Turn(stage, role, spec, NormHeads(stage, role, spec, Clip(stage, role, spec, qkv)));
            (q, k, v) = (new Columns(qkv, 0), new Columns(qkv, spec.QueryWidth), new Columns(qkv, spec.QueryWidth + spec.KeyWidth));
        }

        if (keys == KeySource.Cache)
        {
            CacheLayer cache = _caches.Layer(stage.Name + role);
            if (spec.Source == AttentionSource.Self)
            {
                _graph.Add(new CacheAppend(stage, cache, k, v));
            }

            _graph.Add(new CachedAttention(stage, settings, cache, q, score, bias, y));
        }
        else
        {
            Value? logSumExp = _training || (_captures && _spec.Options.CaptureAttention) ? new Value(stage, role + "LogSumExp", x.Rows, spec.Heads) : null;
            Attention attention = _graph.Add(new Attention(stage, settings, q, k, v, score, y, logSumExp) { Bias = bias, Dropout = Site(spec.Dropout) });
            if (_captures && _spec.Options.CaptureAttention)
            {
                _graph.Add(new CaptureProbabilities(attention, _captured++));
            }

            y = Everywhere(stage, role, spec, settings, x, y);
        }

        return Linear(stage, role + "Out", spec.Output, y, ActivationKind.None, role + "Attended");
    }

    /// <summary>Global tokens attend to every token by projections of their own; the others keep what they have.</summary>
    private Value Everywhere(Stage stage, string role, AttentionSpec spec, AttentionSettings settings, Value x, Value local)
    {
        if (spec.Global is not { } projection)
        {
            return local;
        }

        Value qkv = Linear(stage, role + "GlobalQkv", projection, x, ActivationKind.None, role + "GlobalQkv");
        var y = new Value(stage, role + "GlobalContext", x.Rows, spec.QueryWidth);
        Value? logSumExp = _training ? new Value(stage, role + "GlobalLogSumExp", x.Rows, spec.Heads) : null;
        AttentionSettings full = settings with { Pattern = PatternSpec.Full, Globals = false };
        _graph.Add(new GlobalAttention(stage, full, new Columns(qkv, 0), new Columns(qkv, spec.QueryWidth), new Columns(qkv, spec.QueryWidth + spec.KeyWidth), local, y, logSumExp)
        {
            Dropout = Site(spec.Dropout),
        });
        return y;
    }

    /// <summary>Queries, keys and values, none of whose numbers is larger than the limit.</summary>
    private Value Clip(Stage stage, string role, AttentionSpec spec, Value qkv)
    {
        if (spec.Clip == 0)
        {
            return qkv;
        }

        var y = new Value(stage, role + "Clipped", qkv.Rows, qkv.Width);
        _graph.Add(new Clip(stage, qkv, spec.Clip, y));
        return y;
    }

    /// <summary>Queries and keys, each normalised in groups of columns.</summary>
    private Value NormHeads(Stage stage, string role, AttentionSpec spec, Value qkv)
    {
        var parts = new List<HeadNormPart>();
        foreach ((HeadNormSpec? norm, int first, string name) in ((HeadNormSpec?, int, string)[])[(spec.QueryNorm, 0, "QueryNorm"), (spec.KeyNorm, spec.QueryWidth, "KeyNorm")])
        {
            if (norm is not null)
            {
                Parameter weight = Vectors(stage.Name + role + name + "Gain", norm.Weights, norm.Size, norm.UnitOffset ? InitialValue.Zeros : InitialValue.Ones);
                Parameter? bias = norm.Biases is { } biases ? Vectors(stage.Name + role + name + "Shift", biases, norm.Size, InitialValue.Zeros) : null;
                parts.Add(new HeadNormPart(first, norm.Groups, norm.Size, norm.Kind, norm.Epsilon, norm.UnitOffset, weight, bias));
            }
        }

        if (parts.Count == 0)
        {
            return qkv;
        }

        var y = new Value(stage, role + "NormedHeads", qkv.Rows, qkv.Width);
        Value? statistics = _training ? new Value(stage, role + "HeadStatistics", qkv.Rows, 2 * parts.Sum(part => part.Groups)) : null;
        _graph.Add(new HeadNorm(stage, qkv, y, new EquatableList<HeadNormPart>(parts), statistics));
        return y;
    }

    /// <summary>Queries and keys, each turned by its position.</summary>
    private Value Turn(Stage stage, string role, AttentionSpec spec, Value qkv)
    {
        if (spec.Rotary is not { } rotary)
        {
            return qkv;
        }

        var y = new Value(stage, role + "Turned", qkv.Rows, qkv.Width);
        _graph.Add(new Rotary(stage, qkv, y, rotary, new EquatableList<(int First, int Heads)>([(0, spec.Heads), (spec.QueryWidth, spec.KeyHeads)]), spec.HeadWidth));
        return y;
    }

    /// <summary>The table of a bias by distance, spread over the distances; once for all layers that share it.</summary>
    private Value? Bias(Stage stage, string role, AttentionSpec spec)
    {
        if (spec.Bias.Table is not { } table)
        {
            return null;
        }

        if (!_biases.TryGetValue(table, out Value? bias))
        {
            Parameter parameter = _parameters.Get(stage.Name + role + "Bias", new Tensor(table, spec.Bias.Buckets, spec.Heads, 2, InitialValue.Normal, EmbeddingDeviation));
            bias = new Value(stage, role + "Bias", Symbol.Once, spec.Heads * ((2 * spec.Bias.MaxDistance) + 1));
            _graph.Add(new RelativeBias(stage, parameter, new RelativeBuckets(spec.Bias.Buckets, spec.Bias.MaxDistance, spec.Bias.Bidirectional), bias));
            _biases.Add(table, bias);
        }

        return bias;
    }

    /// <summary>The encoder's output through every decoder layer's K and V projections, once per sentence.</summary>
    private void SourceKeys(Value memory)
    {
        StackSpec decoder = _spec.Decoder!;
        string name = Naming.Pascal(decoder.Name);
        for (int i = 0; i < decoder.Layers.Count; i++)
        {
            foreach (AttentionSpec spec in decoder.Layers[i].Sublayers.OfType<AttentionSpec>().Where(attention => attention.KeyValue is not null))
            {
                var stage = new Stage(StageNames.Layer(decoder, i), $"{name} layer {i + 1}: keys and values of the source", "K, V ← memory·W^K, memory·W^V");
                string role = StageNames.Role(spec);
                Value kv = Linear(stage, role + "KeyValue", spec.KeyValue!, memory, ActivationKind.None, role + "KeyValue");
                _graph.Add(new CacheAppend(stage, _caches.Layer(stage.Name + role), new Columns(kv, 0), new Columns(kv, spec.KeyWidth)));
            }
        }
    }

    private Parameter Vectors(string name, EquatableList<string> tensors, int size, InitialValue initial) =>
        _parameters.Get(name, [.. tensors.Select(tensor => new Tensor(tensor, 1, size, 1, initial))]);
}

using System;
using System.Collections.Generic;
using System.Globalization;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// Builds a model's graphs with functions that read like the paper. Training, encoding, evaluating and one decoding step are the same functions,
/// called with another source of keys and values.
/// </summary>
internal sealed class GraphBuilder
{
    private readonly ModelSpec _spec;
    private readonly ParameterTable _parameters;
    private readonly CacheLayout _caches;
    private readonly ModelGraph _graph = new();
    private readonly bool _training;
    private readonly bool _captures;
    private int _sites;
    private int _captured;

    private GraphBuilder(ModelSpec spec, ParameterTable parameters, CacheLayout caches, bool training, bool captures)
    {
        (_spec, _parameters, _caches, _training, _captures) = (spec, parameters, caches, training, captures);
        _graph.MainDropout = spec.Dropout;
    }

    /// <summary>Everything from tokens to losses, with what the gradients need kept.</summary>
    public static ModelGraph Training(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: true, captures: false);
        Value last = builder.Stacks();
        builder.Loss(builder.Logits(last));
        return builder.Finish();
    }

    /// <summary>The encoder; then the logits, or for a decoder every layer's keys and values in the source cache.</summary>
    public static ModelGraph Encoding(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: false, captures: false);
        Value memory = builder.Stack(spec.Encoder!, Symbol.SourceRows, null, KeySource.Batch);
        if (spec.Decoder is null)
        {
            builder._graph.Keep("Logits", builder.Logits(memory));
        }
        else
        {
            builder.SourceKeys(memory);
        }

        return builder.Finish();
    }

    /// <summary>n new tokens per sequence behind a filled (or empty) cache: prefill, a decoding step, and everything between.</summary>
    public static ModelGraph Decoding(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: false, captures: false);
        Value last = builder.Stack(spec.Decoder!, Symbol.TargetRows, null, KeySource.Cache);
        builder._graph.Keep("Logits", builder.Logits(last));
        return builder.Finish();
    }

    /// <summary>Everything from tokens to logits without a cache, for captured attentions and hidden states.</summary>
    public static ModelGraph Evaluation(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: false, captures: true);
        builder._graph.Keep("Logits", builder.Logits(builder.Stacks()));
        return builder.Finish();
    }

    private enum KeySource
    {
        Batch,
        Cache,
    }

    private Value Stacks()
    {
        Value? memory = _spec.Encoder is { } encoder ? Stack(encoder, Symbol.SourceRows, null, KeySource.Batch) : null;
        return _spec.Decoder is { } decoder ? Stack(decoder, Symbol.TargetRows, memory, KeySource.Batch) : memory!;
    }

    private ModelGraph Finish()
    {
        _graph.ForwardCount = _graph.Operations.Count;
        return ResidualFusion.Apply(GraphVerifier.Verify(_graph));
    }

    private Value Stack(StackSpec stack, Symbol rows, Value? memory, KeySource keys)
    {
        string name = Naming.Pascal(stack.Name);
        var stage = new Stage(name + "Embedding", $"{name} embedding", EmbeddingFormula(stack.Embedding));
        Value x = Embedding(stage, stack.Embedding, rows);
        Capture(stack.Name, 0, x);
        for (int i = 0; i < stack.Layers.Count; i++)
        {
            LayerSpec layer = stack.Layers[i];
            int number = i + 1;
            stage = new Stage($"{name}Layer{number}", $"{name} layer {number} of {stack.Layers.Count}", LayerFormula(layer));
            foreach (SublayerSpec sublayer in layer.Sublayers)
            {
                x = Sublayer(stage, sublayer, x, memory, keys);
            }

            Capture(stack.Name, number, x, isLast: number == stack.Layers.Count && stack.FinalNorm is not null);
        }

        if (stack.FinalNorm is { } final)
        {
            stage = new Stage(name + "Norm", $"{name} final norm", "x ← norm(x)");
            x = Norm(stage, final, x, "X");
            Capture(stack.Name, stack.Layers.Count, x);
        }

        return x;
    }

    private Value Embedding(Stage stage, EmbeddingSpec embedding, Symbol rows)
    {
        Parameter table = Table(embedding.Table);
        Parameter? positions = embedding.PositionTable is { } name
            ? _parameters.Get(stage.Name + "Positions", new Tensor(name, _spec.MaxLength, _spec.Width, 2, InitialValue.Normal, EmbeddingDeviation))
            : null;
        var x = new Value(stage, "X", rows, _spec.Width);
        _graph.Add(new Embed(stage, table, embedding.Scale, embedding.Positions, positions, Site(), x));
        return x;
    }

    /// <summary>Post-norm: x ← norm(x + f(x)). Pre-norm: x ← x + f(norm(x)).</summary>
    private Value Sublayer(Stage stage, SublayerSpec sublayer, Value x, Value? memory, KeySource keys)
    {
        string role = Role(sublayer);
        bool pre = sublayer.Placement == NormPlacement.Pre;
        Value input = pre ? Norm(stage, sublayer.Norm, x, role + "Normed") : x;
        Value sub = sublayer switch
        {
            AttentionSpec attention => Attend(stage, role, attention, input, memory, keys),
            FeedForwardSpec feedForward => FeedForward(stage, role, feedForward, input),
            _ => throw new InvalidOperationException($"The sublayer {sublayer.GetType().Name} has no builder."),
        };
        return pre ? Sum(stage, role + "Sum", x, sub) : AddThenNorm(stage, role, sublayer.Norm, x, sub);
    }

    private Value Norm(Stage stage, NormSpec norm, Value x, string role)
    {
        var y = new Value(stage, role, x.Rows, x.Width);
        NormParameters parameters = Parameters(stage, role, norm);
        _graph.Add(new AddNorm(stage, x, null, parameters, null, null, y, Statistics(stage, role, norm, x)));
        return y;
    }

    private Value AddThenNorm(Stage stage, string role, NormSpec norm, Value x, Value sub)
    {
        var y = new Value(stage, role + "Out", x.Rows, x.Width);
        bool needsSum = _training || norm.Kind == NormKind.Batch;
        Value? z = needsSum ? new Value(stage, role + "Sum", x.Rows, x.Width) : null;
        _graph.Add(new AddNorm(stage, x, sub, Parameters(stage, role, norm), Site(), z, y, Statistics(stage, role, norm, x)));
        return y;
    }

    private Value Sum(Stage stage, string role, Value x, Value sub)
    {
        var z = new Value(stage, role, x.Rows, x.Width);
        _graph.Add(new Add(stage, x, sub, Site(), z));
        return z;
    }

    private Value? Statistics(Stage stage, string role, NormSpec norm, Value x) => !_training ? null
        : norm.Kind != NormKind.Batch ? new Value(stage, role + "Statistics", x.Rows, 2)
        : new Value(stage, role + "Statistics", Symbol.Once, 2 * x.Stride);

    /// <summary>MultiHead(x, m, m) = Concat(head₁ … head_H)·W^O, m = x or the encoder's output (paper, section 3.2.2).</summary>
    private Value Attend(Stage stage, string role, AttentionSpec spec, Value x, Value? memory, KeySource keys)
    {
        int width = spec.Heads * spec.HeadWidth;
        var settings = new AttentionSettings(spec.Heads, spec.Heads, spec.HeadWidth, spec.Causal, spec.Score, (float)Math.Pow(spec.HeadWidth, -0.5), spec.Pattern);
        Parameter? score = spec.Score == ScoreKind.Additive
            ? _parameters.Get(
                stage.Name + role + "Score",
                new Tensor(spec.Name + ".score", spec.Heads, spec.HeadWidth, 2, InitialValue.Normal, (float)Math.Pow(spec.HeadWidth, -0.5)))
            : null;
        var y = new Value(stage, role + "Context", x.Rows, width);
        bool isCross = spec.Source == AttentionSource.Encoder;
        Columns q, k, v;
        if (isCross)
        {
            q = new Columns(Project(stage, role + "Query", spec, x, "q_proj"), 0);
            Value? kv = keys == KeySource.Cache ? null : Project(stage, role + "KeyValue", spec, memory!, "k_proj", "v_proj");
            (k, v) = kv is null ? (q, q) : (new Columns(kv, 0), new Columns(kv, width));
        }
        else
        {
            Value qkv = Project(stage, role + "Qkv", spec, x, "q_proj", "k_proj", "v_proj");
            (q, k, v) = (new Columns(qkv, 0), new Columns(qkv, width), new Columns(qkv, 2 * width));
        }

        if (keys == KeySource.Cache)
        {
            CacheLayer cache = _caches.Layer(spec);
            if (!isCross)
            {
                _graph.Add(new CacheAppend(stage, cache, k, v));
            }

            _graph.Add(new CachedAttention(stage, settings, cache, q, score, null, y));
        }
        else
        {
            Value? logSumExp = _training || (_captures && _spec.Options.CaptureAttention) ? new Value(stage, role + "LogSumExp", x.Rows, spec.Heads) : null;
            Attention attention = _graph.Add(new Attention(stage, settings, q, k, v, score, y, logSumExp));
            if (_captures && _spec.Options.CaptureAttention)
            {
                _graph.Add(new CaptureProbabilities(attention, _captured++));
            }
        }

        return Linear(stage, role + "Out", y, spec.Bias, ActivationKind.None, role + "Attended", (spec.Name + ".out_proj", _spec.Width));
    }

    /// <summary>The encoder's output through every decoder layer's K and V projections, once per sentence.</summary>
    private void SourceKeys(Value memory)
    {
        StackSpec decoder = _spec.Decoder!;
        for (int i = 0; i < decoder.Layers.Count; i++)
        {
            foreach (SublayerSpec sublayer in decoder.Layers[i].Sublayers)
            {
                if (sublayer is AttentionSpec { Source: AttentionSource.Encoder } spec)
                {
                    var stage = new Stage(
                        $"{Naming.Pascal(decoder.Name)}Layer{i + 1}", $"{Naming.Pascal(decoder.Name)} layer {i + 1}: keys and values of the source", "K, V ← memory·W^K, memory·W^V");
                    Value kv = Project(stage, Role(spec) + "KeyValue", spec, memory, "k_proj", "v_proj");
                    _graph.Add(new CacheAppend(stage, _caches.Layer(spec), new Columns(kv, 0), new Columns(kv, spec.Heads * spec.HeadWidth)));
                }
            }
        }
    }

    /// <summary>FFN(x) = activation(x·W₁ᵀ + b₁)·W₂ᵀ + b₂ (paper, section 3.3).</summary>
    private Value FeedForward(Stage stage, string role, FeedForwardSpec spec, Value x)
    {
        Value hidden = Linear(stage, role + "Widen", x, spec.Bias, spec.Activation, role + "Hidden", (spec.Widen, spec.Inner));
        return Linear(stage, role + "Narrow", hidden, spec.Bias, ActivationKind.None, role + "Narrowed", (spec.Narrow, _spec.Width));
    }

    private Value Project(Stage stage, string role, AttentionSpec spec, Value x, params string[] projections)
    {
        var tensors = new (string, int)[projections.Length];
        for (int i = 0; i < projections.Length; i++)
        {
            tensors[i] = ($"{spec.Name}.{projections[i]}", spec.Heads * spec.HeadWidth);
        }

        return Linear(stage, role, x, spec.Bias, ActivationKind.None, role, tensors);
    }

    /// <summary>One product with one or more projections, one below the other: fused Q, K, V.</summary>
    private Value Linear(Stage stage, string parameterRole, Value x, bool hasBias, ActivationKind activation, string role, params (string Name, int Rows)[] projections)
    {
        var weights = new Tensor[projections.Length];
        var biases = new Tensor[projections.Length];
        int width = 0;
        for (int i = 0; i < projections.Length; i++)
        {
            (string name, int rows) = projections[i];
            weights[i] = new Tensor(name + ".weight", rows, x.Width, 2, InitialValue.XavierUniform);
            biases[i] = new Tensor(name + ".bias", 1, rows, 1, InitialValue.Zeros);
            width += rows;
        }

        Parameter weight = _parameters.Get(stage.Name + parameterRole, weights);
        Parameter? bias = hasBias ? _parameters.Get(stage.Name + parameterRole + "Bias", biases) : null;
        var y = new Value(stage, role, x.Rows, width);
        Value? before = _training && activation is not (ActivationKind.None or ActivationKind.Relu) ? new Value(stage, role + "Before", x.Rows, width) : null;
        _parameters.Panel(weight);
        _graph.Add(new Linear(stage, x, weight, bias, activation, y, before));
        return y;
    }

    private Value Logits(Value x)
    {
        var stage = new Stage("Output", "Output", "logits ← x·Wᵀ over the vocabulary");
        var rows = new Value(stage, "X", Symbol.LabelRows, x.Width);
        _graph.Add(new Select(stage, x, rows));
        var logits = new Value(stage, "Logits", Symbol.LabelRows, _spec.Vocabulary);
        Parameter weight = Table(_spec.Output.Weight);
        _parameters.Panel(weight);
        _graph.Add(new Linear(stage, rows, weight, null, ActivationKind.None, logits, null));
        return logits;
    }

    private void Loss(Value logits)
    {
        var losses = new Value(logits.Stage, "Losses", Symbol.LabelRows, 1);
        var gradient = new Value(logits.Stage, "DLogits", Symbol.LabelRows, logits.Width);
        _graph.Add(new CrossEntropy(logits.Stage, logits, losses, gradient));
        _graph.Keep("Losses", losses);
    }

    private float EmbeddingDeviation => (float)Math.Pow(_spec.Width, -0.5);

    /// <summary>[vocabulary, width]: an embedding, an output projection, or both.</summary>
    private Parameter Table(string tensor)
    {
        bool isEmbedding = tensor == _spec.Encoder?.Embedding.Table || tensor == _spec.Decoder?.Embedding.Table;
        return _parameters.Get(
            Naming.Pascal(tensor.Replace(".weight", "")),
            new Tensor(tensor, _spec.Vocabulary, _spec.Width, 2, isEmbedding ? InitialValue.Normal : InitialValue.XavierUniform, isEmbedding ? EmbeddingDeviation : 0f));
    }

    private NormParameters Parameters(Stage stage, string role, NormSpec norm)
    {
        Parameter Vector(string suffix, string name, InitialValue initial, bool isBuffer = false) =>
            _parameters.Get(stage.Name + role + suffix, new Tensor($"{norm.Name}.{name}", 1, _spec.Width, 1, initial, 0f, isBuffer));
        Parameter weight = Vector("Gain", "weight", InitialValue.Ones), bias = Vector("Shift", "bias", InitialValue.Zeros);
        return norm.Kind != NormKind.Batch
            ? new NormParameters(norm.Kind, norm.Epsilon, false, weight, bias, null, null)
            : new NormParameters(
                norm.Kind, norm.Epsilon, false, weight, bias, Vector("Mean", "running_mean", InitialValue.Zeros, true), Vector("Variance", "running_var", InitialValue.Ones, true));
    }

    private DropoutSite? Site() => _training && _spec.Dropout > 0 ? new DropoutSite(_sites++, _spec.Dropout) : null;

    private void Capture(string stack, int index, Value x, bool isLast = false)
    {
        if (_captures && _spec.Options.CaptureHiddenStates && !isLast)
        {
            _graph.Keep(string.Format(CultureInfo.InvariantCulture, "{0}_hidden_states.{1}", stack, index), x);
        }
    }

    private static string Role(SublayerSpec sublayer) => sublayer switch
    {
        AttentionSpec { Source: AttentionSource.Encoder } => "Cross",
        AttentionSpec => "Self",
        _ => "FeedForward",
    };

    private static string EmbeddingFormula(EmbeddingSpec embedding) => (embedding.Scale == 1f ? "x ← E[token]" : "x ← √D·E[token]") + embedding.Positions switch
    {
        PositionKind.None => "",
        PositionKind.Learned => " + P[position]",
        _ => " + PE(position)",
    };

    private static string LayerFormula(LayerSpec layer)
    {
        var steps = new List<string>();
        foreach (SublayerSpec sublayer in layer.Sublayers)
        {
            string input = sublayer.Placement == NormPlacement.Pre ? "norm(x)" : "x";
            string f = sublayer switch
            {
                AttentionSpec { Source: AttentionSource.Encoder } => $"MultiHead({input}, memory, memory)",
                AttentionSpec => $"MultiHead({input}, {input}, {input})",
                FeedForwardSpec { Activation: ActivationKind.Relu } => $"max(0, {input}·W₁ᵀ + b₁)·W₂ᵀ + b₂",
                _ => $"gelu({input}·W₁ᵀ + b₁)·W₂ᵀ + b₂",
            };
            steps.Add(sublayer.Placement == NormPlacement.Pre ? $"x ← x + {f}" : $"x ← norm(x + {f})");
        }

        return string.Join(";  ", steps);
    }
}

using System.Globalization;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// Builds a model's graphs with functions that read like the paper. Training, encoding, evaluating and one decoding step are the same functions,
/// called with another source of keys and values.
/// </summary>
internal sealed partial class GraphBuilder
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
        builder.Losses(builder.Stacks());
        return builder.Finish();
    }

    /// <summary>The encoder; then what the head says, or for a decoder every layer's keys and values in the source cache.</summary>
    public static ModelGraph Encoding(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: false, captures: false);
        Value memory = builder.Stack(spec.Encoder!, Symbol.SourceRows, null, KeySource.Batch);
        if (spec.Decoder is null)
        {
            builder.Answer(memory);
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
        builder.Answer(builder.Stack(spec.Decoder!, Symbol.TargetRows, null, KeySource.Cache));
        return builder.Finish();
    }

    /// <summary>Everything from tokens to the head without a cache, for captured attentions and hidden states.</summary>
    public static ModelGraph Evaluation(ModelSpec spec, ParameterTable parameters, CacheLayout caches)
    {
        var builder = new GraphBuilder(spec, parameters, caches, training: false, captures: true);
        builder.Answer(builder.Stacks());
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

    /// <summary>A place where dropout acts; null where it does not.</summary>
    private DropoutSite? Site(float rate) => _training && rate > 0 ? new DropoutSite(_sites++, rate) : null;

    private void Capture(string stack, int index, Value x, bool isLast = false)
    {
        if (_captures && _spec.Options.CaptureHiddenStates && !isLast)
        {
            _graph.Keep(string.Format(CultureInfo.InvariantCulture, "{0}_hidden_states.{1}", stack, index), x);
        }
    }
}

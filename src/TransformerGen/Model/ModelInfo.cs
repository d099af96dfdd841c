namespace TransformerGen.Model;

/// <summary>What is fixed about a generated model when it is compiled.</summary>
public sealed record ModelInfo
{
    private readonly int? _classes;

    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>The family, as config.json's model_type names it; transformer for the paper's.</summary>
    public required string ModelType { get; init; }

    /// <summary>The configuration as config.json holds it; a saved model writes it beside its weights.</summary>
    public required string ConfigJson { get; init; }

    /// <summary>Tokens that there are.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Types that a token may have, such as first and second sentence; 0 where the model tells no types apart.</summary>
    public int TokenTypes { get; init; }

    /// <summary>
    /// Id of padding that is counted by no position: behind the last token all of it stands at position -1, the row in front of the first. -1 where padding stands at
    /// positions like any token.
    /// </summary>
    public int UnplacedId { get; init; } = -1;

    /// <summary>Which tokens are global where the caller names none.</summary>
    public GlobalTokens Globals { get; init; }

    /// <summary>Id of the token behind a question, for <see cref="GlobalTokens.Question"/>; else -1.</summary>
    public int SeparatorId { get; init; } = -1;

    /// <summary>What the model answers.</summary>
    public OutputKind Output { get; init; }

    /// <summary>Rows that its head answers for.</summary>
    public OutputRows Rows { get; init; }

    /// <summary>What the decoder of an encoder-decoder is fed when whole sequences are answered for.</summary>
    public TargetOrigin Targets { get; init; }

    /// <summary>What the head's numbers are compared with in training.</summary>
    public OutputLoss Loss { get; init; }

    /// <summary>Columns of the logits: the vocabulary of a language head, otherwise the number of classes; 2 for spans; 0 for hidden states.</summary>
    public int Classes
    {
        get => _classes ?? Vocabulary;
        init => _classes = value;
    }

    /// <summary>Names of the classes, as id2label of config.json has them; none where it has none.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Columns of the last hidden states, for <see cref="OutputKind.HiddenStates"/>.</summary>
    public int HiddenWidth { get; init; }

    /// <summary>Columns of the pooler's output, for <see cref="OutputKind.HiddenStates"/>; 0 where there is no pooler.</summary>
    public int PooledWidth { get; init; }

    /// <summary>d_model: width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Most tokens in one sequence.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Id of padding, -1 where the model has none.</summary>
    public required int PadId { get; init; }

    /// <summary>Id that begins a target sequence, -1 where the model has none.</summary>
    public required int BeginId { get; init; }

    /// <summary>Ids that end a sequence, the model's own first; none where the model has none.</summary>
    public required IReadOnlyList<int> EndIds { get; init; }

    /// <summary>The first of <see cref="EndIds"/>, -1 where there is none.</summary>
    public int EndId => EndIds.Count > 0 ? EndIds[0] : -1;

    /// <summary>Whether there is an encoder.</summary>
    public required bool HasEncoder { get; init; }

    /// <summary>Whether there is a decoder.</summary>
    public required bool HasDecoder { get; init; }

    /// <summary>Whether sources and targets are given as pairs: an encoder-decoder whose decoder is not fed the source itself.</summary>
    internal bool TakesPairs => HasEncoder && HasDecoder && Targets == TargetOrigin.Given;

    /// <summary>Whether one sequence is read by both stacks.</summary>
    internal bool MirrorsSource => HasEncoder && HasDecoder && Targets != TargetOrigin.Given;

    /// <summary>Whether source or target positions may see later positions' normalisation statistics (BatchNorm): batches then depend on their rows.</summary>
    public required bool HasBatchNorm { get; init; }

    /// <summary>Dropout rate the attribute gave; the trainer's default.</summary>
    public required float Dropout { get; init; }

    /// <summary>Floats of the row-major parameters, paddings included.</summary>
    public required int ValueFloats { get; init; }

    /// <summary>Floats of the packed panels for inference.</summary>
    public required int PanelFloats { get; init; }

    /// <summary>Floats of the further panels that training needs.</summary>
    public required int TrainingPanelFloats { get; init; }

    /// <summary>Floats per position in the cache of the decoder's own keys and values.</summary>
    public int SelfCacheFloats => SelfCacheLayers.Sum(layer => layer.Floats);

    /// <summary>The decoder's own attentions, in the order in which their keys and values lie in the cache.</summary>
    public required IReadOnlyList<CacheLayerInfo> SelfCacheLayers { get; init; }

    /// <summary>Floats per position in the cache of the encoder's keys and values.</summary>
    public required int CrossCacheFloats { get; init; }

    /// <summary>Prefix of the names of all tensors outside the head, such as "transformer." or "bert.", which a checkpoint of the bare model lacks; loading accepts both. Empty where there is none.</summary>
    public string BaseModelPrefix { get; init; } = "";

    /// <summary>Patterns (as of <see cref="Training.ParameterGroup"/>) of tensors without effect that a checkpoint may hold beside the model's: masks and indices that older versions stored.</summary>
    public IReadOnlyList<string> IgnoredTensors { get; init; } = [];

    /// <summary>The checkpoint's tensors, in the order of the flat buffers.</summary>
    public required IReadOnlyList<ParameterInfo> Parameters { get; init; }

    /// <summary>Elements of all trainable tensors.</summary>
    public long ParameterCount => Parameters.Where(p => !p.IsBuffer).Sum(p => (long)p.Rows * p.Columns);
}

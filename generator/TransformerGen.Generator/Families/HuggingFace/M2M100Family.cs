using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "m2m_100" (Fan et al. 2021): pre-norm translators between many languages, with sinusoidal positions as fairseq counts them.</summary>
internal sealed class M2M100Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "m2m_100";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubSequences.Tasks;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => HubSequences.WithoutEffect;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task) => HubSequences.Build(config, new SequenceTraits
    {
        Vocabulary = 128112,
        PadId = 1,
        OrdinaryBegin = 0,
        BeginId = 2,
        EndId = 2,
        Activation = "relu",
        AttentionDropout = 0.1,
        LayerDrop = 0.05,
        ScalesEmbedding = true,
        PreNorm = true,
        Positions = PositionKind.SinusoidalFairseq,
        PositionOffset = null,
        BiasesLogits = false,
    }, task);
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "mbart" (Liu et al. 2020): BART with norms in front of the sublayers. A target sequence begins with the id of its language, its last label.</summary>
internal sealed class MBartFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "mbart";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubSequences.TasksWithClassifiers;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => HubSequences.WithoutEffect;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task) => HubSequences.Build(config, new SequenceTraits
    {
        Vocabulary = 50265,
        PadId = 1,
        OrdinaryBegin = 0,
        BeginId = null,
        EndId = 2,
        PreNorm = true,
        NormsEmbedding = true,
        PositionOffset = 2,
        Targets = TargetOrigin.Last,
    }, task);
}

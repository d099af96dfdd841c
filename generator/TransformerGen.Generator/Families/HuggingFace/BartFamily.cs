using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "bart" (Lewis et al. 2020): post-norm encoder-decoder with learned positions.</summary>
internal sealed class BartFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bart";

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
        BeginId = 2,
        EndId = 2,
        NormsEmbedding = true,
        PositionOffset = 2,
        Labels = 3,
    }, task);
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "pegasus" (Zhang et al. 2020): pre-norm summarisers with stored sinusoidal positions.</summary>
internal sealed class PegasusFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "pegasus";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubSequences.Tasks;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => HubSequences.WithoutEffect;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task) => HubSequences.Build(config, new SequenceTraits
    {
        Vocabulary = 50265,
        PadId = 0,
        BeginId = 0,
        EndId = 1,
        PreNorm = true,
        PositionsAreBuffer = true,
    }, task);
}

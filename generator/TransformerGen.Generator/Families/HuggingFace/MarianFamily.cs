using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "marian" (Junczys-Dowmunt et al. 2018): post-norm translators with sinusoidal positions.</summary>
internal sealed class MarianFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "marian";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubSequences.Tasks;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => HubSequences.WithoutEffect;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task) => HubSequences.Build(config, new SequenceTraits
    {
        Vocabulary = 58101,
        PadId = 58100,
        BeginId = 58100,
        EndId = 0,
        Positions = PositionKind.SinusoidalHalf,
    }, task);
}

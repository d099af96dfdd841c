namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "camembert" (Martin et al. 2020): RoBERTa in French.</summary>
internal sealed class CamembertFamily : RobertaFamily
{
    /// <inheritdoc/>
    public override string ModelType => "camembert";

    /// <inheritdoc/>
    protected override int Vocabulary => 30522;
}

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "xlm-roberta" (Conneau et al. 2020): RoBERTa over many languages.</summary>
internal sealed class XlmRobertaFamily : RobertaFamily
{
    /// <inheritdoc/>
    public override string ModelType => "xlm-roberta";

    /// <inheritdoc/>
    protected override int Vocabulary => 30522;
}

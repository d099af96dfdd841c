namespace TransformerGen.Generator.Spec;

/// <summary>The dropout rates of a model, site by site.</summary>
internal static class DropoutRates
{
    /// <summary>
    /// The model's main rate: the one that it names, or where that is 0 the first of a site, for a pass whose main rate is 0 drops nothing anywhere.
    /// </summary>
    public static float Main(ModelSpec spec) => spec.Dropout > 0 ? spec.Dropout : Of(spec).FirstOrDefault(rate => rate > 0);

    private static IEnumerable<float> Of(ModelSpec spec) =>
        new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>().SelectMany(Of).Concat(spec.Head.Steps.OfType<DropoutStepSpec>().Select(step => step.Rate));

    private static IEnumerable<float> Of(StackSpec stack) =>
        new[] { stack.Embedding.Dropout }.Concat(stack.Layers.SelectMany(layer => layer.Residuals).SelectMany(Of)).Append(stack.Dropout).Append(stack.LayerDrop);

    private static IEnumerable<float> Of(ResidualSpec residual) => residual.Branches.SelectMany(branch => new[]
    {
        branch.Dropout, (branch.Function as AttentionSpec)?.Dropout ?? 0f, (branch.Function as FeedForwardSpec)?.Dropout ?? 0f,
    }).Append(residual.Dropout);
}

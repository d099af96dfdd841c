namespace TransformerGen.Generator.Graph;

/// <summary>One dropout of a model.</summary>
/// <param name="Number">Which one: part of the hash that decides what is kept.</param>
/// <param name="Rate">Probability of dropping. Where it is the model's main rate the pass says it (a trainer may choose another), else it is the site's own.</param>
internal sealed record DropoutSite(int Number, float Rate);

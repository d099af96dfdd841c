using TransformerGen.Generator.Spec;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>A model and a batch for it, whatever they were drawn from.</summary>
/// <param name="Text">What the model was built from, for whoever reads of a failure.</param>
/// <param name="Model">The model.</param>
/// <param name="Sources">Tokens of each source; for a decoder alone as many lengths, unused.</param>
/// <param name="Targets">Tokens of each target; for an encoder alone unused.</param>
/// <param name="Smoothing">ε of label smoothing; 0 where the head has no classes to smooth.</param>
/// <param name="Seed">Of parameters, tokens, labels and dropout.</param>
internal sealed record SpecCase(string Text, ModelSpec Model, IReadOnlyList<int> Sources, IReadOnlyList<int> Targets, float Smoothing, int Seed)
{
    /// <summary>All tokens are the same one: the rows of a mixture of experts all choose the same, and the other experts have none.</summary>
    public bool SameToken { get; init; }

    public override string ToString() => $"{Text}, sources [{string.Join(", ", Sources)}], targets [{string.Join(", ", Targets)}], smoothing {Smoothing}, seed {Seed}{(SameToken ? ", one token" : "")}";
}

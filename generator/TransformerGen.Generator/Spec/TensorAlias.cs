namespace TransformerGen.Generator.Spec;

/// <summary>Another name of a tensor: a checkpoint may hold lm_head.weight beside transformer.wte.weight, or instead of it.</summary>
/// <param name="Tensor">The name that the model uses and saves.</param>
/// <param name="Alias">The other one.</param>
internal sealed record TensorAlias(string Tensor, string Alias);

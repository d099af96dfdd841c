namespace TransformerGen.Weights;

/// <summary>The order in which a safetensors file holds its tensors.</summary>
public enum TensorOrder
{
    /// <summary>
    /// By name (ordinal), wider element types before narrower ones, as the format's own library writes them: the same tensors give the
    /// same file whatever the caller's order, and every tensor is aligned to its element.
    /// </summary>
    ByName,

    /// <summary>As the caller lists them; a wider type behind a narrower one may then stand unaligned, which some readers refuse.</summary>
    AsGiven,
}

namespace TransformerGen.Model;

/// <summary>
/// Keys and values of one attention in a <see cref="KeyValueCache"/>. Layers follow each other in the order of the list: the keys of all heads,
/// then their values.
/// </summary>
/// <param name="Heads">H: heads.</param>
/// <param name="HeadWidth">K: width of one head; values are padded to a multiple of 16.</param>
public sealed record CacheLayerInfo(int Heads, int HeadWidth)
{
    /// <summary>Floats of one head's value, padding included.</summary>
    public int ValueWidth => Padding.RoundUp(HeadWidth);

    /// <summary>Floats per position: keys and values of all heads.</summary>
    public int Floats => Heads * (HeadWidth + ValueWidth);
}

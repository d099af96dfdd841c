namespace TransformerGen.Generator.Spec;

internal enum BiasKind
{
    None,

    /// <summary>slope of the head · (j - i) (ALiBi, Press et al. 2022).</summary>
    Linear,

    /// <summary>A number per head and distance, from a table by bucket of distances (Raffel et al. 2020).</summary>
    Distance,
}

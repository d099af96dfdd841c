namespace TransformerGen.Generator.Spec;

/// <summary>Trained numbers of a model; one that several parts share counts once.</summary>
internal static class ParameterCount
{
    public static long Of(ModelSpec spec)
    {
        var counted = new HashSet<string>(StringComparer.Ordinal);
        return SpecShapes.Of(spec).Where(shape => shape.IsTrained && counted.Add(shape.Key)).Sum(shape => shape.Rows * shape.Columns);
    }
}

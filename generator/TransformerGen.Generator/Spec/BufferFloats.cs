using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Spec;

/// <summary>
/// Floats of a model's largest buffer, computed from the Spec alone, so that one that no 32-bit offset reaches is refused before anything is built from it.
/// Offsets of values, panels, caches and activations are all 32-bit: the largest of these buffers is that of the row-major values or that of the panels. The
/// panels for dy·W repeat the shapes of the values; a cache, or the activations of one token, have one row for a matrix of 16 columns or more.
/// </summary>
internal static class BufferFloats
{
    /// <summary>What a generated offset reaches.</summary>
    public const long Largest = int.MaxValue;

    /// <summary>The floats, with rows padded to whole vectors.</summary>
    public static long Of(ModelSpec spec)
    {
        HashSet<string> stored = new(StringComparer.Ordinal), packed = new(StringComparer.Ordinal);
        long values = 0, panels = 0;
        foreach (SpecShape shape in SpecShapes.Of(spec))
        {
            values += stored.Add(shape.Key) ? shape.Rows * Pad(shape.Columns) : 0;
            panels += shape.Products > 0 && packed.Add(shape.Key) ? shape.Products * Pad(shape.Columns * Pad(shape.Rows / shape.Products)) : 0;
        }

        return Math.Max(values, panels);
    }

    private static long Pad(long width) => (width + Padding.Floats - 1) / Padding.Floats * Padding.Floats;
}

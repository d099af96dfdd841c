using System.Globalization;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>Refuses a model that is larger than 32-bit offsets reach, and one with more parameters than the attribute, or else the project, allows.</summary>
internal static class ParameterCap
{
    private const long Default = 2_000_000_000;

    /// <summary>Whether the model may be built; if not, fields are told.</summary>
    public static bool Allows(ModelSpec spec, long? ofAttribute, BuildSettings settings, IFieldReporter? fields)
    {
        string written = ofAttribute is long set ? Number.Text(set) : settings.ParameterCap ?? Number.Text(Default);
        if (!long.TryParse(written.Replace("_", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long cap) || cap < 1)
        {
            fields?.Report(Descriptors.InvalidCap, AttributeFields.ParameterCap, written);
            return false;
        }

        // Underline what the parameters come from: the embedding, or the layers.
        long count = ParameterCount.Of(spec), floats = BufferFloats.Of(spec);
        var tables = new HashSet<string>(SpecShapes.Of(spec).Where(shape => shape.Rows == spec.Vocabulary).Select(shape => shape.Key), StringComparer.Ordinal);
        string culprit = tables.Count * (long)spec.Vocabulary * spec.Width > count / 2 ? PaperFields.Vocab : PaperFields.DModel;
        if (floats > BufferFloats.Largest)
        {
            // Before the cap: no cap makes such a model possible.
            fields?.Report(Descriptors.BufferTooLarge, culprit, Number.Grouped(count), Number.Grouped(floats), Number.Grouped(BufferFloats.Largest));
            return false;
        }

        if (count > cap)
        {
            fields?.Report(
                Descriptors.TooManyParameters, culprit, Number.Grouped(count), (count * 4 / 1e9).ToString("N1", CultureInfo.InvariantCulture), Number.Grouped(cap));
            return false;
        }

        return true;
    }
}

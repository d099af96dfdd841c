using System.Globalization;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>Refuses a model with more parameters than the attribute, or else the project, allows.</summary>
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

        long count = ParameterCount.Of(spec);
        if (count <= cap)
        {
            return true;
        }

        // Underline what the parameters come from: the embedding, or the layers.
        long embedding = (long)spec.Vocabulary * spec.Width;
        fields?.Report(
            Descriptors.TooManyParameters,
            embedding > count / 2 ? PaperFields.Vocab : PaperFields.DModel,
            Number.Grouped(count),
            (count * 4 / 1e9).ToString("N1", CultureInfo.InvariantCulture),
            Number.Grouped(cap));
        return false;
    }
}

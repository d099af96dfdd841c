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
        var counted = new HashSet<string>(StringComparer.Ordinal);
        long values = 0, panels = 0;
        Table(spec.Output.Weight, spec.Vocabulary);
        panels += spec.Width * Pad(spec.Vocabulary);
        foreach (StackSpec? stack in new[] { spec.Encoder, spec.Decoder })
        {
            if (stack is null)
            {
                continue;
            }

            Table(stack.Embedding.Table, spec.Vocabulary);
            Table(stack.Embedding.PositionTable, spec.MaxLength);
            Norm(stack.FinalNorm);
            foreach (SublayerSpec sublayer in stack.Layers.SelectMany(layer => layer.Sublayers))
            {
                Norm(sublayer.Norm);
                switch (sublayer)
                {
                    case AttentionSpec attention:
                        long inner = (long)attention.Heads * attention.HeadWidth;
                        if (attention.Source == AttentionSource.Encoder)
                        {
                            Product(spec.Width, inner, attention.Bias);
                            Product(spec.Width, 2 * inner, attention.Bias);
                        }
                        else
                        {
                            Product(spec.Width, 3 * inner, attention.Bias);
                        }

                        Product(inner, spec.Width, attention.Bias);
                        values += attention.Score == ScoreKind.Additive ? attention.Heads * Pad(attention.HeadWidth) : 0;
                        break;
                    case FeedForwardSpec feedForward:
                        Product(spec.Width, feedForward.Inner, feedForward.Bias);
                        Product(feedForward.Inner, spec.Width, feedForward.Bias);
                        break;
                    default:
                        throw new InvalidOperationException("No floats for " + sublayer.GetType().Name + ": add its products here.");
                }
            }
        }

        return Math.Max(values, panels);

        void Table(string? name, long rows) => values += name is not null && counted.Add(name) ? rows * Pad(spec.Width) : 0;

        // Gain and shift, and a batch norm's running mean and variance.
        void Norm(NormSpec? norm) => values += norm is null ? 0 : (norm.Kind == NormKind.Batch ? 4 : 2) * Pad(spec.Width);

        void Product(long columns, long rows, bool bias)
        {
            values += (rows * Pad(columns)) + (bias ? Pad(rows) : 0);
            panels += Pad(columns * Pad(rows));
        }
    }

    private static long Pad(long width) => (width + Padding.Floats - 1) / Padding.Floats * Padding.Floats;
}

namespace TransformerGen.Generator.Spec;

/// <summary>Trained numbers of a model, computed from the Spec alone, so that an impossible one is refused before anything is built from it.</summary>
internal static class ParameterCount
{
    /// <summary>All parameters; one that several parts share counts once.</summary>
    public static long Of(ModelSpec spec)
    {
        var counted = new HashSet<string>(StringComparer.Ordinal);
        long total = Once(counted, spec.Output.Weight, (long)spec.Vocabulary * spec.Width);
        foreach (StackSpec? stack in new[] { spec.Encoder, spec.Decoder })
        {
            if (stack is null)
            {
                continue;
            }

            total += Once(counted, stack.Embedding.Table, (long)spec.Vocabulary * spec.Width);
            total += Once(counted, stack.Embedding.PositionTable, (long)spec.MaxLength * spec.Width);
            total += Once(counted, stack.FinalNorm?.Name, 2L * spec.Width);
            foreach (SublayerSpec sublayer in stack.Layers.SelectMany(layer => layer.Sublayers))
            {
                total += Once(counted, sublayer.Norm.Name, 2L * spec.Width);
                total += sublayer switch
                {
                    AttentionSpec attention => Once(counted, attention.Name, Of(attention, spec.Width)),
                    FeedForwardSpec feedForward => Once(counted, feedForward.Widen, Of(feedForward, spec.Width)),
                    _ => throw new InvalidOperationException("No parameter count for " + sublayer.GetType().Name + ": add its line here."),
                };
            }
        }

        return total;
    }

    private static long Of(AttentionSpec attention, long width)
    {
        long inner = (long)attention.Heads * attention.HeadWidth;
        long biases = attention.Bias ? (3 * inner) + width : 0;
        return (4 * width * inner) + biases + (attention.Score == ScoreKind.Additive ? inner : 0);
    }

    private static long Of(FeedForwardSpec feedForward, long width) => (2 * width * feedForward.Inner) + (feedForward.Bias ? feedForward.Inner + width : 0);

    private static long Once(HashSet<string> counted, string? name, long count) => name is not null && counted.Add(name) ? count : 0;
}

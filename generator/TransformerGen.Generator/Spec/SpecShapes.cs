namespace TransformerGen.Generator.Spec;

/// <summary>A parameter of a model as its Spec alone tells it.</summary>
/// <param name="Key">Name of its first tensor: the same key is the same parameter.</param>
/// <param name="Rows">Rows; 1 for a vector.</param>
/// <param name="Columns">Columns.</param>
/// <param name="Products">How many products have a part of it as their weight, one below the other: 0, 1, or the experts.</param>
/// <param name="IsTrained">Not a buffer.</param>
internal readonly record struct SpecShape(string Key, long Rows, long Columns, int Products = 0, bool IsTrained = true);

/// <summary>
/// All parameters of a Spec, so that an impossible model is refused before anything is built from it. A parameter that several parts share comes once for each.
/// </summary>
internal static class SpecShapes
{
    public static IEnumerable<SpecShape> Of(ModelSpec spec)
    {
        int width = spec.Width;
        foreach (StackSpec stack in new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>())
        {
            foreach (SpecShape shape in Of(spec, stack.Embedding))
            {
                yield return shape;
            }

            foreach (ResidualSpec residual in stack.Layers.SelectMany(layer => layer.Residuals))
            {
                foreach (SpecShape shape in residual.Branches.SelectMany(branch => Of(branch.NormBefore, width).Concat(Of(branch.Function, width)).Concat(Of(branch.NormAfter, width))))
                {
                    yield return shape;
                }

                foreach (SpecShape shape in Of(residual.NormAfter, width))
                {
                    yield return shape;
                }
            }

            foreach (SpecShape shape in Of(stack.FinalNorm, width).Concat(Of(stack.Projection, width)))
            {
                yield return shape;
            }
        }

        foreach (SpecShape shape in Of(spec.Head, (spec.Decoder ?? spec.Encoder)?.OutputWidth(width) ?? width))
        {
            yield return shape;
        }
    }

    private static IEnumerable<SpecShape> Of(ModelSpec spec, EmbeddingSpec embedding)
    {
        int width = embedding.TokenProjection?.Width ?? embedding.Width;
        yield return new SpecShape(embedding.Table, spec.Vocabulary, embedding.Width);
        if (embedding.PositionTable is { } positions)
        {
            yield return new SpecShape(positions.Name, positions.Rows, width, IsTrained: !positions.IsBuffer);
        }

        if (embedding.Types is { } types)
        {
            yield return new SpecShape(types.Name, types.Rows, width);
        }

        foreach (SpecShape shape in Of(embedding.TokenProjection, embedding.Width).Concat(Of(embedding.Norm, width)).Concat(Of(embedding.Projection, width)))
        {
            yield return shape;
        }
    }

    private static IEnumerable<SpecShape> Of(HeadSpec head, int width)
    {
        foreach (HeadStepSpec step in head.Steps)
        {
            foreach (SpecShape shape in step is DenseStepSpec dense ? Of(dense.Projection, width) : Of((step as NormStepSpec)?.Norm, width))
            {
                yield return shape;
            }

            width = step is DenseStepSpec { Projection: var projection } ? projection.Width : width;
        }

        foreach (SpecShape shape in Of(head.Output, width))
        {
            yield return shape with { IsTrained = shape.Products > 0 || !head.BiasIsBuffer };
        }
    }

    private static IEnumerable<SpecShape> Of(SublayerSpec sublayer, int width)
    {
        switch (sublayer)
        {
            case AttentionSpec attention:
                return Of(attention.Query, width).Concat(Of(attention.KeyValue, width)).Concat(Of(attention.Global, width)).Concat(Of(attention.Output, (long)attention.Heads * attention.HeadWidth))
                    .Concat(Of(attention.QueryNorm)).Concat(Of(attention.KeyNorm))
                    .Concat(attention.ScoreTensor is { } score ? [new SpecShape(score, attention.Heads, attention.HeadWidth)] : [])
                    .Concat(attention.Bias.Table is { } table ? [new SpecShape(table, attention.Bias.Buckets, attention.Heads)] : []);
            case FeedForwardSpec feedForward:
                return Of(feedForward.Widen, width).Concat(Of(feedForward.Narrow, feedForward.Inner));
            case ExpertsSpec experts:
                return Of(experts.Router, width).Concat(Of(experts.Widen, width, experts.Count)).Concat(Of(experts.Narrow, experts.Inner, experts.Count));
            default:
                throw new InvalidOperationException("No parameters for " + sublayer.GetType().Name + ": add its line here.");
        }
    }

    private static IEnumerable<SpecShape> Of(ProjectionSpec? projection, long columns, int products = 1)
    {
        if (projection is null)
        {
            yield break;
        }

        yield return new SpecShape(projection.Weights[0].Name, projection.Weights.Sum(tensor => (long)tensor.Rows), columns, products);
        if (projection.Biases is { } biases)
        {
            yield return new SpecShape(biases[0].Name, 1, biases.Sum(tensor => (long)tensor.Rows));
        }
    }

    private static IEnumerable<SpecShape> Of(HeadNormSpec? norm)
    {
        foreach (EquatableList<string> names in new[] { norm?.Weights, norm?.Biases }.OfType<EquatableList<string>>())
        {
            yield return new SpecShape(names[0], 1, (long)names.Count * norm!.Size);
        }
    }

    private static IEnumerable<SpecShape> Of(NormSpec? norm, int width)
    {
        if (norm is null)
        {
            yield break;
        }

        if (norm.Gain)
        {
            yield return new SpecShape(norm.Weight, 1, width);
        }

        if (norm.Bias)
        {
            yield return new SpecShape(norm.Name + ".bias", 1, width);
        }

        if (norm.Kind == NormKind.Batch)
        {
            yield return new SpecShape(norm.Name + ".running_mean", 1, width, IsTrained: false);
            yield return new SpecShape(norm.Name + ".running_var", 1, width, IsTrained: false);
        }
    }
}

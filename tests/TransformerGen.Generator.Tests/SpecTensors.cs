using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>Tensors of a checkpoint and their shapes, spelled out from the Spec of a paper's model.</summary>
internal static class SpecTensors
{
    public static Dictionary<string, int[]> Of(ModelSpec spec)
    {
        var tensors = new Dictionary<string, int[]>();
        int width = spec.Width;
        Linear(spec.Head.Output!, width);
        foreach (StackSpec stack in new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>())
        {
            tensors[stack.Embedding.Table] = [spec.Vocabulary, width];
            if (stack.Embedding.PositionTable is { } positions)
            {
                tensors[positions.Name] = [spec.MaxLength, width];
            }

            Norm(stack.FinalNorm);
            foreach (ResidualSpec residual in stack.Layers.SelectMany(layer => layer.Residuals))
            {
                BranchSpec branch = Assert.Single(residual.Branches);
                Norm(branch.NormBefore);
                Norm(residual.NormAfter);
                switch (branch.Function)
                {
                    case AttentionSpec attention:
                        Linear(attention.Query, width);
                        Linear(attention.KeyValue, width);
                        Linear(attention.Output, attention.Heads * attention.HeadWidth);
                        if (attention.ScoreTensor is { } score)
                        {
                            tensors[score] = [attention.Heads, attention.HeadWidth];
                        }

                        break;
                    case FeedForwardSpec feedForward:
                        Linear(feedForward.Widen, width);
                        Linear(feedForward.Narrow, feedForward.Inner);
                        break;
                }
            }
        }

        return tensors;

        void Linear(ProjectionSpec? projection, int columns)
        {
            foreach (TensorSpec tensor in projection?.Weights ?? EquatableList<TensorSpec>.Empty)
            {
                tensors[tensor.Name] = [tensor.Rows, columns];
            }

            foreach (TensorSpec tensor in projection?.Biases ?? EquatableList<TensorSpec>.Empty)
            {
                tensors[tensor.Name] = [tensor.Rows];
            }
        }

        void Norm(NormSpec? norm)
        {
            foreach (string part in norm is null ? [] : norm.Kind == NormKind.Batch ? ["weight", "bias", "running_mean", "running_var"] : new[] { "weight", "bias" })
            {
                tensors[norm!.Name + "." + part] = [width];
            }
        }
    }
}

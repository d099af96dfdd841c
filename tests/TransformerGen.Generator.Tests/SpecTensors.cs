using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>Tensors of a checkpoint, spelled out from the Spec by the rule of names that the fixtures keep.</summary>
internal static class SpecTensors
{
    public static Dictionary<string, int[]> Of(ModelSpec spec)
    {
        var tensors = new Dictionary<string, int[]>();
        int width = spec.Width;
        tensors[spec.Output.Weight] = [spec.Vocabulary, width];
        foreach (StackSpec stack in new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>())
        {
            tensors[stack.Embedding.Table] = [spec.Vocabulary, width];
            if (stack.Embedding.PositionTable is string positions)
            {
                tensors[positions] = [spec.MaxLength, width];
            }

            if (stack.FinalNorm is { } final)
            {
                Norm(final);
            }

            foreach (SublayerSpec sublayer in stack.Layers.SelectMany(layer => layer.Sublayers))
            {
                Norm(sublayer.Norm);
                switch (sublayer)
                {
                    case AttentionSpec attention:
                        int inner = attention.Heads * attention.HeadWidth;
                        Linear(attention.Name + ".q_proj", inner, width, attention.Bias);
                        Linear(attention.Name + ".k_proj", inner, width, attention.Bias);
                        Linear(attention.Name + ".v_proj", inner, width, attention.Bias);
                        Linear(attention.Name + ".out_proj", width, inner, attention.Bias);
                        if (attention.Score == ScoreKind.Additive)
                        {
                            tensors[attention.Name + ".score"] = [attention.Heads, attention.HeadWidth];
                        }

                        break;
                    case FeedForwardSpec feedForward:
                        Linear(feedForward.Widen, feedForward.Inner, width, feedForward.Bias);
                        Linear(feedForward.Narrow, width, feedForward.Inner, feedForward.Bias);
                        break;
                }
            }
        }

        return tensors;

        void Linear(string name, int rows, int columns, bool bias)
        {
            tensors[name + ".weight"] = [rows, columns];
            if (bias)
            {
                tensors[name + ".bias"] = [rows];
            }
        }

        void Norm(NormSpec norm)
        {
            foreach (string part in norm.Kind == NormKind.Batch ? ["weight", "bias", "running_mean", "running_var"] : new[] { "weight", "bias" })
            {
                tensors[norm.Name + "." + part] = [width];
            }
        }
    }
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>The keys that BERT and its kin share, and the layer that is made of them.</summary>
internal sealed record BertSizes(int Width, int Heads, int HeadWidth, int Layers, int Inner, float Epsilon, float Dropout, float AttentionDropout, ActivationKind Activation)
{
    /// <summary>Reads them; the defaults of BERT, where not said otherwise.</summary>
    public static BertSizes Read(HubConfig config, int width = 768, int heads = 12, int layers = 12, int inner = 3072, string activation = "gelu", double dropout = 0.1)
    {
        width = config.Size("hidden_size", width, "the width of every position");
        heads = config.Heads("num_attention_heads", heads);
        return new BertSizes(
            width,
            heads,
            config.HeadWidth(width, heads, "num_attention_heads"),
            config.Layers("num_hidden_layers", layers),
            config.Size("intermediate_size", inner, "the inner width of the feed-forward sublayer"),
            config.Epsilon("layer_norm_eps", 1e-12),
            config.Rate("hidden_dropout_prob", dropout),
            config.Rate("attention_probs_dropout_prob", dropout),
            config.Activation("hidden_act", activation));
    }

    /// <summary>A norm by its name.</summary>
    public NormSpec Norm(string name) => new(name, NormKind.Layer, Epsilon);

    /// <summary>A layer by BERT's names.</summary>
    public LayerSpec Layer(string name) => HubModels.BertLayer(name, Norm, Heads, HeadWidth, Width, Inner, Activation, Dropout, AttentionDropout);
}

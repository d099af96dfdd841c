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

    /// <summary>Words, learned positions and token types by BERT's names, normalised.</summary>
    /// <param name="prefix">Of the names.</param>
    /// <param name="rows">Rows of the positions.</param>
    /// <param name="paddingRow">Id of padding, which learns nothing.</param>
    /// <param name="types">Token types; null for a model that tells none apart.</param>
    /// <param name="width">Where it is not the layers'.</param>
    public EmbeddingSpec Embedding(string prefix, int rows, int paddingRow, int? types, int? width = null) => new(prefix + "embeddings.word_embeddings.weight", width ?? Width, 1f)
    {
        PaddingRow = paddingRow,
        Positions = PositionKind.Learned,
        PositionTable = new PositionTableSpec(prefix + "embeddings.position_embeddings.weight", rows),
        Types = types is int count ? new TypeTableSpec(prefix + "embeddings.token_type_embeddings.weight", count) : null,
        Norm = Norm(prefix + "embeddings.LayerNorm"),
        Dropout = Dropout,
    };

    /// <summary>A layer by BERT's names.</summary>
    public LayerSpec Layer(string name)
    {
        string self = name + ".attention.self", output = name + ".attention.output";
        AttentionSpec attention = AttentionSpec.Self(
            Heads,
            HeadWidth,
            causal: false,
            ProjectionSpec.Of(bias: true, (self + ".query", Width), (self + ".key", Width), (self + ".value", Width)),
            ProjectionSpec.Of(bias: true, (output + ".dense", Width))) with
        {
            Dropout = AttentionDropout,
        };
        return HubModels.PostNorm(Dropout, (Norm(output + ".LayerNorm"), attention), (Norm(name + ".output.LayerNorm"), FeedForward(name)));
    }

    /// <summary>A layer's feed-forward by BERT's names.</summary>
    public FeedForwardSpec FeedForward(string name) => new(
        ProjectionSpec.Of(bias: true, (name + ".intermediate.dense", Inner)), ProjectionSpec.Of(bias: true, (name + ".output.dense", Width)), Inner, Activation);
}

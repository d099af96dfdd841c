using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "falcon" (Almazrouei et al. 2023) in its three layouts: one key head behind all heads of queries (7B), groups of heads each with its key head (40B,
/// new_decoder_architecture), and head by head with ALiBi (RW). ALiBi's slopes are exact here; transformers rounds slope times position to bfloat16, which
/// differs from 9 heads or 257 positions on.
/// </summary>
internal sealed class FalconFamily : HubFamily
{
    private const string HeadsKey = "num_attention_heads", KeyHeadsKey = "num_kv_heads", NormsKey = "num_ln_in_parallel_attn";

    /// <inheritdoc/>
    public override string ModelType => "falcon";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => ["apply_residual_connection_post_layernorm", "ff_factor"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("n_embed", 4544, "the width of every position", "hidden_size"), heads = config.Heads(HeadsKey, 71), layers = config.Layers("num_hidden_layers", 32);
        int headWidth = config.HeadWidth(width, heads, HeadsKey), inner = config.Optional("ffn_hidden_size", 1, "the inner width of the feed-forward sublayer") ?? 4 * width;
        int vocabulary = config.Vocabulary(65024), length = config.Length("max_position_embeddings", 2048);
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5), attentionDropout = config.Rate("attention_dropout", 0), dropout = config.Rate("hidden_dropout", 0);
        bool alibi = config.Flag("alibi", false), grouped = config.Flag("new_decoder_architecture", false), single = config.Flag("multi_query", true);
        bool parallel = config.Flag("parallel_attn", true), bias = config.Flag("bias", false), twoNorms = TwoNorms(config, grouped, parallel);
        int keyHeads = KeyHeads(config, heads, grouped, single);
        ActivationKind activation = config.Activation("activation", "gelu");
        RotarySpec rotary = HubRope.Whole(config, RotaryKind.HalfSplit, headWidth, 10000, length);
        TensorLayout layout = grouped ? TensorLayout.Grouped(keyHeads, heads / keyHeads * headWidth, headWidth, headWidth)
            : single ? TensorLayout.Plain
            : TensorLayout.Grouped(heads, headWidth, headWidth, headWidth);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "word_embeddings.weight", tied: true, tokens: "classifier", drop: dropout);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Causal(config, width, vocabulary, alibi ? int.MaxValue / 2 : length, "transformer.", null, 11, 11) with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "word_embeddings.weight", width, 1f),
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "h." + Number.Text(i);
                    var attention = new AttentionSpec(
                        AttentionSource.Self,
                        heads,
                        keyHeads,
                        headWidth,
                        Causal: true,
                        ProjectionSpec.Of(bias, name + ".self_attention.query_key_value", (heads + (2 * keyHeads)) * headWidth, layout),
                        ProjectionSpec.Of(bias, (name + ".self_attention.dense", width)))
                    {
                        Rotary = alibi ? null : rotary,
                        Bias = alibi ? new BiasSpec(BiasKind.Linear) { Scale = (float)Math.Pow(headWidth, -0.5) } : BiasSpec.None,

                        // transformers drops no probabilities without ALiBi.
                        Dropout = alibi ? attentionDropout : 0f,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias, (name + ".mlp.dense_h_to_4h", inner)), ProjectionSpec.Of(bias, (name + ".mlp.dense_4h_to_h", width)), inner, activation);
                    NormSpec first = Norm(name + (twoNorms ? ".ln_attn" : ".input_layernorm"));
                    NormSpec second = parallel && !twoNorms ? first : Norm(name + (twoNorms ? ".ln_mlp" : ".post_attention_layernorm"));
                    var attend = new BranchSpec(attention) { NormBefore = first, Dropout = parallel ? 0f : attentionDropout };
                    var feed = new BranchSpec(feedForward) { NormBefore = second, Dropout = parallel ? 0f : dropout };
                    return new LayerSpec(new EquatableList<ResidualSpec>(
                        parallel ? [ResidualSpec.Of(attend, feed) with { Dropout = dropout }] : [ResidualSpec.Of(attend), ResidualSpec.Of(feed)]));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.rotary_emb.inv_freq"]),
        };
    }

    /// <summary>num_kv_heads counts where heads are grouped; otherwise there is one key head, or one for each head.</summary>
    private static int KeyHeads(HubConfig config, int heads, bool grouped, bool single)
    {
        if (!grouped && single)
        {
            config.Reader.Has(KeyHeadsKey);
            return 1;
        }

        int keyHeads = config.KeyHeads(KeyHeadsKey, heads, heads);
        if (!grouped && keyHeads != heads)
        {
            config.Refuse(KeyHeadsKey, "null or " + Number.Text(heads) + ", the number of heads, without new_decoder_architecture");
            return heads;
        }

        return keyHeads;
    }

    /// <summary>Whether attention and feed-forward have a norm each (ln_attn, ln_mlp).</summary>
    private static bool TwoNorms(HubConfig config, bool grouped, bool parallel)
    {
        if (grouped && !parallel)
        {
            config.Refuse("parallel_attn", "true with new_decoder_architecture");
        }

        int norms = config.Optional(NormsKey, 1, "the number of norms of a layer") ?? (grouped ? 2 : 1);
        if (norms > 2 || (norms == 2 && !grouped))
        {
            config.Refuse(NormsKey, grouped ? "1 or 2" : "null or 1 without new_decoder_architecture");
        }

        return grouped && norms == 2;
    }
}

using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "stablelm" (Bellagente et al. 2024): Llama with layer norms and partial rotation; attention and feed-forward may stand beside each other behind one
/// norm, and each head of queries and keys may have a norm of its own.
/// </summary>
internal sealed class StableLmFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "stablelm";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2560, 6912, 32, 32, 32, 50304, 4096);
        float epsilon = config.Epsilon("layer_norm_eps", 1e-5), attentionDropout = config.Rate("attention_dropout", 0), dropout = config.Rate("hidden_dropout", 0);
        bool bias = config.Flag("use_qkv_bias", false), headNorms = config.Flag("qk_layernorm", false), parallel = config.Flag("use_parallel_residual", false);
        if (headNorms && HubDecoders.AtMost(config, "num_attention_heads", sizes.Heads, sizes.Layers, "heads, each with a norm of its own,") != sizes.Heads)
        {
            headNorms = false;
        }

        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = HubRope.Read(config, RotaryKind.HalfSplit, HubRope.Turned(config, sizes.HeadWidth, 0.25), 10000, sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, 0, 0), tied: false, Norm, (name, _) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias, outputBias: false) with { Rotary = rotary, Dropout = attentionDropout };
            if (headNorms)
            {
                attention = attention with
                {
                    QueryNorm = OfHeads(name + ".self_attn.q_layernorm", sizes.Heads),
                    KeyNorm = OfHeads(name + ".self_attn.k_layernorm", sizes.KeyHeads),
                };
            }

            // Only the feed-forward's result is dropped.
            var attend = new BranchSpec(attention) { NormBefore = Norm(name + ".input_layernorm") };
            var feed = new BranchSpec(sizes.Gated(name + ".mlp", activation)) { NormBefore = parallel ? attend.NormBefore : Norm(name + ".post_attention_layernorm"), Dropout = dropout };
            return new LayerSpec(new EquatableList<ResidualSpec>(parallel ? [ResidualSpec.Of(attend, feed)] : [ResidualSpec.Of(attend), ResidualSpec.Of(feed)]));
        }, drop: dropout) with
        { Dropout = dropout };

        HeadNormSpec OfHeads(string name, int heads) => new(
            new EquatableList<string>(Enumerable.Range(0, heads).Select(head => name + ".norms." + Number.Text(head) + ".weight")), null, heads, sizes.HeadWidth, NormKind.Layer, epsilon);
    }
}

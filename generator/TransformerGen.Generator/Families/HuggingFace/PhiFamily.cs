using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "phi" (Gunasekar et al. 2023): attention and feed-forward beside each other behind one norm, partial rotation, biases everywhere.</summary>
internal sealed class PhiFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "phi";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2048, 8192, 24, 32, null, 51200, 2048);
        float epsilon = config.Epsilon("layer_norm_eps", 1e-5);
        float attentionDropout = config.Rate("attention_dropout", 0), embeddingDropout = config.Rate("embd_pdrop", 0), dropout = config.Rate("resid_pdrop", 0);
        bool headNorms = config.Flag("qk_layernorm", false);
        ActivationKind activation = config.Activation("hidden_act", "gelu_new");
        RotarySpec rotary = HubRope.Read(config, RotaryKind.HalfSplit, HubRope.Turned(config, sizes.HeadWidth, 0.5), 10000, sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (null, 1, 2), tied: false, Norm, (name, _) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias: true, output: "dense") with { Rotary = rotary, Dropout = attentionDropout };
            if (headNorms)
            {
                attention = attention with
                {
                    QueryNorm = OfHeads(name + ".self_attn.q_layernorm", sizes.Heads),
                    KeyNorm = OfHeads(name + ".self_attn.k_layernorm", sizes.KeyHeads),
                };
            }

            var feedForward = new FeedForwardSpec(
                ProjectionSpec.Of(bias: true, (name + ".mlp.fc1", sizes.Inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.fc2", sizes.Width)), sizes.Inner, activation);
            NormSpec norm = Norm(name + ".input_layernorm");
            return HubModels.Parallel(dropout, (norm, attention), (norm, feedForward));
        }, "final_layernorm");
        return model with
        {
            Decoder = model.Decoder! with { Embedding = model.Decoder.Embedding with { Dropout = embeddingDropout } },
            Head = HubDecoders.Head(config, task, sizes.Vocabulary, model.Decoder.Embedding.Table, tied: false, bias: true),
            Dropout = dropout,
        };

        HeadNormSpec OfHeads(string name, int heads) => new(
            new EquatableList<string>([name + ".weight"]), new EquatableList<string>([name + ".bias"]), heads, sizes.HeadWidth, NormKind.Layer, epsilon);
    }
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "granite" (IBM 2024): Llama with factors of the embedding, the scores, the branches and the logits.</summary>
internal sealed class GraniteFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "granite";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithoutClassifier;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 11008, 32, 32, null, 32000, 2048);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        float ofEmbedding = (float)config.Real("embedding_multiplier", 1), ofBranch = (float)config.Real("residual_multiplier", 1);
        float ofScore = (float)config.Positive("attention_multiplier", 1);
        double ofLogits = config.Positive("logits_scaling", 1);
        bool attentionBias = config.Flag("attention_bias", false), feedForwardBias = config.Flag("mlp_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (null, 1, 2), tied: false, Norm, (name, _) => new LayerSpec(new EquatableList<ResidualSpec>(
        [
            Branch(Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", attentionBias) with { Rotary = rotary, Scale = ofScore, Dropout = dropout }),
            Branch(Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation, feedForwardBias)),
        ])));
        return model with
        {
            Decoder = model.Decoder! with { Embedding = model.Decoder.Embedding with { Scale = ofEmbedding } },
            Head = model.Head with { Scale = model.Head.Kind == HeadKind.Language ? (float)(1 / ofLogits) : 1f },
            Dropout = dropout,
        };

        ResidualSpec Branch(NormSpec norm, SublayerSpec function) => ResidualSpec.Of(new BranchSpec(function) { NormBefore = norm, Scale = ofBranch });
    }
}

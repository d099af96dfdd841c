using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "bert" (Devlin et al. 2019): post-norm encoder with token types.</summary>
internal sealed class BertFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks =>
        [HubTask.Model, HubTask.MaskedLanguage, HubTask.SequenceClassification, HubTask.TokenClassification, HubTask.QuestionAnswering];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 768, "the width of every position"), heads = config.Heads("num_attention_heads", 12), layers = config.Layers("num_hidden_layers", 12);
        int inner = config.Size("intermediate_size", 3072, "the inner width of the feed-forward sublayer"), vocabulary = config.Vocabulary(30522);
        int length = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        int headWidth = config.HeadWidth(width, heads, "num_attention_heads");
        float epsilon = config.Epsilon("layer_norm_eps", 1e-12), dropout = config.Rate("hidden_dropout_prob", 0.1), attentionDropout = config.Rate("attention_probs_dropout_prob", 0.1);
        ActivationKind activation = config.Activation("hidden_act", "gelu");
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "bert.";
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Encoder(config, width, vocabulary, length, "bert.", pad: 0) with
        {
            Encoder = new StackSpec(
                "encoder",
                new EmbeddingSpec(prefix + "embeddings.word_embeddings.weight", width, 1f)
                {
                    Positions = PositionKind.Learned,
                    PositionTable = new PositionTableSpec(prefix + "embeddings.position_embeddings.weight", length),
                    Types = new TypeTableSpec(prefix + "embeddings.token_type_embeddings.weight", types),
                    Norm = Norm(prefix + "embeddings.LayerNorm"),
                    Dropout = dropout,
                },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "encoder.layer." + Number.Text(i);
                    return HubModels.BertLayer(name, Norm, heads, headWidth, width, inner, activation, dropout, attentionDropout);
                }),
                null),
            Head = HubModels.BertHead(config, task, prefix, width, vocabulary, epsilon, activation, dropout),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.position_ids", "cls.seq_relationship.*", "cls.predictions.decoder.bias"]),
        };
    }
}

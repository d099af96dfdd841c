using System.Globalization;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>Keys of the encoders and encoder-decoders of Hugging Face: defaults, spellings, what is refused.</summary>
public class EncoderFamilyTests
{
    /// <summary>transformers' defaults: width, heads, layers of each stack, inner width, vocabulary, longest sequence, pad, begin, end, activation, dropout, attention's dropout, tied.</summary>
    public static TheoryData<string, string> Defaults => new()
    {
        { "bert", "768 12 12/0 3072 30522 512 0 -1 - Gelu 0.1 0.1 True" },
        { "roberta", "768 12 12/0 3072 50265 510 1 0 2 Gelu 0.1 0.1 True" },
        { "xlm-roberta", "768 12 12/0 3072 30522 510 1 0 2 Gelu 0.1 0.1 True" },
        { "camembert", "768 12 12/0 3072 30522 510 1 0 2 Gelu 0.1 0.1 True" },
        { "distilbert", "768 12 6/0 3072 30522 512 0 -1 - Gelu 0.1 0.1 True" },
        { "mpnet", "768 12 12/0 3072 30527 510 1 0 2 Gelu 0.1 0.1 True" },
        { "electra", "256 4 12/0 1024 30522 512 0 -1 - Gelu 0.1 0.1 True" },
        { "albert", "4096 64 12/0 16384 30000 512 0 2 3 GeluTanh 0 0 True" },
        { "modernbert", "768 12 22/0 1152 50368 8192 50283 50281 50282 Gelu 0 0 True" },
        { "longformer", "768 12 12/0 3072 30522 510 1 0 2 Gelu 0.1 0.1 True" },
        { "bart", "1024 16 12/12 4096 50265 1024 1 2 2 Gelu 0.1 0 True" },
        { "mbart", "1024 16 12/12 4096 50265 1024 1 0 2 Gelu 0.1 0 True" },
        { "marian", "1024 16 12/12 4096 58101 1024 58100 58100 0 Gelu 0.1 0 True" },
        { "pegasus", "1024 16 12/12 4096 50265 1024 0 0 1 Gelu 0.1 0 True" },
        { "m2m_100", "1024 16 12/12 4096 128112 1024 1 2 2 Relu 0.1 0.1 True" },
        { "t5", "512 8 6/6 2048 32128 1073741823 0 0 1 Relu 0.1 0.1 True" },
        { "mt5", "512 6 8/8 1024 250112 1073741823 0 0 1 GeluTanh 0.1 0.1 False" },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Absent_keys_have_transformers_defaults(string modelType, string expected)
    {
        bool encoder = Spec(modelType, "").Decoder is null;
        ModelSpec spec = Spec(modelType, encoder ? $"\"architectures\": [\"XForMaskedLM\"]" : "");
        LayerSpec layer = spec.Encoder!.Layers[0];
        AttentionSpec attention = layer.Sublayers.OfType<AttentionSpec>().Single();
        FeedForwardSpec inner = layer.Sublayers.OfType<FeedForwardSpec>().Single();
        bool tied = spec.Head.Output!.Weights[0].Name == (spec.Decoder ?? spec.Encoder).Embedding.Table;
        Assert.Equal(expected, string.Create(CultureInfo.InvariantCulture,
            $"{spec.Width} {attention.Heads} {spec.Encoder.Layers.Count}/{spec.Decoder?.Layers.Count ?? 0} {inner.Inner} {spec.Vocabulary} {spec.MaxLength} {spec.PadId} {spec.BeginId} {(spec.EndIds.Count == 0 ? "-" : spec.EndIds[0])} {inner.Activation} {spec.Dropout} {attention.Dropout} {tied}"));
    }

    /// <summary>A key of transformers' attribute_map means the family's own.</summary>
    [Theory]
    [InlineData("distilbert", "\"dim\": 48, \"n_heads\": 6, \"n_layers\": 2", "\"hidden_size\": 48, \"num_attention_heads\": 6, \"num_hidden_layers\": 2")]
    [InlineData("bart", "\"d_model\": 48, \"encoder_attention_heads\": 6", "\"hidden_size\": 48, \"num_attention_heads\": 6")]
    [InlineData("pegasus", "\"d_model\": 48, \"encoder_attention_heads\": 6", "\"hidden_size\": 48, \"num_attention_heads\": 6")]
    [InlineData("t5", "\"d_model\": 48, \"num_heads\": 6, \"num_layers\": 2, \"d_kv\": 5", "\"hidden_size\": 48, \"num_attention_heads\": 6, \"num_hidden_layers\": 2, \"head_dim\": 5")]
    [InlineData("t5", "\"d_model\": 48, \"num_heads\": 6, \"d_kv\": 5", "\"hidden_size\": 48, \"d_model\": 32, \"num_attention_heads\": 6, \"num_heads\": 2, \"head_dim\": 5, \"d_kv\": 7")]
    [InlineData("bart", "\"d_model\": 48, \"encoder_attention_heads\": 6", "\"hidden_size\": 48, \"d_model\": 32, \"num_attention_heads\": 6, \"encoder_attention_heads\": 2")]
    [InlineData("distilbert", "\"dim\": 48, \"n_heads\": 6, \"n_layers\": 2", "\"hidden_size\": 48, \"dim\": 32, \"num_attention_heads\": 6, \"n_heads\": 2, \"num_hidden_layers\": 2, \"n_layers\": 3")]
    [InlineData("t5", "\"feed_forward_proj\": \"gated-gelu\"", "\"feed_forward_proj\": \"relu\", \"is_gated_act\": true, \"dense_act_fn\": \"gelu_new\"")]
    [InlineData("modernbert", "\"num_hidden_layers\": 3, \"global_rope_theta\": 80000.0, \"local_rope_theta\": 5000.0", "\"num_hidden_layers\": 3, \"layer_types\": [\"full_attention\", \"sliding_attention\", \"sliding_attention\"], \"rope_parameters\": {\"full_attention\": {\"rope_type\": \"default\", \"rope_theta\": 80000.0}, \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 5000.0}}")]
    [InlineData("modernbert", "\"global_rope_theta\": 80000.0, \"local_rope_theta\": null", "\"global_rope_theta\": 5.0, \"rope_theta\": 80000.0, \"local_rope_theta\": null")]
    [InlineData("modernbert", "\"global_rope_theta\": 80000.0", "\"rope_theta\": 80000.0")]
    [InlineData("mt5", "\"pad_token_id\": 3, \"decoder_start_token_id\": 0", "\"pad_token_id\": 3")]
    [InlineData("t5", "\"pad_token_id\": 3, \"decoder_start_token_id\": 3", "\"pad_token_id\": 3")]
    [InlineData("bert", "\"hidden_act\": \"gelu_new\"", "\"hidden_act\": \"gelu_python_tanh\"")]
    [InlineData("longformer", "\"num_hidden_layers\": 2, \"attention_window\": 8", "\"num_hidden_layers\": 2, \"attention_window\": [8, 8]")]
    public void Spellings_mean_the_same(string modelType, string one, string other) =>
        Assert.Equal(Spec(modelType, one) with { ConfigJson = "" }, Spec(modelType, other) with { ConfigJson = "" });

    /// <summary>What another value of a key would mean is not built: the message names the key and what is supported.</summary>
    [Theory]
    [InlineData("bert", "\"position_embedding_type\": \"relative_key\"", "'position_embedding_type' is the text \"relative_key\", which is not supported for model_type 'bert'. Supported is \"absolute\".")]
    [InlineData("roberta", "\"position_embedding_type\": \"relative_key_query\"", "'position_embedding_type' is the text \"relative_key_query\", which is not supported for model_type 'roberta'. Supported is \"absolute\".")]
    [InlineData("electra", "\"position_embedding_type\": \"relative_key\"", "'position_embedding_type' is the text \"relative_key\", which is not supported for model_type 'electra'. Supported is \"absolute\".")]
    [InlineData("albert", "\"position_embedding_type\": \"relative_key\"", "'position_embedding_type' is the text \"relative_key\", which is not supported for model_type 'albert'. Supported is \"absolute\".")]
    [InlineData("camembert", "\"is_decoder\": true", "'is_decoder' is true, which is not supported for model_type 'camembert'. Supported is false.")]
    [InlineData("bert", "\"pruned_heads\": {\"0\": [1]}", "'pruned_heads' is an object, which is not supported for model_type 'bert'. Supported is null.")]
    [InlineData("roberta", "\"pad_token_id\": null", "'pad_token_id' is null, which is not supported for model_type 'roberta'. Supported is an id of the vocabulary: positions begin behind it.")]
    [InlineData("xlm-roberta", "\"max_position_embeddings\": 2", "'max_position_embeddings' is 2, which is not supported for model_type 'xlm-roberta'. Supported is more than 2, for the first position is pad_token_id + 1.")]
    [InlineData("mpnet", "\"relative_attention_num_buckets\": 16", "'relative_attention_num_buckets' is 16, which is not supported for model_type 'mpnet'. Supported is 32.")]
    [InlineData("mpnet", "\"max_position_embeddings\": 1", "'max_position_embeddings' is 1, which is not supported for model_type 'mpnet'. Supported is more than 2, for the first position is 2.")]
    [InlineData("longformer", "\"attention_window\": 5", "'attention_window' is 5, which is not supported for model_type 'longformer'. Supported is an even number from 2, or a list of 12 of them, one for each layer.")]
    [InlineData("longformer", "\"num_hidden_layers\": 2, \"attention_window\": [4]", "'attention_window' is an array, which is not supported for model_type 'longformer'. Supported is an even number from 2, or a list of 2 of them, one for each layer.")]
    [InlineData("modernbert", "\"num_hidden_layers\": 2, \"layer_types\": [\"full_attention\"]", "'layer_types' is an array, which is not supported for model_type 'modernbert'. Supported is a list of 2 words, each \"full_attention\" or \"sliding_attention\".")]
    [InlineData("modernbert", "\"architectures\": [\"ModernBertForSequenceClassification\"], \"classifier_pooling\": \"mean\"", "'classifier_pooling' is the text \"mean\", which is not supported for model_type 'modernbert'. Supported is \"cls\".")]
    [InlineData("modernbert", "\"hidden_size\": 36", "'global_rope_theta' is the base of a rotation of 3 columns, which is not supported for model_type 'modernbert'. Supported is an even number of columns of each head, at least 2.")]
    [InlineData("distilbert", "\"activation\": \"mish\"", "'activation' is \"mish\", which is not supported for model_type 'distilbert'.")]
    [InlineData("marian", "\"d_model\": 6, \"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, \"share_encoder_decoder_embeddings\": false, \"decoder_vocab_size\": 90", "'decoder_vocab_size' is 90, which is not supported for model_type 'marian'. Supported is vocab_size, which is 58101.")]
    [InlineData("marian", "\"d_model\": 15, \"encoder_attention_heads\": 3, \"decoder_attention_heads\": 3", "'d_model' is 15, which is not supported for model_type 'marian'. Supported is an even number from 4: positions are pairs of a sine and a cosine.")]
    [InlineData("m2m_100", "\"d_model\": 2, \"encoder_attention_heads\": 1, \"decoder_attention_heads\": 1", "'d_model' is 2, which is not supported for model_type 'm2m_100'. Supported is an even number from 4: positions are pairs of a sine and a cosine.")]
    [InlineData("bart", "\"encoder_layerdrop\": 1.0", "encoder_layerdrop is 1, and must be at least 0 and less than 1.")]
    [InlineData("bart", "\"architectures\": [\"BartForCausalLM\"]", "'architectures' is \"BartForCausalLM\", which is not supported for model_type 'bart'. Supported is a class that ends with \"...ForConditionalGeneration\", \"...Model\", \"...ForSequenceClassification\" or \"...ForQuestionAnswering\".")]
    [InlineData("mbart", "\"tie_encoder_decoder\": true", "'tie_encoder_decoder' is true, which is not supported for model_type 'mbart'. Supported is false.")]
    [InlineData("pegasus", "\"quantization_config\": {\"bits\": 4}", "'quantization_config' is an object, which is not supported for model_type 'pegasus'. Supported is null.")]
    [InlineData("t5", "\"feed_forward_proj\": \"gated-mish\"", "'feed_forward_proj' is \"gated-mish\", which is not supported for model_type 't5'.")]
    [InlineData("t5", "\"feed_forward_proj\": \"twice-gated-relu\"", "'feed_forward_proj' is \"twice-gated-relu\", which is not supported for model_type 't5'.")]
    [InlineData("mt5", "\"relative_attention_max_distance\": 16", "'relative_attention_max_distance' is 16, which is not supported for model_type 'mt5'. Supported is more than half of relative_attention_num_buckets, which is 32.")]
    public void Unsupported_values_are_refused(string modelType, string keys, string message)
    {
        var problems = new List<Diagnostic>();
        Assert.Null(ConfigFile.Read("config.json", Json(modelType, keys), problems).Spec);
        Assert.Contains(message, problems[0].GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    /// <summary>Keys as real checkpoints have them, with and without effect.</summary>
    [Theory]
    [InlineData("bert", "\"directionality\": \"bidi\", \"pooler_type\": \"first_token_transform\", \"gradient_checkpointing\": false, \"classifier_dropout\": null, \"tie_word_embeddings\": true")]
    [InlineData("distilbert", "\"tie_weights_\": true, \"sinusoidal_pos_embds\": false, \"seq_classif_dropout\": 0.2, \"qa_dropout\": 0.1, \"output_past\": true")]
    [InlineData("albert", "\"down_scale_factor\": 1, \"gap_size\": 0, \"net_structure_type\": 0, \"num_memory_blocks\": 0, \"classifier_dropout_prob\": 0.1, \"inner_group_num\": 1")]
    [InlineData("electra", "\"summary_last_dropout\": 0.1, \"summary_type\": \"first\", \"summary_use_proj\": true, \"summary_activation\": \"gelu\"")]
    [InlineData("longformer", "\"attention_mode\": \"longformer\", \"ignore_attention_mask\": false, \"onnx_export\": false")]
    [InlineData("bart", "\"normalize_before\": false, \"normalize_embedding\": true, \"add_bias_logits\": false, \"classif_dropout\": 0.1, \"force_bos_token_to_be_generated\": true, \"forced_bos_token_id\": 0")]
    [InlineData("marian", "\"static_position_embeddings\": true, \"decoder_vocab_size\": 7, \"extra_pos_embeddings\": 58101")]
    [InlineData("t5", "\"n_positions\": 512, \"classifier_dropout\": 0.0, \"task_specific_params\": {}, \"is_gated_act\": false, \"dense_act_fn\": \"relu\"")]
    public void Known_keys_are_no_problem(string modelType, string keys) => Spec(modelType, keys);

    [Fact]
    public void Layers_of_a_group_share_their_tensors()
    {
        ModelSpec spec = Spec("albert", "\"num_hidden_layers\": 5, \"num_hidden_groups\": 2, \"inner_group_num\": 2");
        Assert.Equal([0, 0, 0, 1, 1], spec.Encoder!.Layers.Select(layer => layer.Sublayers.OfType<AttentionSpec>().First().Query.Weights[0].Name.Contains("groups.1.", StringComparison.Ordinal) ? 1 : 0));
        Assert.All(spec.Encoder.Layers, layer => Assert.Equal(4, layer.Residuals.Count));
        Assert.Equal(spec.Encoder.Layers[0], spec.Encoder.Layers[2]);
    }

    /// <summary>Dropout keys of every kind of site end at it.</summary>
    [Fact]
    public void Dropout_keys_are_honoured()
    {
        ModelSpec bart = Spec("bart", "\"dropout\": 0.2, \"attention_dropout\": 0.3, \"activation_dropout\": 0.4, \"decoder_layerdrop\": 0.5");
        LayerSpec layer = bart.Decoder!.Layers[0];
        Assert.All(layer.Residuals, residual => Assert.Equal(0.2f, residual.Branches[0].Dropout));
        Assert.All(layer.Sublayers.OfType<AttentionSpec>(), attention => Assert.Equal(0.3f, attention.Dropout));
        Assert.Equal(0.4f, layer.Sublayers.OfType<FeedForwardSpec>().Single().Dropout);
        Assert.Equal((0f, 0.5f), (bart.Encoder!.LayerDrop, bart.Decoder.LayerDrop));
        Assert.Equal((0.05f, 0.05f), (Spec("m2m_100", "").Encoder!.LayerDrop, Spec("m2m_100", "").Decoder!.LayerDrop));
        Assert.Equal(0.6f, Rate("distilbert", "SequenceClassification", "\"seq_classif_dropout\": 0.6"));
        Assert.Equal(0.7f, Rate("distilbert", "QuestionAnswering", "\"qa_dropout\": 0.7"));
        Assert.Equal(0.8f, Rate("roberta", "SequenceClassification", "\"classifier_dropout\": 0.8"));
        Assert.Equal(0.1f, Rate("albert", "TokenClassification", ""));
        Assert.Equal(0.3f, Rate("albert", "TokenClassification", "\"classifier_dropout_prob\": null, \"hidden_dropout_prob\": 0.3"));

        // A pass whose main rate is 0 drops nothing: the main rate is then another site's.
        Assert.Equal(0.1f, Spec("albert", "\"architectures\": [\"AlbertForTokenClassification\"]").Dropout);
        Assert.Equal(0.3f, Spec("bert", "\"hidden_dropout_prob\": 0, \"attention_probs_dropout_prob\": 0.3").Dropout);
        Assert.Equal(0.2f, Spec("modernbert", "\"embedding_dropout\": 0.2, \"mlp_dropout\": 0.3").Dropout);
        ModelSpec t5 = Spec("t5", "\"dropout_rate\": 0.2");
        Assert.Equal((0.2f, 0.2f), (t5.Encoder!.Dropout, t5.Decoder!.Dropout));

        static float Rate(string modelType, string task, string keys) =>
            Spec(modelType, $"\"architectures\": [\"XFor{task}\"]" + (keys.Length > 0 ? ", " + keys : "")).Head.Steps.OfType<DropoutStepSpec>().Last().Rate;
    }

    private static ModelSpec Spec(string modelType, string keys)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", Json(modelType, keys), problems).Spec;
        Assert.True(spec is not null && problems.Count == 0, string.Join("\n", problems));
        return spec!;
    }

    private static string Json(string modelType, string keys) => $"{{\"model_type\": \"{modelType}\"{(keys.Length > 0 ? ", " + keys : "")}}}";
}

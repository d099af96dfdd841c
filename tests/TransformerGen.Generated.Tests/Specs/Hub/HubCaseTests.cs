using Xunit;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Sizes at their ends, which a random draw seldom meets: one head, one layer, every number of key heads, heads wider than the model, sequences of one token and of 200.</summary>
public sealed class HubCaseTests
{
    private const string LlamaType = "\"model_type\": \"llama\", ", T5Type = "\"model_type\": \"t5\", ";

    private const string Llama =
        "\"hidden_size\": 30, \"intermediate_size\": 41, \"num_hidden_layers\": 1, \"vocab_size\": 101, \"max_position_embeddings\": 256, \"num_attention_heads\": ";

    private const string Gpt2 = "\"model_type\": \"gpt2\", \"n_layer\": 1, \"vocab_size\": 67, \"n_positions\": 200, \"n_inner\": 37, ";

    private const string Bert =
        "\"model_type\": \"bert\", \"architectures\": [\"BertForMaskedLM\"], \"num_hidden_layers\": 1, \"intermediate_size\": 43, \"vocab_size\": 67, \"max_position_embeddings\": 200, ";

    private const string T5 =
        "\"num_layers\": 1, \"vocab_size\": 67, \"d_ff\": 29, \"relative_attention_num_buckets\": 8, \"relative_attention_max_distance\": 20, ";

    private const string Bart =
        "\"d_model\": 20, \"encoder_layers\": 1, \"decoder_layers\": 1, \"encoder_attention_heads\": 2, \"decoder_attention_heads\": 4, \"encoder_ffn_dim\": 23, \"decoder_ffn_dim\": 31, "
        + "\"vocab_size\": 67, \"max_position_embeddings\": 200, \"pad_token_id\": 1, \"decoder_start_token_id\": 2, \"eos_token_id\": 2, \"classifier_dropout\": 0.2, ";

    private const string LongRope = ", \"rope_scaling\": {\"type\": \"longrope\", \"factor\": 4.0, \"short_factor\": [1.0, 1.5, 3.0], \"long_factor\": [2.0, 9.0, 30.0]}";

    private static readonly string[] s_configs =
    [
        // Heads that a random draw meets seldom.
        Head("bart", "ForSequenceClassification") + Bart + "\"num_labels\": 3",
        Head("bart", "ForQuestionAnswering") + Bart + "\"dropout\": 0.0",
        Head("mbart", "ForSequenceClassification") + Bart + "\"problem_type\": \"multi_label_classification\", \"num_labels\": 4",
        Head("mbart", "ForQuestionAnswering") + Bart + "\"dropout\": 0.1",
        Head("marian", "Model") + Bart + "\"dropout\": 0.1",
        Head("t5", "ForSequenceClassification") + T5 + "\"d_model\": 24, \"num_heads\": 2, \"d_kv\": 5, \"num_labels\": 1",
        Head("t5", "ForTokenClassification") + T5 + "\"d_model\": 24, \"num_heads\": 2, \"d_kv\": 5, \"classifier_dropout\": 0.3",
        Head("mt5", "ForQuestionAnswering") + T5 + "\"d_model\": 24, \"num_heads\": 2, \"d_kv\": 5",
        Head("mt5", "EncoderModel") + T5 + "\"d_model\": 24, \"num_heads\": 2, \"d_kv\": 5",
        Head("t5", "Model") + T5 + "\"d_model\": 24, \"num_heads\": 2, \"d_kv\": 5",
        Head("llama", "ForTokenClassification") + Llama + "5, \"num_labels\": 5",
        Head("llama", "ForQuestionAnswering") + Llama + "5, \"attention_dropout\": 0.1",
        Head("llama", "ForCausalLM") + Llama + "5, \"head_dim\": 6" + LongRope,
        Head("opt", "ForQuestionAnswering") + "\"hidden_size\": 18, \"num_attention_heads\": 3, \"num_hidden_layers\": 1, \"ffn_dim\": 21, \"vocab_size\": 67, \"word_embed_proj_dim\": 11, \"max_position_embeddings\": 200",

        .. Enumerable.Range(1, 6).Where(keyHeads => 6 % keyHeads == 0).Select(keyHeads => $"{LlamaType}{Llama}6, \"head_dim\": 14, \"num_key_value_heads\": {keyHeads}"),
        .. Enumerable.Range(1, 5).Where(keyHeads => 5 % keyHeads == 0).Select(keyHeads => $"{LlamaType}{Llama}5, \"num_key_value_heads\": {keyHeads}"),
        LlamaType + Llama + "1, \"head_dim\": 66",
        LlamaType + Llama + "3, \"head_dim\": 2",
        Gpt2 + "\"n_embd\": 33, \"n_head\": 1",
        Gpt2 + "\"n_embd\": 39, \"n_head\": 3",
        Gpt2 + "\"n_embd\": 9, \"n_head\": 9",
        Bert + "\"hidden_size\": 33, \"num_attention_heads\": 1",
        Bert + "\"hidden_size\": 35, \"num_attention_heads\": 5",
        T5Type + T5 + "\"d_model\": 31, \"num_heads\": 1, \"d_kv\": 9",
        T5Type + T5 + "\"d_model\": 24, \"num_heads\": 3, \"d_kv\": 17, \"feed_forward_proj\": \"gated-gelu\"",
    ];

    [Fact]
    public void Ends_of_the_sizes_agree_with_the_oracle()
    {
        SpecBatch.Run(Enumerable.Range(0, s_configs.Length).Select(i => $"config {i}"), Draw, out IReadOnlyList<string> failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static string Head(string type, string ending) => $"\"model_type\": \"{type}\", \"architectures\": [\"Some{ending}\"], ";

    private static SpecCase Draw(string name)
    {
        string text = "{" + s_configs[int.Parse(name["config ".Length..], System.Globalization.CultureInfo.InvariantCulture)] + "}";
        return new SpecCase(text, HubSpec.Read(text), [200, 1], [1, 200], 0f, 1);
    }
}

using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>Decoder-only families: what is refused, by which key; what an absent key means; both spellings of a key.</summary>
public class DecoderFamilyTests
{
    /// <summary>Model type, sizes that make a small model of it.</summary>
    private static readonly Dictionary<string, string> s_small = new(StringComparer.Ordinal)
    {
        ["gpt2"] = Gpt,
        ["gpt_bigcode"] = Gpt,
        ["gptj"] = Gpt + ", \"rotary_dim\": 4",
        ["gpt_neo"] = "\"hidden_size\": 32, \"num_heads\": 4, \"num_layers\": 2, \"vocab_size\": 67, \"attention_types\": [[[\"global\", \"local\"], 1]]",
        ["gpt_neox"] = Usual.Replace("32", "64", StringComparison.Ordinal),
        ["opt"] = "\"hidden_size\": 32, \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"ffn_dim\": 48, \"vocab_size\": 67",
        ["bloom"] = "\"hidden_size\": 32, \"n_head\": 4, \"n_layer\": 2, \"vocab_size\": 67",
        ["llama"] = Usual,
        ["mistral"] = Grouped,
        ["mixtral"] = Grouped,
        ["qwen2"] = Grouped,
        ["qwen3"] = Grouped,
        ["qwen3_moe"] = Grouped,
        ["gemma"] = Grouped,
        ["gemma2"] = Grouped,
        ["gemma3_text"] = Grouped,
        ["phi"] = Usual,
        ["phi3"] = Usual + ", \"pad_token_id\": 0, \"eos_token_id\": 2",
        ["olmo"] = Usual,
        ["olmo2"] = Usual,
        ["smollm3"] = Grouped,
        ["starcoder2"] = Grouped,
        ["falcon"] = "\"hidden_size\": 32, \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"vocab_size\": 67",
        ["granite"] = Usual,
        ["stablelm"] = Grouped,
    };

    private const string Gpt = "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"vocab_size\": 67";
    private const string Usual = "\"hidden_size\": 32, \"intermediate_size\": 48, \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"vocab_size\": 67";
    private const string Grouped = Usual + ", \"num_key_value_heads\": 2";

    public static TheoryData<string> Types => [.. s_small.Keys];

    /// <summary>Small configs by model type, for other tests.</summary>
    internal static IReadOnlyDictionary<string, string> Small => s_small;

    [Theory]
    [MemberData(nameof(Types))]
    public void Sizes_alone_make_a_model(string type) => Read(type, "");

    [Theory]
    [InlineData("bloom", "BloomModel")]
    [InlineData("llama", "LlamaForSequenceClassification")]
    [InlineData("opt", "OPTForSequenceClassification")]
    public void Other_heads_are_read(string type, string architecture)
    {
        ModelSpec spec = Read(type, $"\"architectures\": [\"{architecture}\"], \"num_labels\": 3");
        bool classifies = architecture.EndsWith("Classification", StringComparison.Ordinal);
        Assert.Equal(classifies ? HeadKind.Classes : HeadKind.Hidden, spec.Head.Kind);
        Assert.Equal(classifies ? "score.weight" : null, spec.Head.Output?.Weights[0].Name);
        Assert.Equal(classifies ? HeadRows.Last : HeadRows.All, spec.Head.Rows);
        Assert.Equal(classifies, spec.Decoder!.Embedding.Table.StartsWith(spec.Prefix, StringComparison.Ordinal));
    }

    /// <summary>Names of the last product and of the body, and the dropout between them.</summary>
    [Theory]
    [InlineData("gpt2", "GPT2ForTokenClassification", "classifier.weight", "transformer.wte.weight", 0.1f)]
    [InlineData("gpt_neo", "GPTNeoForTokenClassification", "classifier.weight", "transformer.wte.weight", 0.1f)]
    [InlineData("gpt_neox", "GPTNeoXForTokenClassification", "classifier.weight", "gpt_neox.embed_in.weight", 0.1f)]
    [InlineData("bloom", "BloomForTokenClassification", "classifier.weight", "transformer.word_embeddings.weight", 0f)]
    [InlineData("falcon", "FalconForTokenClassification", "classifier.weight", "transformer.word_embeddings.weight", 0f)]
    [InlineData("stablelm", "StableLmForTokenClassification", "score.weight", "model.embed_tokens.weight", 0f)]
    [InlineData("llama", "LlamaForTokenClassification", "score.weight", "model.embed_tokens.weight", 0.1f)]
    [InlineData("gemma2", "Gemma2ForTokenClassification", "score.weight", "model.embed_tokens.weight", 0.1f)]
    [InlineData("llama", "LlamaForQuestionAnswering", "qa_outputs.weight", "transformer.embed_tokens.weight", null)]
    [InlineData("qwen3_moe", "Qwen3MoeForQuestionAnswering", "qa_outputs.weight", "transformer.embed_tokens.weight", null)]
    [InlineData("mistral", "MistralForQuestionAnswering", "qa_outputs.weight", "model.embed_tokens.weight", null)]
    [InlineData("mixtral", "MixtralForQuestionAnswering", "qa_outputs.weight", "model.embed_tokens.weight", null)]
    [InlineData("gptj", "GPTJForQuestionAnswering", "qa_outputs.weight", "transformer.wte.weight", null)]
    [InlineData("opt", "OPTForQuestionAnswering", "qa_outputs.weight", "model.decoder.embed_tokens.weight", null)]
    public void Heads_that_answer_for_every_token_are_read(string type, string architecture, string output, string table, float? dropout)
    {
        ModelSpec spec = Read(type, $"\"architectures\": [\"{architecture}\"], \"num_labels\": 3");
        Assert.Equal(dropout is null ? HeadKind.Span : HeadKind.Classes, spec.Head.Kind);
        Assert.Equal((output, table, HeadRows.All), (spec.Head.Output!.Weights[0].Name, spec.Decoder!.Embedding.Table, spec.Head.Rows));
        Assert.NotNull(spec.Head.Output.Biases);
        Assert.StartsWith(spec.Prefix, table, StringComparison.Ordinal);
        Assert.Equal(dropout, spec.Head.Steps.OfType<DropoutStepSpec>().Select(step => (float?)step.Rate).SingleOrDefault());
    }

    [Theory]
    [InlineData("llama", "", 0.1f)]
    [InlineData("llama", ", \"hidden_dropout\": 0.3", 0.3f)]
    [InlineData("llama", ", \"hidden_dropout\": 0.3, \"classifier_dropout\": 0.2", 0.2f)]
    [InlineData("bloom", ", \"hidden_dropout\": 0.3, \"classifier_dropout\": null", 0.3f)]
    [InlineData("gpt_neox", ", \"hidden_dropout\": 0.3", 0.1f)]
    public void Dropout_in_front_of_classes_of_tokens_is_the_first_that_is_given(string type, string members, float expected) =>
        Assert.Equal(expected, Assert.IsType<DropoutStepSpec>(Assert.Single(Read(type, "\"architectures\": [\"XForTokenClassification\"]" + members).Head.Steps)).Rate);

    /// <summary>LongRoPE: the short divisors, up to the original length, times the stretch's factor.</summary>
    [Theory]
    [InlineData("llama", "\"original_max_position_embeddings\": 64, \"max_position_embeddings\": 256, \"rope_scaling\": { \"factor\": 9.0, ", 64, 4)]
    [InlineData("llama", "\"max_position_embeddings\": 256, \"rope_scaling\": { \"factor\": 9.0, \"original_max_position_embeddings\": 64, ", 256, 9)]
    [InlineData("llama", "\"max_position_embeddings\": 256, \"rope_parameters\": { \"factor\": 9.0, \"original_max_position_embeddings\": 64, ", 64, 9)]
    [InlineData("llama", "\"max_position_embeddings\": 256, \"rope_parameters\": { \"original_max_position_embeddings\": 64, ", 64, 4)]
    [InlineData("phi3", "\"max_position_embeddings\": 16384, \"rope_scaling\": { ", 4096, 4)]
    [InlineData("phi3", "\"original_max_position_embeddings\": 64, \"max_position_embeddings\": 64, \"rope_scaling\": { ", 64, 1)]
    public void Long_rotation_holds_up_to_the_original_length(string type, string members, int length, double stretch)
    {
        ModelSpec spec = Read(type, members + "\"type\": \"longrope\", \"short_factor\": [1.0, 2, 4.0, 8.0], \"long_factor\": [3.0, 3.0, 3.0, 3.0] }");
        RotarySpec rotary = spec.Decoder!.Layers[0].Sublayers.OfType<AttentionSpec>().Single().Rotary!;
        Assert.Equal(length, spec.MaxLength);
        Assert.Equal([1, 0.1 / 2, 0.01 / 4, 0.001 / 8], rotary.InverseFrequencies.Select(f => Math.Round(f, 12)));
        Assert.Equal((float)(stretch > 1 ? Math.Sqrt(1 + (Math.Log(stretch) / Math.Log(length))) : 1), rotary.Factor);
        rotary = Read(type, members + "\"type\": \"longrope\", \"attention_factor\": 1.5, \"short_factor\": [1.0, 2, 4.0, 8.0], \"long_factor\": [3.0, 3.0, 3.0, 3.0] }")
            .Decoder!.Layers[0].Sublayers.OfType<AttentionSpec>().Single().Rotary!;
        Assert.Equal(1.5f, rotary.Factor);
    }

    [Theory]
    [InlineData("gpt2", "\"add_cross_attention\": true")]
    [InlineData("gpt2", "\"n_head\": 5")]
    [InlineData("gpt2", "\"num_attention_heads\": 5")]
    [InlineData("gpt_bigcode", "\"n_head\": 5")]
    [InlineData("gpt_bigcode", "\"activation_function\": \"snake\"")]
    [InlineData("gptj", "\"rotary_dim\": null")]
    [InlineData("llama", "\"rope_scaling\": { \"factor\": 4.0 }")]
    [InlineData("smollm3", "\"sliding_window\": 3, \"layer_types\": [\"sliding_attention\", \"full_attention\"]")]
    [InlineData("gptj", "\"rotary_dim\": 12")]
    [InlineData("gptj", "\"rotary_dim\": 3")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\"], 3]]")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\"], 1000000000]]")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"near\", \"local\"], 1]]")]
    [InlineData("gpt_neo", "\"attention_types\": \"global\"")]
    [InlineData("gpt_neo", "\"attention_layers\": [\"global\"]")]
    [InlineData("gpt_neo", "\"window_size\": 0")]
    [InlineData("gpt_neox", "\"rotary_pct\": 1.5")]
    [InlineData("gpt_neox", "\"rope_scaling\": { \"type\": \"longrope\" }")]
    [InlineData("gpt_neox", "\"rope_scaling\": { \"type\": \"su\", \"short_factor\": [1.0, 1.0], \"long_factor\": [1.0, 1.0], \"factor\": 2.0 }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"longrope\", \"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 1, 1, 1] }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"longrope\", \"short_factor\": [1, 1, 0, 1], \"long_factor\": [1, 1, 1, 1], \"factor\": 2.0 }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"longrope\", \"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 1, 1], \"factor\": 2.0 }")]
    [InlineData("granite", "\"architectures\": [\"GraniteForQuestionAnswering\"]")]
    [InlineData("gptj", "\"architectures\": [\"GPTJForTokenClassification\"]")]
    [InlineData("phi3", "\"architectures\": [\"Phi3ForQuestionAnswering\"]")]
    [InlineData("gemma3_text", "\"architectures\": [\"Gemma3TextForTokenClassification\"]")]
    [InlineData("opt", "\"layer_norm_elementwise_affine\": false")]
    [InlineData("bloom", "\"hidden_dropout\": 1.0")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"longrope\", \"factor\": 2.0 }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"linear\", \"factor\": 0 }")]
    [InlineData("llama", "\"rope_parameters\": { \"rope_type\": \"ntk\" }")]
    [InlineData("llama", "\"partial_rotary_factor\": 0.5")]
    [InlineData("llama", "\"rope_parameters\": { \"rope_type\": \"default\", \"partial_rotary_factor\": 0.5 }")]
    [InlineData("llama", "\"num_key_value_heads\": 3")]
    [InlineData("llama", "\"hidden_act\": \"snake\"")]
    [InlineData("llama", "\"quantization_config\": { \"bits\": 4 }")]
    [InlineData("llama", "\"head_dim\": 5")]
    [InlineData("mistral", "\"sliding_window\": 0")]
    [InlineData("mixtral", "\"output_router_logits\": true")]
    [InlineData("mixtral", "\"router_jitter_noise\": 0.1")]
    [InlineData("mixtral", "\"num_experts_per_tok\": 9")]
    [InlineData("mixtral", "\"num_local_experts\": 100000")]
    [InlineData("qwen2", "\"layer_types\": [\"sliding_attention\", \"full_attention\"]")]
    [InlineData("qwen2", "\"layer_types\": [\"full_attention\"]")]
    [InlineData("qwen2", "\"layer_types\": [\"full_attention\", \"linear_attention\"]")]
    [InlineData("qwen2", "\"use_mrope\": true")]
    [InlineData("qwen3_moe", "\"output_router_logits\": true")]
    [InlineData("qwen3_moe", "\"decoder_sparse_step\": 0")]
    [InlineData("gemma2", "\"use_bidirectional_attention\": true")]
    [InlineData("gemma2", "\"sliding_window\": null")]
    [InlineData("gemma2", "\"query_pre_attn_scalar\": 0")]
    [InlineData("gemma3_text", "\"use_bidirectional_attention\": true")]
    [InlineData("gemma3_text", "\"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 10000.0 }")]
    [InlineData("phi", "\"partial_rotary_factor\": 0.125")]
    [InlineData("phi3", "\"rope_scaling\": { \"type\": \"longrope\", \"short_factor\": [1.0], \"long_factor\": [1.0] }")]
    [InlineData("phi3", "\"rope_scaling\": { \"type\": \"linear\", \"factor\": 2.0 }")]
    [InlineData("phi3", "\"attention_bias\": true")]
    [InlineData("olmo", "\"clip_qkv\": 0.0")]
    [InlineData("olmo", "\"clip_qkv\": -8.0")]
    [InlineData("olmo", "\"architectures\": [\"OlmoForSequenceClassification\"]")]
    [InlineData("olmo2", "\"clip_qkv\": 8.0")]
    [InlineData("olmo2", "\"architectures\": [\"Olmo2ForSequenceClassification\"]")]
    [InlineData("smollm3", "\"no_rope_layers\": [1]")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 2]")]
    [InlineData("smollm3", "\"no_rope_layer_interval\": 0")]
    [InlineData("smollm3", "\"layer_types\": [\"sliding_attention\", \"full_attention\"]")]
    [InlineData("starcoder2", "\"residual_dropout\": -0.5")]
    [InlineData("falcon", "\"multi_query\": false, \"num_kv_heads\": 2")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"parallel_attn\": false")]
    [InlineData("falcon", "\"num_ln_in_parallel_attn\": 3, \"new_decoder_architecture\": true")]
    [InlineData("falcon", "\"num_ln_in_parallel_attn\": 2")]
    [InlineData("granite", "\"logits_scaling\": 0")]
    [InlineData("granite", "\"architectures\": [\"GraniteForTokenClassification\"]")]
    [InlineData("stablelm", "\"partial_rotary_factor\": 2.0")]
    public void What_is_not_supported_is_refused_by_its_key(string type, string members)
    {
        string text = Text(type, members);
        var problems = new List<Diagnostic>();
        Assert.Null(ConfigFile.Read("config.json", text, problems).Spec);
        string key = members.Split('"')[1];
        string[] messages = [.. problems.Where(problem => problem.Severity == DiagnosticSeverity.Error).Select(problem => problem.ToString())];
        Assert.NotEmpty(messages);
        Assert.Contains(messages, message => message.Contains(Named(key), StringComparison.Ordinal));
    }

    [Fact]
    public void A_class_that_is_not_supported_is_the_only_problem()
    {
        var problems = new List<Diagnostic>();
        ConfigFile.Read("config.json", Text("gpt2", "\"architectures\": [\"GPT2DoubleHeads\"]"), problems);
        Assert.Equal("architectures", Assert.Single(problems).GetMessage(System.Globalization.CultureInfo.InvariantCulture).Split('\'')[1]);
    }

    /// <summary>A key that its default, written out, leaves as it is: the Spec is that of the config without it.</summary>
    [Theory]
    [InlineData("gpt2", "\"activation_function\": \"gelu_new\", \"n_positions\": 1024, \"embd_pdrop\": 0.1, \"resid_pdrop\": 0.1, \"attn_pdrop\": 0.1, \"layer_norm_epsilon\": 1e-5, \"tie_word_embeddings\": true, \"scale_attn_weights\": true, \"n_inner\": null")]
    [InlineData("gpt2", "\"bos_token_id\": 50256, \"eos_token_id\": [50256]")]
    [InlineData("gpt2", "\"is_decoder\": true, \"activation_function\": \"gelu_python_tanh\"")]
    [InlineData("gpt2", "\"layer_types\": null, \"scale_attn_by_layer\": null")]
    [InlineData("gpt_bigcode", "\"activation_function\": \"gelu_pytorch_tanh\", \"multi_query\": true, \"n_positions\": 1024, \"embd_pdrop\": 0.1, \"resid_pdrop\": 0.1, \"attn_pdrop\": 0.1, \"layer_norm_epsilon\": 1e-5, \"tie_word_embeddings\": true, \"scale_attn_weights\": true, \"n_inner\": null, \"attention_softmax_in_fp32\": true")]
    [InlineData("gptj", "\"activation_function\": \"gelu_new\", \"n_positions\": 2048, \"embd_pdrop\": 0.0, \"tie_word_embeddings\": false, \"n_inner\": 128")]
    [InlineData("gpt_neo", "\"activation_function\": \"gelu_new\", \"max_position_embeddings\": 2048, \"window_size\": 256, \"intermediate_size\": null, \"tie_word_embeddings\": true, \"attention_layers\": [\"global\", \"local\"]")]
    [InlineData("gpt_neox", "\"hidden_act\": \"gelu\", \"rotary_pct\": 0.25, \"rotary_emb_base\": 10000, \"use_parallel_residual\": true, \"attention_bias\": true, \"bos_token_id\": 0, \"eos_token_id\": 2, \"tie_word_embeddings\": false, \"layer_norm_eps\": 1e-5")]
    [InlineData("gpt_neox", "\"partial_rotary_factor\": 0.5, \"rope_theta\": 500.0")]
    [InlineData("gpt_neox", "\"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 10000.0, \"partial_rotary_factor\": 0.25 }")]
    [InlineData("opt", "\"activation_function\": \"relu\", \"dropout\": 0.1, \"word_embed_proj_dim\": 32, \"do_layer_norm_before\": true, \"_remove_final_layer_norm\": false, \"enable_bias\": true, \"pad_token_id\": 1, \"bos_token_id\": 2, \"eos_token_id\": 2, \"init_std\": 0.02")]
    [InlineData("bloom", "\"layer_norm_epsilon\": 1e-5, \"apply_residual_connection_post_layernorm\": false, \"hidden_dropout\": 0.0, \"attention_dropout\": 0.0, \"tie_word_embeddings\": true, \"bos_token_id\": 1, \"eos_token_id\": 2, \"pad_token_id\": null")]
    [InlineData("llama", "\"num_key_value_heads\": 4, \"head_dim\": 8, \"rms_norm_eps\": 1e-6, \"rope_theta\": 10000.0, \"hidden_act\": \"silu\", \"attention_bias\": false, \"mlp_bias\": false, \"max_position_embeddings\": 2048, \"tie_word_embeddings\": false, \"rope_scaling\": null")]
    [InlineData("llama", "\"num_key_value_heads\": null, \"head_dim\": null, \"rope_scaling\": { \"rope_type\": \"dynamic\", \"factor\": 4.0 }")]
    [InlineData("llama", "\"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 10000.0 }, \"dtype\": \"float32\"")]
    [InlineData("mistral", "\"sliding_window\": 4096, \"max_position_embeddings\": 131072, \"rms_norm_eps\": 1e-6, \"rope_theta\": 10000.0, \"tie_word_embeddings\": false")]
    [InlineData("mixtral", "\"sliding_window\": null, \"num_local_experts\": 8, \"num_experts_per_tok\": 2, \"rope_theta\": 1000000.0, \"rms_norm_eps\": 1e-5, \"output_router_logits\": false, \"router_aux_loss_coef\": 0.001, \"router_jitter_noise\": 0.0")]
    [InlineData("qwen2", "\"use_sliding_window\": false, \"sliding_window\": 4096, \"max_window_layers\": 28, \"bos_token_id\": null, \"eos_token_id\": null, \"tie_word_embeddings\": false, \"layer_types\": [\"full_attention\", \"full_attention\"]")]
    [InlineData("qwen3", "\"head_dim\": 128, \"attention_bias\": false, \"use_sliding_window\": false, \"rope_theta\": 10000.0")]
    [InlineData("qwen3_moe", "\"head_dim\": 8, \"num_experts\": 128, \"num_experts_per_tok\": 8, \"moe_intermediate_size\": 768, \"norm_topk_prob\": false, \"decoder_sparse_step\": 1, \"mlp_only_layers\": [], \"use_sliding_window\": false")]
    [InlineData("gemma", "\"head_dim\": 256, \"hidden_act\": \"gelu_pytorch_tanh\", \"hidden_activation\": null, \"pad_token_id\": 0, \"bos_token_id\": 2, \"eos_token_id\": 1, \"tie_word_embeddings\": true, \"max_position_embeddings\": 8192")]
    [InlineData("gemma2", "\"head_dim\": 256, \"query_pre_attn_scalar\": 256, \"sliding_window\": 4096, \"attn_logit_softcapping\": 50.0, \"final_logit_softcapping\": 30.0, \"layer_types\": [\"sliding_attention\", \"full_attention\"], \"cache_implementation\": \"hybrid\"")]
    [InlineData("gemma3_text", "\"head_dim\": 256, \"rope_theta\": 1000000.0, \"rope_local_base_freq\": 10000.0, \"sliding_window\": 4096, \"sliding_window_pattern\": 6, \"attn_logit_softcapping\": null, \"final_logit_softcapping\": null, \"layer_types\": [\"sliding_attention\", \"sliding_attention\"]")]
    [InlineData("gemma3_text", "\"rope_parameters\": { \"full_attention\": { \"rope_type\": \"default\", \"rope_theta\": 1000000.0 }, \"sliding_attention\": { \"rope_type\": \"default\", \"rope_theta\": 10000.0 } }")]
    [InlineData("phi", "\"partial_rotary_factor\": 0.5, \"hidden_act\": \"gelu_new\", \"qk_layernorm\": false, \"resid_pdrop\": 0.0, \"embd_pdrop\": 0.0, \"layer_norm_eps\": 1e-5, \"num_key_value_heads\": null")]
    [InlineData("phi3", "\"partial_rotary_factor\": 1.0, \"sliding_window\": null, \"rms_norm_eps\": 1e-5, \"original_max_position_embeddings\": 4096, \"bos_token_id\": 1, \"embd_pdrop\": 0.0")]
    [InlineData("olmo", "\"hidden_act\": \"silu\", \"rope_theta\": 10000.0, \"attention_bias\": false, \"pad_token_id\": 1, \"bos_token_id\": null, \"tie_word_embeddings\": false, \"max_position_embeddings\": 2048, \"clip_qkv\": null")]
    [InlineData("smollm3", "\"rms_norm_eps\": 1e-6, \"rope_theta\": 2000000.0, \"no_rope_layers\": [1, 1], \"no_rope_layer_interval\": 4, \"use_sliding_window\": false, \"sliding_window\": null, \"attention_bias\": false, \"mlp_bias\": false, \"tie_word_embeddings\": true, \"layer_types\": [\"full_attention\", \"full_attention\"]")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 1, 0], \"num_key_value_heads\": 2, \"sliding_window\": 3")]
    [InlineData("olmo2", "\"rms_norm_eps\": 1e-5, \"attention_bias\": false, \"pad_token_id\": 1, \"bos_token_id\": null, \"clip_qkv\": null")]
    [InlineData("starcoder2", "\"use_bias\": true, \"norm_epsilon\": 1e-5, \"hidden_act\": \"gelu_pytorch_tanh\", \"sliding_window\": null, \"initializer_range\": 0.018042, \"tie_word_embeddings\": true")]
    [InlineData("falcon", "\"alibi\": false, \"multi_query\": true, \"parallel_attn\": true, \"new_decoder_architecture\": false, \"bias\": false, \"num_kv_heads\": 4, \"ffn_hidden_size\": 128, \"activation\": \"gelu\", \"bos_token_id\": 11, \"eos_token_id\": 11, \"num_ln_in_parallel_attn\": null")]
    [InlineData("granite", "\"embedding_multiplier\": 1.0, \"logits_scaling\": 1.0, \"residual_multiplier\": 1.0, \"attention_multiplier\": 1.0, \"attention_bias\": false, \"mlp_bias\": false")]
    [InlineData("stablelm", "\"use_qkv_bias\": false, \"qk_layernorm\": false, \"use_parallel_residual\": false, \"partial_rotary_factor\": 0.25, \"bos_token_id\": 0, \"eos_token_id\": 0, \"hidden_dropout\": 0.0")]
    public void Absent_keys_mean_transformers_defaults(string type, string members) =>
        Assert.Equal(Read(type, "") with { ConfigJson = "" }, Read(type, members) with { ConfigJson = "" });

    /// <summary>A key that changes the mathematics changes the Spec.</summary>
    [Theory]
    [InlineData("gpt2", "\"scale_attn_by_inverse_layer_idx\": true")]
    [InlineData("gpt_bigcode", "\"multi_query\": false")]
    [InlineData("gpt_bigcode", "\"scale_attn_weights\": false")]
    [InlineData("gpt_neo", "\"attention_layers\": [\"local\", \"local\"]")]
    [InlineData("gpt_neox", "\"use_parallel_residual\": false")]
    [InlineData("gpt_neox", "\"rotary_emb_base\": 500")]
    [InlineData("opt", "\"enable_bias\": false")]
    [InlineData("opt", "\"_remove_final_layer_norm\": true")]
    [InlineData("opt", "\"attention_dropout\": 0.25")]
    [InlineData("opt", "\"layerdrop\": 0.1")]
    [InlineData("bloom", "\"apply_residual_connection_post_layernorm\": true")]
    [InlineData("llama", "\"rope_theta\": 500.0")]
    [InlineData("llama", "\"head_dim\": 6")]
    [InlineData("llama", "\"rope_parameters\": { \"rope_type\": \"linear\", \"factor\": 2.0, \"rope_theta\": 10000.0 }")]
    [InlineData("mistral", "\"sliding_window\": 3")]
    [InlineData("mixtral", "\"num_experts_per_tok\": 3")]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 1, \"sliding_window\": 3")]
    [InlineData("qwen3", "\"attention_bias\": true")]
    [InlineData("qwen3_moe", "\"norm_topk_prob\": true")]
    [InlineData("qwen3_moe", "\"mlp_only_layers\": [1]")]
    [InlineData("qwen3_moe", "\"decoder_sparse_step\": 2")]
    [InlineData("gemma", "\"hidden_act\": \"gelu\"")]
    [InlineData("gemma2", "\"attn_logit_softcapping\": null")]
    [InlineData("gemma2", "\"final_logit_softcapping\": 8.0")]
    [InlineData("gemma3_text", "\"sliding_window_pattern\": 2")]
    [InlineData("gemma3_text", "\"rope_local_base_freq\": 500.0")]
    [InlineData("gemma3_text", "\"final_logit_softcapping\": 8.0")]
    [InlineData("phi", "\"qk_layernorm\": true")]
    [InlineData("phi3", "\"sliding_window\": 3")]
    [InlineData("phi3", "\"partial_rotary_factor\": 0.5")]
    [InlineData("starcoder2", "\"embedding_dropout\": 0.25")]
    [InlineData("falcon", "\"alibi\": true")]
    [InlineData("falcon", "\"parallel_attn\": false")]
    [InlineData("falcon", "\"multi_query\": false")]
    [InlineData("falcon", "\"hidden_dropout\": 0.25")]
    [InlineData("granite", "\"residual_multiplier\": 0.5")]
    [InlineData("granite", "\"logits_scaling\": 2.0")]
    [InlineData("olmo", "\"attention_bias\": true")]
    [InlineData("olmo", "\"clip_qkv\": 8.0")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 0]")]
    [InlineData("smollm3", "\"no_rope_layer_interval\": 2")]
    [InlineData("smollm3", "\"mlp_bias\": true")]
    [InlineData("stablelm", "\"use_parallel_residual\": true")]
    [InlineData("stablelm", "\"qk_layernorm\": true")]
    public void What_changes_the_mathematics_changes_the_spec(string type, string members) =>
        Assert.NotEqual(Read(type, "") with { ConfigJson = "" }, Read(type, members) with { ConfigJson = "" });

    /// <summary>Of two spellings that say different things, the one counts that transformers takes.</summary>
    [Theory]
    [InlineData("gpt2", "\"hidden_size\": 64, \"num_attention_heads\": 2, \"num_hidden_layers\": 3, \"max_position_embeddings\": 50", "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 40")]
    [InlineData("gptj", "\"hidden_size\": 64, \"num_attention_heads\": 2, \"num_hidden_layers\": 3, \"max_position_embeddings\": 50", "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 40")]
    [InlineData("gpt_bigcode", "\"hidden_size\": 64, \"num_attention_heads\": 2, \"num_hidden_layers\": 3, \"max_position_embeddings\": 50", "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 40")]
    [InlineData("gpt_neo", "\"num_attention_heads\": 2, \"num_hidden_layers\": 2", "\"num_heads\": 4, \"num_layers\": 3")]
    [InlineData("gpt_neox", "\"rotary_pct\": 0.5, \"rotary_emb_base\": 500", "\"partial_rotary_factor\": 0.25, \"rope_theta\": 10000.0")]
    [InlineData("gpt_neox", "\"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 500.0, \"partial_rotary_factor\": 0.5 }", "\"rotary_pct\": 0.25, \"rotary_emb_base\": 100")]
    [InlineData("bloom", "\"n_embed\": 64, \"num_attention_heads\": 2, \"num_hidden_layers\": 3", "\"hidden_size\": 32, \"n_head\": 4, \"n_layer\": 2")]
    [InlineData("falcon", "\"n_embed\": 64", "\"hidden_size\": 32")]
    public void The_spelling_that_counts_in_transformers_counts(string type, string counts, string other) =>
        Assert.Equal(Read(type, counts) with { ConfigJson = "" }, Read(type, counts + ", " + other) with { ConfigJson = "" });

    [Fact]
    public void Without_rotary_dim_the_only_head_turns_whole() =>
        Assert.Equal(
            Read("gptj", "\"n_head\": 1, \"rotary_dim\": 32") with { ConfigJson = "" }, Read("gptj", "\"n_head\": 1, \"rotary_dim\": null") with { ConfigJson = "" });

    /// <summary>A checkpoint may hold the logits' product beside the embedding that it is tied to, or instead of it.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Tied_logits_are_found_under_their_own_name(string type)
    {
        ModelSpec tied = Read(type, "\"tie_word_embeddings\": true"), apart = Read(type, "\"tie_word_embeddings\": false");
        Assert.Equal([new TensorAlias(tied.Decoder!.Embedding.Table, apart.Head.Output!.Weights[0].Name)], tied.Aliases);
        Assert.Empty(apart.Aliases);
        Assert.Empty(Read(type, "\"architectures\": [\"SomeModel\"], \"tie_word_embeddings\": true").Aliases);
    }

    /// <summary>The layers that have a window, where a family's default says which.</summary>
    [Theory]
    [InlineData("gemma2", "\"num_hidden_layers\": 4, \"sliding_window\": 3", "wfwf")]
    [InlineData("gemma3_text", "\"num_hidden_layers\": 7, \"sliding_window\": 3", "wwwwwfw")]
    [InlineData("gemma3_text", "\"num_hidden_layers\": 4, \"sliding_window\": 3, \"sliding_window_pattern\": 3", "wwfw")]
    [InlineData("qwen2", "\"num_hidden_layers\": 4, \"sliding_window\": 3, \"use_sliding_window\": true, \"max_window_layers\": 2", "ffww")]
    [InlineData("qwen3", "\"num_hidden_layers\": 4, \"sliding_window\": 3, \"max_window_layers\": 2", "ffff")]
    [InlineData("mistral", "\"num_hidden_layers\": 3, \"sliding_window\": 3", "www")]
    [InlineData("smollm3", "\"num_hidden_layers\": 5, \"sliding_window\": 3, \"use_sliding_window\": true", "fffwf")]
    [InlineData("smollm3", "\"num_hidden_layers\": 3, \"sliding_window\": 3, \"use_sliding_window\": true, \"no_rope_layers\": [0, 1, 0]", "wfw")]
    [InlineData("gpt_neo", "\"num_layers\": 4, \"attention_types\": [[[\"local\"], 1], [[\"global\", \"local\", \"local\"], 1]]", "wfww")]
    public void Windows_are_those_of_the_layers(string type, string members, string expected)
    {
        ModelSpec spec = Read(type, members);
        Assert.Equal(expected, string.Concat(spec.Decoder!.Layers.Select(layer => layer.Sublayers.OfType<AttentionSpec>().Single().Pattern.Kind == PatternKind.Window ? 'w' : 'f')));
    }

    /// <summary>The layers that turn queries and keys: every fourth does not, or those that the file names.</summary>
    [Theory]
    [InlineData("\"num_hidden_layers\": 9", "rrr-rrr-r")]
    [InlineData("\"num_hidden_layers\": 5, \"no_rope_layer_interval\": 2", "r-r-r")]
    [InlineData("\"num_hidden_layers\": 3, \"no_rope_layer_interval\": 1", "---")]
    [InlineData("\"num_hidden_layers\": 3, \"no_rope_layers\": [0, 1, 1], \"no_rope_layer_interval\": 1", "-rr")]
    public void Rotary_positions_are_those_of_the_layers(string members, string expected)
    {
        ModelSpec spec = Read("smollm3", members);
        Assert.Equal(expected, string.Concat(spec.Decoder!.Layers.Select(layer => layer.Sublayers.OfType<AttentionSpec>().Single().Rotary is null ? '-' : 'r')));
    }

    /// <summary>Names and rows of a checkpoint's products where a fixture does not tell them.</summary>
    [Theory]
    [InlineData("gpt_bigcode", "", "transformer.h.1.attn.c_attn.weight", 48)]
    [InlineData("gpt_bigcode", "\"multi_query\": false", "transformer.h.1.attn.c_attn.weight", 96)]
    [InlineData("gpt_bigcode", "", "transformer.h.0.mlp.c_fc.bias", 128)]
    [InlineData("olmo", "", "model.layers.1.self_attn.o_proj.weight", 32)]
    [InlineData("smollm3", "", "model.layers.0.self_attn.k_proj.weight", 16)]
    public void Products_have_the_checkpoints_names(string type, string members, string name, int rows)
    {
        IEnumerable<ProjectionSpec> products = Read(type, members).Decoder!.Layers.SelectMany(layer => layer.Sublayers).SelectMany(Products);
        TensorSpec tensor = Assert.Single(products.SelectMany(product => product.Weights.Concat(product.Biases ?? EquatableList<TensorSpec>.Empty)), tensor => tensor.Name == name);
        Assert.Equal(rows, tensor.Rows);
    }

    [Fact]
    public void Olmo_has_no_parameters_of_norms() =>
        Assert.DoesNotContain(SpecShapes.Of(Read("olmo", "")), shape => shape.Key.Contains("norm", StringComparison.Ordinal));

    [Fact]
    public void A_window_of_n_keys_sees_n_minus_1_behind()
    {
        AttentionSpec attention = Read("mistral", "\"sliding_window\": 5").Decoder!.Layers[0].Sublayers.OfType<AttentionSpec>().Single();
        Assert.Equal(PatternSpec.Near(4), attention.Pattern);
        Assert.Equal(PatternSpec.Full, Read("mistral", "\"sliding_window\": 64, \"max_position_embeddings\": 64").Decoder!.Layers[0].Sublayers.OfType<AttentionSpec>().Single().Pattern);
    }

    private static IEnumerable<ProjectionSpec> Products(SublayerSpec sublayer) => sublayer switch
    {
        AttentionSpec attention => [attention.Query, attention.Output],
        FeedForwardSpec feedForward => [feedForward.Widen, feedForward.Narrow],
        _ => throw new ArgumentException(sublayer.GetType().Name + " has no products that this test knows.", nameof(sublayer)),
    };

    private static ModelSpec Read(string type, string members)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", Text(type, members), problems).Spec;
        Assert.Empty(problems);
        return spec!;
    }

    /// <summary>The small config with members added or replaced.</summary>
    private static string Text(string type, string members)
    {
        string[] given = [.. System.Text.Json.JsonDocument.Parse("{" + members + "}").RootElement.EnumerateObject().Select(member => member.Name)];
        IEnumerable<string> kept = System.Text.Json.JsonDocument.Parse("{" + s_small[type] + "}").RootElement.EnumerateObject()
            .Where(member => !given.Contains(member.Name)).Select(member => $"\"{member.Name}\": {member.Value.GetRawText()}");
        return "{ \"model_type\": \"" + type + "\", " + string.Join(", ", kept.Append(members).Where(text => text.Length > 0)) + " }";
    }

    /// <summary>What a message about a key names: a key inside it, or one that contradicts it.</summary>
    private static string Named(string key) => key switch
    {
        "rope_scaling" or "rope_parameters" => "",
        "layer_types" => "",
        "hidden_act" => "hidden_act",
        "multi_query" => "num_kv_heads",
        "new_decoder_architecture" => "new_decoder_architecture",
        "partial_rotary_factor" or "rotary_pct" => "rot",
        "head_dim" => "rope_theta",
        _ => key,
    };
}

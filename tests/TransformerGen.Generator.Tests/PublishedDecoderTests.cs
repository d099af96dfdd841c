using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>The config.json of well-known checkpoints, keys of older versions and of other programs among them: read without an error and without a warning.</summary>
public class PublishedDecoderTests
{
    private const string Summary =
        "\"summary_activation\": null, \"summary_first_dropout\": 0.1, \"summary_proj_to_labels\": true, \"summary_type\": \"cls_index\", \"summary_use_proj\": true";

    private const string Sampling = "\"task_specific_params\": { \"text-generation\": { \"do_sample\": true, \"max_length\": 50 } }";

    /// <summary>What the file holds beside its model_type, and the sizes that must come of it.</summary>
    private static readonly Dictionary<string, (string Type, string Members, (int Width, int Layers, int Heads, int KeyHeads, int HeadWidth, int Inner, int Length) Sizes)> s_files = new(StringComparer.Ordinal)
    {
        ["gpt2-medium"] = (
            "gpt2",
            $$"""
            "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256,
            "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "n_ctx": 1024, "n_embd": 1024, "n_head": 16, "n_layer": 24, "n_positions": 1024, "n_special": 0,
            "predict_special_tokens": true, "resid_pdrop": 0.1, {{Summary}}, {{Sampling}}, "vocab_size": 50257
            """,
            (1024, 24, 16, 16, 64, 4096, 1024)),
        ["distilgpt2"] = (
            "gpt2",
            $$"""
            "_num_labels": 1, "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 50256, "embd_pdrop": 0.1,
            "eos_token_id": 50256, "id2label": { "0": "LABEL_0" }, "initializer_range": 0.02, "label2id": { "LABEL_0": 0 }, "layer_norm_epsilon": 1e-05, "n_ctx": 1024,
            "n_embd": 768, "n_head": 12, "n_layer": 6, "n_positions": 1024, "resid_pdrop": 0.1, {{Summary}}, {{Sampling}}, "vocab_size": 50257
            """,
            (768, 6, 12, 12, 64, 3072, 1024)),
        ["gpt-j-6b"] = (
            "gptj",
            $$"""
            "activation_function": "gelu_new", "architectures": ["GPTJForCausalLM"], "attn_pdrop": 0.0, "bos_token_id": 50256, "embd_pdrop": 0.0, "eos_token_id": 50256,
            "gradient_checkpointing": false, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "n_embd": 4096, "n_head": 16, "n_inner": null, "n_layer": 28,
            "n_positions": 2048, "resid_pdrop": 0.0, "rotary": true, "rotary_dim": 64, "scale_attn_weights": true, {{Summary}}, {{Sampling}}, "tie_word_embeddings": false,
            "tokenizer_class": "GPT2Tokenizer", "transformers_version": "4.18.0.dev0", "use_cache": true, "vocab_size": 50400
            """,
            (4096, 28, 16, 16, 256, 16384, 2048)),
        ["gpt-neo-125m"] = (
            "gpt_neo",
            $$"""
            "activation_function": "gelu_new", "architectures": ["GPTNeoForCausalLM"], "attention_dropout": 0, "attention_layers": ["global", "local", "global", "local", "global", "local",
            "global", "local", "global", "local", "global", "local"], "attention_types": [[["global", "local"], 6]], "bos_token_id": 50256, "embed_dropout": 0, "eos_token_id": 50256,
            "gradient_checkpointing": false, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": null, "layer_norm_epsilon": 1e-05, "max_position_embeddings": 2048,
            "num_heads": 12, "num_layers": 12, "resid_dropout": 0, {{Summary}}, "transformers_version": "4.9.0.dev0", "use_cache": true, "vocab_size": 50257, "window_size": 256
            """,
            (768, 12, 12, 12, 64, 3072, 2048)),
        ["pythia-70m"] = (
            "gpt_neox",
            """
            "architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu", "hidden_size": 512, "initializer_range": 0.02, "intermediate_size": 2048,
            "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "num_attention_heads": 8, "num_hidden_layers": 6, "rotary_emb_base": 10000, "rotary_pct": 0.25,
            "tie_word_embeddings": false, "torch_dtype": "float16", "transformers_version": "4.24.0", "use_cache": true, "use_parallel_residual": true, "vocab_size": 50304
            """,
            (512, 6, 8, 8, 64, 2048, 2048)),
        ["gpt-neox-20b"] = (
            "gpt_neox",
            """
            "architectures": ["GPTNeoXForCausalLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu_fast", "hidden_dropout_prob": 0,
            "hidden_size": 6144, "initializer_range": 0.02, "intermediate_size": 24576, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "num_attention_heads": 64,
            "num_hidden_layers": 44, "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 50432
            """,
            (6144, 44, 64, 64, 96, 24576, 2048)),
        ["opt-350m"] = (
            "opt",
            """
            "_name_or_path": "opt-350m", "activation_dropout": 0.0, "activation_function": "relu", "architectures": ["OPTForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 2,
            "do_layer_norm_before": false, "dropout": 0.1, "eos_token_id": 2, "ffn_dim": 4096, "hidden_size": 1024, "init_std": 0.02, "layerdrop": 0.0, "max_position_embeddings": 2048,
            "num_attention_heads": 16, "num_hidden_layers": 24, "pad_token_id": 1, "prefix": "</s>", "torch_dtype": "float16", "transformers_version": "4.20.0.dev0", "use_cache": true,
            "vocab_size": 50272, "word_embed_proj_dim": 512
            """,
            (1024, 24, 16, 16, 64, 4096, 2048)),
        ["galactica-125m"] = (
            "opt",
            """
            "_remove_final_layer_norm": false, "activation_dropout": 0.0, "activation_function": "gelu", "architectures": ["OPTForCausalLM"], "attention_dropout": 0.1, "bos_token_id": 0,
            "do_layer_norm_before": true, "dropout": 0.1, "enable_bias": true, "eos_token_id": 2, "ffn_dim": 3072, "hidden_size": 768, "init_std": 0.02,
            "layer_norm_elementwise_affine": true, "layerdrop": 0.0, "learned_embeddings": true, "max_position_embeddings": 2048, "num_attention_heads": 12, "num_hidden_layers": 12,
            "pad_token_id": 1, "scale_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 50000, "word_embed_proj_dim": 768
            """,
            (768, 12, 12, 12, 64, 3072, 2048)),
        ["bloom-560m"] = (
            "bloom",
            """
            "apply_residual_connection_post_layernorm": false, "architectures": ["BloomForCausalLM"], "attention_dropout": 0.0, "attention_softmax_in_fp32": true, "bias_dropout_fusion": true,
            "bos_token_id": 1, "eos_token_id": 2, "hidden_dropout": 0.0, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "masked_softmax_fusion": true, "n_embed": 1024,
            "n_inner": null, "n_layer": 24, "num_attention_heads": 16, "offset_alibi": 100, "pad_token_id": 3, "pretraining_tp": 1, "seq_length": 2048, "skip_bias_add": true,
            "skip_bias_add_qkv": false, "transformers_version": "4.20.0", "unk_token_id": 0, "use_cache": true, "vocab_size": 250880
            """,
            (1024, 24, 16, 16, 64, 4096, int.MaxValue / 2)),
        ["falcon-7b"] = (
            "falcon",
            """
            "activation": "gelu", "alibi": false, "apply_residual_connection_post_layernorm": false, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0,
            "auto_map": { "AutoConfig": "configuration_falcon.FalconConfig", "AutoModelForCausalLM": "modeling_falcon.FalconForCausalLM" }, "bias": false, "bos_token_id": 11,
            "eos_token_id": 11, "hidden_dropout": 0.0, "hidden_size": 4544, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "multi_query": true, "new_decoder_architecture": false,
            "num_attention_heads": 71, "num_hidden_layers": 32, "num_kv_heads": 71, "parallel_attn": true, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 65024
            """,
            (4544, 32, 71, 1, 64, 18176, 2048)),
        ["falcon-40b"] = (
            "falcon",
            """
            "alibi": false, "apply_residual_connection_post_layernorm": false, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0, "bias": false, "bos_token_id": 11,
            "eos_token_id": 11, "hidden_dropout": 0.0, "hidden_size": 8192, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "new_decoder_architecture": true,
            "num_attention_heads": 128, "num_hidden_layers": 60, "num_kv_heads": 8, "parallel_attn": true, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 65024
            """,
            (8192, 60, 128, 8, 64, 32768, 2048)),
        ["falcon-11b"] = (
            "falcon",
            """
            "activation": "gelu", "alibi": false, "apply_residual_connection_post_layernorm": false, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0, "bias": false,
            "bos_token_id": 11, "eos_token_id": 11, "ff_factor": 4, "ffn_hidden_size": 16384, "hidden_dropout": 0.0, "hidden_size": 4096, "initializer_range": 0.02,
            "layer_norm_epsilon": 1e-05, "max_position_embeddings": 8192, "multi_query": true, "new_decoder_architecture": true, "num_attention_heads": 32, "num_hidden_layers": 60,
            "num_kv_heads": 8, "num_ln_in_parallel_attn": 1, "parallel_attn": true, "rope_scaling": null, "rope_theta": 500042.0, "tie_word_embeddings": false, "use_cache": true,
            "vocab_size": 65024
            """,
            (4096, 60, 32, 8, 128, 16384, 8192)),
        ["falcon-rw-1b"] = (
            "falcon",
            """
            "alibi": true, "apply_residual_connection_post_layernorm": false, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0, "bias": true, "bos_token_id": 1,
            "eos_token_id": 2, "hidden_dropout": 0.0, "hidden_size": 2048, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "multi_query": false, "new_decoder_architecture": false,
            "num_attention_heads": 32, "num_hidden_layers": 24, "parallel_attn": false, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 50304
            """,
            (2048, 24, 32, 32, 64, 8192, int.MaxValue / 2)),
        ["phi-2"] = (
            "phi",
            """
            "_name_or_path": "microsoft/phi-2", "architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 50256, "embd_pdrop": 0.0, "eos_token_id": 50256,
            "hidden_act": "gelu_new", "hidden_size": 2560, "initializer_range": 0.02, "intermediate_size": 10240, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048,
            "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32, "partial_rotary_factor": 0.4, "qk_layernorm": false, "resid_pdrop": 0.1, "rope_scaling": null,
            "rope_theta": 10000.0, "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 51200
            """,
            (2560, 32, 32, 32, 80, 10240, 2048)),
        ["stablelm-2-1_6b"] = (
            "stablelm",
            """
            "architectures": ["StableLmForCausalLM"], "bos_token_id": 100257, "eos_token_id": 100257, "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02,
            "intermediate_size": 5632, "layer_norm_eps": 1e-05, "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 24, "num_key_value_heads": 32,
            "partial_rotary_factor": 0.25, "rope_theta": 10000, "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "use_qkv_bias": true, "vocab_size": 100352
            """,
            (2048, 24, 32, 32, 64, 5632, 4096)),
        ["stablelm-2-12b"] = (
            "stablelm",
            """
            "architectures": ["StableLmForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 100257, "eos_token_id": 100257, "hidden_act": "silu", "hidden_dropout": 0.0,
            "hidden_size": 5120, "initializer_range": 0.02, "intermediate_size": 13824, "layer_norm_eps": 1e-05, "max_position_embeddings": 4096, "num_attention_heads": 32,
            "num_hidden_layers": 40, "num_key_value_heads": 8, "partial_rotary_factor": 0.25, "qk_layernorm": true, "rope_theta": 10000, "tie_word_embeddings": false,
            "use_cache": true, "use_parallel_residual": true, "use_qkv_bias": false, "vocab_size": 100352
            """,
            (5120, 40, 32, 8, 160, 13824, 4096)),
        ["starcoder2-3b"] = (
            "starcoder2",
            """
            "activation_function": "gelu", "architectures": ["Starcoder2ForCausalLM"], "attention_dropout": 0.1, "attention_softmax_in_fp32": true, "bos_token_id": 0,
            "embedding_dropout": 0.1, "eos_token_id": 0, "hidden_act": "gelu_pytorch_tanh", "hidden_size": 3072, "initializer_range": 0.018042195912175805, "intermediate_size": 12288,
            "layer_norm_epsilon": 1e-05, "max_position_embeddings": 16384, "mlp_type": "default", "norm_epsilon": 1e-05, "norm_type": "layer_norm", "num_attention_heads": 24,
            "num_hidden_layers": 30, "num_key_value_heads": 2, "residual_dropout": 0.1, "rope_theta": 999999.4420358813, "scale_attention_softmax_in_fp32": true,
            "scale_attn_weights": true, "sliding_window": 4096, "use_bias": true, "use_cache": true, "vocab_size": 49152
            """,
            (3072, 30, 24, 2, 128, 12288, 16384)),
        ["granite-3.0-2b-base"] = (
            "granite",
            """
            "architectures": ["GraniteForCausalLM"], "attention_bias": false, "attention_dropout": 0.1, "attention_multiplier": 0.015625, "bos_token_id": 0, "embedding_multiplier": 12.0,
            "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192, "logits_scaling": 8.0, "max_position_embeddings": 4096,
            "mlp_bias": false, "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8, "pad_token_id": 0, "residual_multiplier": 0.22, "rms_norm_eps": 1e-05,
            "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 49152
            """,
            (2048, 40, 32, 8, 64, 8192, 4096)),
    };

    public static TheoryData<string> Names => [.. s_files.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_published_config_is_read_without_a_word(string name)
    {
        (string type, string members, var sizes) = s_files[name];
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", $"{{ \"model_type\": \"{type}\", {members} }}", problems).Spec;
        Assert.Empty(problems);
        SublayerSpec[] sublayers = [.. spec!.Decoder!.Layers[^1].Sublayers];
        AttentionSpec attention = sublayers.OfType<AttentionSpec>().Single();
        Assert.Equal(
            sizes,
            (spec.Width, spec.Decoder.Layers.Count, attention.Heads, attention.KeyHeads, attention.HeadWidth, sublayers.OfType<FeedForwardSpec>().Single().Inner, spec.MaxLength));
    }
}

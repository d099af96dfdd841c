using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>
/// config.json files as models of the Hub have them, keys that other tools left there among them: each reads without a word, and the parameters are as many as
/// the model's page says.
/// </summary>
public class LlamaLikeConfigTests
{
    private const string Saved = "\"torch_dtype\": \"bfloat16\", \"transformers_version\": \"4.46.0\", \"use_cache\": true, \"_name_or_path\": \"somewhere\", \"initializer_range\": 0.02";

    [Theory]
    [InlineData("TinyLlama-1.1B", 1_100_048_384, """
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 5632,
        "max_position_embeddings": 2048, "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 22, "num_key_value_heads": 4, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
        "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false, "vocab_size": 32000
        """)]
    [InlineData("Llama-7B, first files", 6_738_415_616, """
        "architectures": ["LLaMAForCausalLM"], "bos_token_id": 0, "eos_token_id": 1, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008, "max_sequence_length": 2048,
        "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 32, "pad_token_id": -1, "rms_norm_eps": 1e-06, "vocab_size": 32000
        """)]
    [InlineData("Llama-3.2-1B", 1_235_814_400, """
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "head_dim": 64,
        "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32,
        "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": { "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
        "original_max_position_embeddings": 8192, "rope_type": "llama3" }, "rope_theta": 500000.0, "tie_word_embeddings": true, "vocab_size": 128256
        """)]
    [InlineData("SmolLM2-135M", 134_515_008, """
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 576,
        "intermediate_size": 1536, "is_llama_config": true, "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 9, "num_hidden_layers": 30,
        "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000, "tie_word_embeddings": true,
        "vocab_size": 49152, "transformers.js_config": { "kv_cache_dtype": { "q4f16": "float16" } }
        """)]
    [InlineData("Mistral-7B-v0.1", 7_241_732_096, """
        "architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0, "sliding_window": 4096, "tie_word_embeddings": false, "vocab_size": 32000
        """)]
    [InlineData("Mistral-7B-v0.3", 7_248_023_552, """
        "architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "head_dim": null, "hidden_act": "silu", "hidden_size": 4096,
        "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "sliding_window": null, "tie_word_embeddings": false, "vocab_size": 32768
        """)]
    [InlineData("Mixtral-8x7B", 46_702_792_704, """
        "architectures": ["MixtralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32, "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "num_local_experts": 8, "output_router_logits": false, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "router_aux_loss_coef": 0.02, "sliding_window": null,
        "tie_word_embeddings": false, "vocab_size": 32000
        """)]
    [InlineData("Qwen2.5-0.5B", 494_032_768, """
        "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 896,
        "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 24, "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24,
        "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true, "use_mrope": false, "use_sliding_window": false,
        "vocab_size": 151936
        """)]
    [InlineData("Qwen2.5-7B, one million tokens", 7_615_616_512, """
        "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "dual_chunk_attention_config": { "chunk_size": 262144, "local_size": 8192 },
        "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 3584, "intermediate_size": 18944, "max_position_embeddings": 1010000, "max_window_layers": 28, "model_type": "qwen2",
        "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4, "rms_norm_eps": 1e-05, "rope_theta": 10000000.0, "sliding_window": 32768,
        "tie_word_embeddings": false, "use_sliding_window": false, "vocab_size": 152064
        """)]
    [InlineData("Qwen3-0.6B", 596_049_920, """
        "architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu",
        "hidden_size": 1024, "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3", "num_attention_heads": 16,
        "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true,
        "use_sliding_window": false, "vocab_size": 151936
        """)]
    [InlineData("Qwen3-30B-A3B", 30_532_122_624, """
        "architectures": ["Qwen3MoeForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 151643, "decoder_sparse_step": 1, "eos_token_id": 151645,
        "head_dim": 128, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 6144, "max_position_embeddings": 40960, "max_window_layers": 48, "mlp_only_layers": [],
        "model_type": "qwen3_moe", "moe_intermediate_size": 768, "norm_topk_prob": true, "num_attention_heads": 32, "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48,
        "num_key_value_heads": 4, "output_router_logits": false, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000.0, "router_aux_loss_coef": 0.001,
        "sliding_window": null, "tie_word_embeddings": false, "use_sliding_window": false, "vocab_size": 151936
        """)]
    [InlineData("gemma-2b", 2_506_172_416, """
        "architectures": ["GemmaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2, "eos_token_id": 1, "head_dim": 256, "hidden_act": "gelu",
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2048, "intermediate_size": 16384, "max_position_embeddings": 8192, "model_type": "gemma", "num_attention_heads": 8,
        "num_hidden_layers": 18, "num_key_value_heads": 1, "pad_token_id": 0, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 10000.0, "vocab_size": 256000
        """)]
    [InlineData("gemma-2-2b", 2_614_341_888, """
        "architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": 50.0, "bos_token_id": 2, "cache_implementation": "hybrid",
        "eos_token_id": [1, 107], "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304,
        "intermediate_size": 9216, "max_position_embeddings": 8192, "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26, "num_key_value_heads": 4,
        "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "sliding_window": 4096, "sliding_window_size": 4096, "vocab_size": 256000
        """)]
    [InlineData("gemma-3-1b", 999_885_952, """
        "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": null, "bos_token_id": 2, "cache_implementation": "hybrid",
        "eos_token_id": [1, 106], "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152, "intermediate_size": 6912,
        "max_position_embeddings": 32768, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 26, "num_key_value_heads": 1, "pad_token_id": 0,
        "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000, "rope_scaling": null, "rope_theta": 1000000, "sliding_window": 512,
        "sliding_window_pattern": 6, "vocab_size": 262144
        """)]
    [InlineData("gemma-3-270m", 268_098_176, """
        "_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": null, "bos_token_id": 2,
        "eos_token_id": 1, "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 640, "intermediate_size": 2048,
        "layer_types": ["sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention",
        "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention",
        "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "max_position_embeddings": 32768, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 18, "num_key_value_heads": 1, "pad_token_id": 0,
        "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000.0, "rope_scaling": null, "rope_theta": 1000000.0, "sliding_window": 512,
        "use_bidirectional_attention": false, "vocab_size": 262144
        """)]
    [InlineData("Phi-3-mini-4k", 3_821_079_552, """
        "architectures": ["Phi3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "auto_map": { "AutoConfig": "configuration_phi3.Phi3Config" }, "bos_token_id": 1,
        "embd_pdrop": 0.0, "eos_token_id": 32000, "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "phi3",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32, "original_max_position_embeddings": 4096, "pad_token_id": 32000, "resid_pdrop": 0.0,
        "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 10000.0, "sliding_window": 2047, "tie_word_embeddings": false, "vocab_size": 32064
        """)]
    [InlineData("OLMo-2-1B", 1_484_916_736, """
        "architectures": ["Olmo2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "eos_token_id": 100257, "hidden_act": "silu", "hidden_size": 2048,
        "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "olmo2", "num_attention_heads": 16, "num_hidden_layers": 16, "num_key_value_heads": 16,
        "pad_token_id": 100277, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 500000, "tie_word_embeddings": false, "vocab_size": 100352
        """)]
    public void Files_of_the_Hub_read_without_a_word(string name, long parameters, string members)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read(name + "/config.json", "{ " + Saved + ", " + members + " }", problems).Spec;
        Assert.Empty(problems);
        Assert.Equal(parameters, ParameterCount.Of(spec!));
    }

    /// <summary>Two files that are one model to transformers.</summary>
    [Theory]
    [InlineData("gemma", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"gelu\", \"hidden_activation\": \"gelu_pytorch_tanh\"")]
    [InlineData("llama", "\"rope_scaling\": { \"type\": \"linear\", \"factor\": 2.0 }",
        "\"rope_scaling\": { \"type\": \"linear\", \"factor\": 2.0 }, \"rope_parameters\": { \"rope_type\": \"default\", \"rope_theta\": 500.0 }")]
    [InlineData("llama", "\"rope_parameters\": { \"rope_type\": \"linear\", \"factor\": 2.0 }", "\"rope_scaling\": {}, \"rope_parameters\": { \"rope_type\": \"linear\", \"factor\": 2.0 }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4.0 }", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4.0, \"mscale\": 0.7, \"mscale_all_dim\": 0 }")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 16 }",
        "\"original_max_position_embeddings\": 16, \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 16 }")]
    [InlineData("llama", "\"rope_theta\": 500.0", "\"rope_theta\": 500.0, \"original_max_position_embeddings\": 16")]
    [InlineData("qwen2", "\"rope_theta\": 500.0", "\"rope_theta\": 500.0, \"is_causal\": true")]
    public void One_model_in_two_files(string type, string members, string others) =>
        Assert.Equal(Read(type, members).Spec! with { ConfigJson = "" }, Read(type, others).Spec! with { ConfigJson = "" });

    /// <summary>What transformers computes otherwise, or not at all, is refused by its key.</summary>
    [Theory]
    [InlineData("llama", "\"is_causal\": false", "is_causal")]
    [InlineData("gpt2", "\"is_causal\": false", "is_causal")]
    [InlineData("llama", "\"rope_scaling\": { \"type\": \"linear\" }", "factor")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0 }", "high_freq_factor")]
    [InlineData("llama", "\"original_max_position_embeddings\": 32, \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 16 }",
        "original_max_position_embeddings")]
    [InlineData("llama", "\"rope_scaling\": { \"rope_type\": \"default\", \"partial_rotary_factor\": 0.5 }", "partial_rotary_factor")]
    [InlineData("gemma3_text", "\"rope_parameters\": { \"full_attention\": { \"rope_type\": \"default\", \"partial_rotary_factor\": 0.5 } }", "partial_rotary_factor")]
    [InlineData("gemma3_text", "\"rope_scaling\": { \"rope_type\": \"linear\", \"factor\": 8.0 }, \"rope_parameters\": { \"full_attention\": { \"rope_type\": \"default\" } }", "rope_scaling")]
    public void What_cannot_be_the_same_is_refused(string type, string members, string key)
    {
        (ModelSpec? spec, List<Diagnostic> problems) = Read(type, members, clean: false);
        Assert.Null(spec);
        Assert.Contains(problems, problem => problem.Id == "TFG027" && problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Contains($"'{key}'", StringComparison.Ordinal));
    }

    private static (ModelSpec? Spec, List<Diagnostic> Problems) Read(string type, string members, bool clean = true)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", "{ \"model_type\": \"" + type + "\", " + DecoderFamilyTests.Small[type] + ", " + members + " }", problems).Spec;
        if (clean)
        {
            Assert.Empty(problems);
        }

        return (spec, problems);
    }
}

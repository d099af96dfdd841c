using static TransformerGen.Generated.Tests.Specs.Hub.DecoderKeys;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Decoder-only families: every key that changes a number of the model.</summary>
internal static class DecoderConfigs
{
    public static Dictionary<string, Action<HubDraw>> All { get; } = new(StringComparer.Ordinal)
    {
        ["bloom"] = Bloom,
        ["falcon"] = Falcon,
        ["gemma"] = Gemma,
        ["gemma2"] = Gemma2,
        ["gemma3_text"] = Gemma3,
        ["gpt2"] = Gpt2,
        ["gpt_bigcode"] = GptBigCode,
        ["gpt_neo"] = GptNeo,
        ["gpt_neox"] = GptNeoX,
        ["gptj"] = GptJ,
        ["granite"] = Granite,
        ["llama"] = Llama,
        ["mistral"] = Mistral,
        ["mixtral"] = Mixtral,
        ["olmo"] = Olmo,
        ["olmo2"] = Olmo2,
        ["opt"] = Opt,
        ["phi"] = Phi,
        ["phi3"] = Phi3,
        ["qwen2"] = Qwen2,
        ["qwen3"] = Qwen3,
        ["qwen3_moe"] = Qwen3Moe,
        ["smollm3"] = SmolLm3,
        ["stablelm"] = StableLm,
        ["starcoder2"] = Starcoder2,
    };

    private static void Gpt2(HubDraw draw)
    {
        Gpt(draw, evenHeads: false, AllTasks);
        draw.Flags("scale_attn_weights", "scale_attn_by_inverse_layer_idx");
        draw.Flags("tie_word_embeddings");
    }

    private static void GptBigCode(HubDraw draw)
    {
        Gpt(draw, evenHeads: false, TasksWithTokens);
        draw.Flags("multi_query", "scale_attn_weights", "tie_word_embeddings");
    }

    private static void GptJ(HubDraw draw)
    {
        Gpt(draw, evenHeads: false, TasksWithSpans, leastHead: 2);
        draw.Set("rotary_dim", 2 * draw.Int(1, draw.HeadWidth / 2));
        draw.Flags("tie_word_embeddings");
    }

    private static void Gpt(HubDraw draw, bool evenHeads, string[] tasks, int leastHead = 1)
    {
        draw.DrawWidth(evenHeads, leastHead);
        draw.Sizes(draw.One("n_embd", "hidden_size"), draw.One("n_head", "num_attention_heads"), draw.One("n_layer", "num_hidden_layers"), null, draw.One("n_positions", "max_position_embeddings"));
        Head(draw, tasks, hidden: true);
        draw.Maybe("n_inner", "null", "17", "48", "61");
        draw.Activation("activation_function");
        draw.Epsilon("layer_norm_epsilon");
        draw.Rates("embd_pdrop", "resid_pdrop", "attn_pdrop");
        draw.Ids();
    }

    private static void GptNeo(HubDraw draw)
    {
        draw.DrawWidth();
        draw.Sizes("hidden_size", draw.One("num_heads", "num_attention_heads"), draw.One("num_layers", "num_hidden_layers"), null, "max_position_embeddings");
        Head(draw, AllTasks, hidden: false);
        draw.Maybe("intermediate_size", "null", "17", "50");
        draw.Set("window_size", draw.One(1, 3, 9, 40, 256));
        string Kinds() => $"[{string.Join(", ", Enumerable.Range(0, draw.Layers).Select(_ => draw.One("\"global\"", "\"local\"")))}]";
        draw.Set("attention_types", $"[[{Kinds()}, 1]]");
        if (draw.Chance(30))
        {
            draw.Set("attention_layers", Kinds());
        }

        draw.Activation("activation_function");
        draw.Epsilon("layer_norm_epsilon");
        draw.Rates("embed_dropout", "resid_dropout", "attention_dropout");
        draw.Flags("tie_word_embeddings");
        draw.Ids();
    }

    private static void GptNeoX(HubDraw draw)
    {
        draw.DrawWidth(leastHead: 2);
        draw.Sizes("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings");
        Head(draw, AllTasks, hidden: false);
        draw.Set("rotary_pct", Part(draw));
        Rope(draw, baseKey: "rotary_emb_base", partial: true);
        draw.Flags("attention_bias", "use_parallel_residual", "tie_word_embeddings");
        draw.Activation("hidden_act");
        draw.Epsilon("layer_norm_eps");
        draw.Rates("attention_dropout", "hidden_dropout");
        draw.Ids();
    }

    private static void Opt(HubDraw draw)
    {
        draw.DrawWidth();
        draw.Sizes("hidden_size", "num_attention_heads", "num_hidden_layers", "ffn_dim", "max_position_embeddings");
        Head(draw, TasksWithSpans, hidden: false);
        draw.Maybe("word_embed_proj_dim", "null", "7", "24", "33");
        draw.Flags("enable_bias", "do_layer_norm_before", "_remove_final_layer_norm", "tie_word_embeddings");
        draw.Maybe("layer_norm_elementwise_affine", "true");
        draw.Activation("activation_function");
        draw.Rates("dropout", "attention_dropout", "layerdrop");
        draw.Ids();
    }

    private static void Bloom(HubDraw draw)
    {
        draw.DrawWidth();
        draw.Sizes(draw.One("n_embed", "hidden_size"), draw.One("n_head", "num_attention_heads"), draw.One("n_layer", "num_hidden_layers"), null, null);
        Head(draw, AllTasks, hidden: false);
        draw.Flags("apply_residual_connection_post_layernorm", "tie_word_embeddings");
        draw.Epsilon("layer_norm_epsilon");
        draw.Rates("hidden_dropout", "attention_dropout");
        draw.Ids();
    }

    private static void Falcon(HubDraw draw)
    {
        draw.DrawWidth(evenHeads: true);
        draw.Sizes(draw.One("hidden_size", "n_embed"), "num_attention_heads", "num_hidden_layers", null, "max_position_embeddings");
        Head(draw, AllTasks, hidden: false);
        draw.Maybe("ffn_hidden_size", "null", "19", "64");
        bool grouped = draw.Chance(40), parallel = grouped || draw.Chance(60), single = draw.Chance(50);
        draw.Set("new_decoder_architecture", grouped ? "true" : "false");
        draw.Set("parallel_attn", parallel ? "true" : "false");
        draw.Set("multi_query", single ? "true" : "false");
        if (grouped)
        {
            draw.Set("num_kv_heads", draw.KeyHeads());
            draw.Maybe("num_ln_in_parallel_attn", "null", "1", "2");
        }

        draw.Flags("alibi", "bias", "tie_word_embeddings");
        Rope(draw);
        draw.Activation("activation");
        draw.Epsilon("layer_norm_epsilon");
        draw.Rates("attention_dropout", "hidden_dropout");
        draw.Ids();
    }

    private static void Llama(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: AllTasks);
        Rope(draw);
        draw.Flags("attention_bias", "mlp_bias");
    }

    private static void Mistral(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: AllTasks);
        Rope(draw);
        Window(draw);
    }

    private static void Mixtral(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: AllTasks);
        Rope(draw);
        Window(draw);
        Experts(draw);
    }

    private static void Qwen2(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: AllTasks);
        Rope(draw);
        UpperWindows(draw);
        draw.Maybe("use_mrope", "false");
    }

    private static void Qwen3(HubDraw draw)
    {
        Usual(draw, HeadKey.Always, leastHead: 4, tasks: AllTasks);
        Rope(draw);
        UpperWindows(draw);
        draw.Flags("attention_bias");
    }

    private static void Qwen3Moe(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, leastHead: 4, tasks: AllTasks);
        Rope(draw);
        draw.Flags("use_sliding_window", "attention_bias", "norm_topk_prob");
        draw.Set("sliding_window", draw.One("1", "5", "null", "40"));
        Experts(draw);
        draw.Set("moe_intermediate_size", draw.Int(1, 40));
        draw.Maybe("decoder_sparse_step", "1", "2");
        draw.Maybe("mlp_only_layers", "[]", "[0]", "[1]");
    }

    private static void Gemma(HubDraw draw)
    {
        Usual(draw, HeadKey.Always, tasks: TasksWithTokens);
        Rope(draw);
        draw.Flags("attention_bias");
        draw.Maybe("hidden_activation", "null");
        draw.Maybe("use_bidirectional_attention", "false");
    }

    private static void Gemma2(HubDraw draw)
    {
        Usual(draw, HeadKey.Always, activation: "hidden_activation", tasks: TasksWithTokens);
        Rope(draw);
        draw.Flags("attention_bias");
        draw.Maybe("query_pre_attn_scalar", "4", "24", "9.5");
        draw.Maybe("attn_logit_softcapping", "null", "2.0", "50.0");
        draw.Maybe("use_bidirectional_attention", "false");
        draw.Maybe("final_logit_softcapping", "null", "3.0", "30.0");
        draw.Set("sliding_window", draw.One(1, 2, 6, 30));
        LayerTypes(draw);
    }

    private static void Gemma3(HubDraw draw)
    {
        Usual(draw, HeadKey.Always, leastHead: 4, activation: "hidden_activation");
        draw.Flags("attention_bias");
        draw.Maybe("query_pre_attn_scalar", "4", "24");
        draw.Maybe("final_logit_softcapping", "null", "3.0");
        draw.Maybe("use_bidirectional_attention", "false");
        draw.Set("sliding_window", draw.One(1, 2, 6, 30));
        if (draw.Chance(30))
        {
            draw.Set("rope_parameters", "{\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 4.0, \"rope_theta\": 50000.0}, \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 300.0}}");
        }
        else
        {
            Rope(draw, older: true);
            draw.Maybe("rope_local_base_freq", "100.0", "5000.0");
        }

        draw.Maybe("sliding_window_pattern", "1", "2", "3");
        LayerTypes(draw);
    }

    private static void Phi(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, leastHead: 6, epsilon: "layer_norm_eps", partial: true, tasks: TasksWithTokens);
        Rope(draw, partial: true);
        draw.Flags("qk_layernorm");
        draw.Rates("embd_pdrop", "resid_pdrop");
    }

    private static void Phi3(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, leastHead: 2, partial: true, tasks: TasksWithTokens);
        if (draw.Chance(40))
        {
            draw.Set("rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 500.0}");
        }
        else if (draw.Chance(50))
        {
            draw.Set("original_max_position_embeddings", draw.One(8, 20, draw.Length));
            draw.Set("rope_scaling", $"{{\"type\": \"{draw.One("longrope", "su", "yarn")}\", {Divisors(draw)}}}");
        }
        else
        {
            draw.Maybe("rope_theta", "100.0", "10000.0");
            draw.Maybe("rope_scaling", "null", "{\"type\": \"default\"}");
        }

        draw.Maybe("attention_bias", "false");
        draw.Maybe("mlp_bias", "false");
        Window(draw);
        draw.Rates("resid_pdrop");
    }

    private static void Olmo(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, epsilon: null, tasks: TasksWithoutClassifier);
        Rope(draw);
        draw.Flags("attention_bias");
        draw.Maybe("clip_qkv", "null", "0.25", "1.0", "8.0");
    }

    private static void Olmo2(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: TasksWithoutClassifier);
        Rope(draw);
        draw.Flags("attention_bias");
        draw.Maybe("clip_qkv", "null");
    }

    private static void Starcoder2(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, epsilon: "norm_epsilon", tasks: TasksWithTokens);
        Rope(draw);
        Window(draw);
        draw.Flags("use_bias");
        draw.Rates("embedding_dropout", "residual_dropout");
    }

    private static void Granite(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: TasksWithoutClassifier);
        Rope(draw);
        draw.Flags("attention_bias", "mlp_bias");
        draw.Maybe("embedding_multiplier", "12.0", "0.5");
        draw.Maybe("residual_multiplier", "0.22", "1.5", "-0.7");
        draw.Maybe("attention_multiplier", "0.25", "0.015625");
        draw.Maybe("logits_scaling", "4.0", "0.5");
    }

    private static void SmolLm3(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, tasks: AllTasks);
        Rope(draw);
        draw.Flags("attention_bias", "mlp_bias");
        draw.Maybe("no_rope_layer_interval", "1", "2", "3");
        if (draw.Chance(40))
        {
            draw.Set("no_rope_layers", $"[{string.Join(", ", Enumerable.Range(0, draw.Layers).Select(_ => draw.Int(0, 1)))}]");
        }

        draw.Set("sliding_window", draw.One(1, 2, 7, 30));
        bool windows = draw.Chance(60);
        draw.Set("use_sliding_window", windows ? "true" : "false");
        if (windows)
        {
            LayerTypes(draw);
        }
    }

    private static void StableLm(HubDraw draw)
    {
        Usual(draw, HeadKey.Maybe, leastHead: 6, epsilon: "layer_norm_eps", partial: true, tasks: TasksWithTokens, hidden: false);
        Rope(draw, partial: true);
        draw.Flags("use_qkv_bias", "qk_layernorm", "use_parallel_residual");
        draw.Rates("hidden_dropout");
    }
}

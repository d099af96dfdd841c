using System.Globalization;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Members that many decoders have: sizes and heads, rotation, windows, experts.</summary>
internal static class DecoderKeys
{
    /// <summary>Endings of the classes that most decoders have.</summary>
    public static string[] Tasks { get; } = ["ForCausalLM", "ForSequenceClassification", "Model"];

    /// <summary>The same with classes of tokens.</summary>
    public static string[] TasksWithTokens { get; } = [.. Tasks, "ForTokenClassification"];

    /// <summary>The same with spans.</summary>
    public static string[] TasksWithSpans { get; } = [.. Tasks, "ForQuestionAnswering"];

    /// <summary>The same with both.</summary>
    public static string[] AllTasks { get; } = [.. TasksWithTokens, "ForQuestionAnswering"];

    /// <summary>The same without a classifier.</summary>
    public static string[] TasksWithoutClassifier { get; } = ["ForCausalLM", "Model"];

    /// <summary>Whether a file gives the width of a head.</summary>
    public enum HeadKey
    {
        Maybe,
        Always,
    }

    /// <summary>Sizes, head, activation, norm, ids.</summary>
    public static void Usual(
        HubDraw draw,
        HeadKey headKey,
        int leastHead = 2,
        string activation = "hidden_act",
        string? epsilon = "rms_norm_eps",
        bool partial = false,
        string[]? tasks = null,
        bool hidden = true)
    {
        bool own = headKey == HeadKey.Always || draw.Chance(40);
        if (own)
        {
            draw.DrawOwnHeads(leastHead);
        }
        else
        {
            draw.DrawWidth(evenHeads: !partial, leastHead);
        }

        draw.Sizes("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings");
        Head(draw, tasks ?? Tasks, hidden);
        draw.Set("num_key_value_heads", draw.KeyHeads());
        if (own)
        {
            draw.Set("head_dim", draw.HeadWidth);
        }

        if (partial)
        {
            draw.Set("partial_rotary_factor", Part(draw));
        }

        draw.Activation(activation);
        if (epsilon is not null)
        {
            draw.Epsilon(epsilon);
        }

        draw.Rates("attention_dropout");
        draw.Flags("tie_word_embeddings");
        draw.Ids();
    }

    /// <summary>A head, and what it drops where it answers for every token.</summary>
    /// <param name="draw">The config.</param>
    /// <param name="tasks">Endings of the family's classes.</param>
    /// <param name="hidden">Whether hidden_dropout is the second key of that rate, and of nothing else.</param>
    public static void Head(HubDraw draw, string[] tasks, bool hidden)
    {
        if (draw.Head(tasks) == "ForTokenClassification" && hidden && draw.Chance(50))
        {
            draw.Rates("hidden_dropout");
        }

        if (draw.Chance(50))
        {
            draw.Rates("classifier_dropout");
        }
    }

    /// <summary>The part of a head's columns that turns: an even number of them when it is rounded down.</summary>
    public static string Part(HubDraw draw)
    {
        int turned = draw.Turned = 2 * draw.Int(1, draw.HeadWidth / 2);
        return turned == draw.HeadWidth ? "1.0" : ((turned + 0.5) / draw.HeadWidth).ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Rotation in both spellings, scaled or not.</summary>
    public static void Rope(HubDraw draw, string baseKey = "rope_theta", bool older = false, bool partial = false)
    {
        if (!partial)
        {
            draw.Maybe("partial_rotary_factor", "1.0");
        }

        string theta = draw.One("10.0", "100.0", "10000.0", "1000000.0");
        string key = draw.One("type", "rope_type");
        string? scaling = draw.Int(0, 6) switch
        {
            0 => $"\"{key}\": \"linear\", \"factor\": {draw.One("2.0", "4", "0.5")}",
            1 => $"\"{key}\": \"dynamic\", \"factor\": 2.0",
            2 => "\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 16",
            3 => $"\"{key}\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": {draw.One("8", "16")}"
                + draw.One("", ", \"attention_factor\": 0.8", ", \"beta_fast\": 16, \"beta_slow\": 2", ", \"mscale\": 0.7, \"mscale_all_dim\": 1.0", ", \"truncate\": false"),
            4 => $"\"{key}\": \"longrope\", \"factor\": 4.0, {Divisors(draw)}" + draw.One("", ", \"attention_factor\": 1.2"),
            _ => null,
        };
        if (!older && draw.Chance(40))
        {
            draw.Set("rope_parameters", $"{{\"rope_theta\": {theta}, {scaling ?? "\"rope_type\": \"default\""}}}");
            return;
        }

        draw.Maybe(baseKey, theta);
        if (scaling is not null)
        {
            draw.Set("rope_scaling", $"{{{scaling}}}");
        }
        else
        {
            draw.Maybe("rope_scaling", "null");
        }
    }

    /// <summary>LongRoPE's divisors, one for each pair of columns that turns.</summary>
    public static string Divisors(HubDraw draw)
    {
        string List() => string.Join(", ", Enumerable.Range(0, draw.Turned / 2).Select(_ => draw.One("1.0", "1.25", "3", "17.5")));
        return $"\"short_factor\": [{List()}], \"long_factor\": [{List()}]";
    }

    /// <summary>A window of every layer, or none.</summary>
    public static void Window(HubDraw draw) => draw.Maybe("sliding_window", "null", "1", "2", "7", "17", "40");

    /// <summary>Windows as Qwen has them: in upper layers, or in those of a list.</summary>
    public static void UpperWindows(HubDraw draw)
    {
        draw.Set("sliding_window", draw.One(1, 2, 7, 30));
        bool windows = draw.Chance(60);
        draw.Set("use_sliding_window", windows ? "true" : "false");
        draw.Maybe("max_window_layers", "0", "1", "2");
        if (windows)
        {
            LayerTypes(draw);
        }
    }

    /// <summary>Which layers have the window.</summary>
    public static void LayerTypes(HubDraw draw)
    {
        if (draw.Chance(40))
        {
            draw.Set("layer_types", $"[{string.Join(", ", Enumerable.Range(0, draw.Layers).Select(_ => draw.One("\"full_attention\"", "\"sliding_attention\"")))}]");
        }
    }

    /// <summary>Experts, one to nine, and those of a token.</summary>
    public static void Experts(HubDraw draw)
    {
        int experts = draw.Int(1, 9);
        draw.Set(draw.One("num_experts", "num_local_experts"), experts);
        draw.Set("num_experts_per_tok", draw.Int(1, Math.Min(experts, 4)));
        draw.Maybe("output_router_logits", "false");
        draw.Maybe("router_jitter_noise", "0.0");
        draw.Maybe("router_aux_loss_coef", "0.001", "0.02");
    }
}

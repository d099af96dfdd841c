using System.Globalization;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Encoder-decoder families: every key that changes a number of the model.</summary>
internal static class SequenceConfigs
{
    private static readonly string[] s_tasks = ["ForConditionalGeneration", "Model"], s_classifiers = [.. s_tasks, "ForSequenceClassification", "ForQuestionAnswering"];

    public static Dictionary<string, Action<HubDraw>> All { get; } = new(StringComparer.Ordinal)
    {
        ["bart"] = draw => Usual(draw, evenWidth: false, s_classifiers),
        ["m2m_100"] = draw => Usual(draw, evenWidth: true, s_tasks),
        ["marian"] = draw => Usual(draw, evenWidth: true, s_tasks),
        ["mbart"] = draw => Usual(draw, evenWidth: false, s_classifiers),
        ["mt5"] = T5,
        ["pegasus"] = draw => Usual(draw, evenWidth: false, s_tasks),
        ["t5"] = T5,
    };

    private static void Usual(HubDraw draw, bool evenWidth, string[] tasks)
    {
        draw.DrawWidth(evenWidth: evenWidth);
        draw.Sizes(draw.One("d_model", "hidden_size"), draw.One("encoder_attention_heads", "num_attention_heads"), "encoder_layers", "encoder_ffn_dim", "max_position_embeddings");
        int[] divisors = [.. Enumerable.Range(1, 8).Where(heads => draw.Width % heads == 0)];
        draw.Set("decoder_attention_heads", draw.One(divisors));
        draw.Set("decoder_layers", draw.Int(1, 2));
        draw.Set("decoder_ffn_dim", draw.Int(1, 70));
        draw.Activation("activation_function");
        draw.Flags("scale_embedding", "tie_word_embeddings");
        draw.Maybe("share_encoder_decoder_embeddings", "true", "false");
        draw.Maybe("decoder_vocab_size", "null", draw.Vocabulary.ToString(CultureInfo.InvariantCulture));
        draw.Rates("dropout", "attention_dropout", "activation_dropout", "encoder_layerdrop", "decoder_layerdrop");
        draw.Maybe("pad_token_id", draw.Id(), "1");
        draw.Maybe("decoder_start_token_id", draw.Id());
        draw.Maybe("bos_token_id", "null", draw.Id());

        draw.Rates("classifier_dropout");
        if (draw.Head(tasks) == "ForSequenceClassification")
        {
            // Classes are read off at the end token.
            draw.Set("eos_token_id", draw.Id());
        }
        else
        {
            draw.Maybe("eos_token_id", "null", draw.Id(), $"[{draw.Id()}, {draw.Id()}]");
        }
    }

    private static void T5(HubDraw draw)
    {
        draw.DrawOwnHeads(leastHead: 1);
        draw.Sizes(draw.One("d_model", "hidden_size"), draw.One("num_heads", "num_attention_heads"), draw.One("num_layers", "num_hidden_layers"), "d_ff", null);
        draw.Set(draw.One("d_kv", "head_dim"), draw.Int(1, 20));
        draw.Maybe("num_decoder_layers", "null", "1", "2");
        int buckets = draw.Int(4, 17);
        draw.Set("relative_attention_num_buckets", buckets);
        draw.Set("relative_attention_max_distance", (buckets / 2) + draw.Int(1, 40));
        draw.Maybe("feed_forward_proj", "\"relu\"", "\"gated-gelu\"", "\"gated-silu\"", "\"gated-relu\"", "\"gelu\"");
        if (draw.Chance(25))
        {
            // As transformers writes them, beside feed_forward_proj; they win.
            draw.Activation("dense_act_fn");
            draw.Flags("is_gated_act");
        }

        draw.Epsilon("layer_norm_epsilon");
        draw.Rates("dropout_rate");
        draw.Flags("tie_word_embeddings", "scale_decoder_outputs");
        draw.Maybe("pad_token_id", "0", draw.Id());
        draw.Maybe("decoder_start_token_id", draw.Id());
        draw.Maybe("eos_token_id", "1", draw.Id());
        draw.Rates("classifier_dropout");
        draw.Head(["ForConditionalGeneration", "Model", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering", "EncoderModel"]);
    }
}

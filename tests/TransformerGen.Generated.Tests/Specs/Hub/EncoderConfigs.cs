namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Encoder-only families: every key that changes a number of the model.</summary>
internal static class EncoderConfigs
{
    public static Dictionary<string, Action<HubDraw>> All { get; } = new(StringComparer.Ordinal)
    {
        ["albert"] = Albert,
        ["bert"] = Bert,
        ["camembert"] = Roberta,
        ["distilbert"] = DistilBert,
        ["electra"] = Electra,
        ["longformer"] = Longformer,
        ["modernbert"] = ModernBert,
        ["mpnet"] = Mpnet,
        ["roberta"] = Roberta,
        ["xlm-roberta"] = Roberta,
    };

    private static void Bert(HubDraw draw)
    {
        Usual(draw);
        draw.Maybe("pad_token_id", "null", draw.Id());
        draw.Rates("classifier_dropout");
    }

    private static void Electra(HubDraw draw)
    {
        Usual(draw);
        draw.Set("embedding_size", draw.One(draw.Width, draw.Int(8, 40)));
        draw.Maybe("pad_token_id", "null", draw.Id());
        draw.Rates("classifier_dropout");
    }

    private static void Albert(HubDraw draw)
    {
        Usual(draw);
        draw.Set("embedding_size", draw.One(draw.Width, draw.Int(8, 40)));
        draw.Maybe("num_hidden_groups", "1", draw.Int(1, draw.Layers).ToString());
        draw.Maybe("inner_group_num", "1", "2");
        draw.Rates("classifier_dropout_prob");
        draw.Ids();
    }

    private static void Roberta(HubDraw draw)
    {
        Usual(draw);
        draw.Maybe("pad_token_id", "0", "1", "1", "5");
        draw.Rates("classifier_dropout");
    }

    private static void Longformer(HubDraw draw)
    {
        Usual(draw);
        draw.Maybe("pad_token_id", "0", "1", "3");
        string Window() => draw.One("2", "4", "6", "16", "64");
        draw.Set("attention_window", draw.Chance(50) ? Window() : $"[{string.Join(", ", Enumerable.Range(0, draw.Layers).Select(_ => Window()))}]");
    }

    private static void Mpnet(HubDraw draw)
    {
        Usual(draw, types: false);
        draw.Maybe("relative_attention_num_buckets", "32");
    }

    private static void DistilBert(HubDraw draw)
    {
        draw.DrawWidth();
        draw.Sizes(draw.One("dim", "hidden_size"), draw.One("n_heads", "num_attention_heads"), draw.One("n_layers", "num_hidden_layers"), "hidden_dim", "max_position_embeddings");
        Head(draw);
        draw.Activation("activation");
        draw.Flags("sinusoidal_pos_embds", "tie_word_embeddings");
        draw.Maybe("pad_token_id", "null", draw.Id());
        draw.Rates("dropout", "attention_dropout", "seq_classif_dropout", "qa_dropout");
    }

    private static void ModernBert(HubDraw draw)
    {
        draw.DrawWidth(evenHeads: true);
        draw.Sizes("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings");
        Head(draw);
        draw.Set("local_attention", draw.One(0, 1, 4, 9, 40));
        draw.Maybe("global_attn_every_n_layers", "1", "2", "3");
        if (draw.Chance(30))
        {
            draw.Set("layer_types", $"[{string.Join(", ", Enumerable.Range(0, draw.Layers).Select(_ => draw.One("\"full_attention\"", "\"sliding_attention\"")))}]");
        }

        if (draw.Chance(30))
        {
            draw.Set("rope_parameters", "{\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 2.0, \"rope_theta\": 5000.0}, \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 50.0}}");
        }
        else
        {
            draw.Maybe("global_rope_theta", "100.0", "160000.0");
            draw.Maybe("local_rope_theta", "null", "10.0", "10000.0");
            draw.Maybe("rope_scaling", "null", "{\"type\": \"linear\", \"factor\": 2.0}");
        }

        draw.Flags("norm_bias", "attention_bias", "mlp_bias", "classifier_bias", "decoder_bias", "tie_word_embeddings");
        draw.Set("classifier_pooling", "\"cls\"");
        draw.Activation("hidden_activation");
        draw.Activation("classifier_activation");
        draw.Epsilon("norm_eps");
        draw.Maybe("rope_theta", "300.0");
        draw.Maybe("pad_token_id", "null", draw.Id());
        draw.Rates("attention_dropout", "mlp_dropout", "embedding_dropout", "classifier_dropout");
    }

    private static void Usual(HubDraw draw, bool types = true)
    {
        draw.DrawWidth();
        draw.Sizes("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings");
        Head(draw);
        if (types)
        {
            draw.Maybe("type_vocab_size", "1", "2", "5");
            draw.Maybe("position_embedding_type", "\"absolute\"");
        }

        draw.Activation("hidden_act");
        draw.Epsilon("layer_norm_eps", "1e-12", "1e-5");
        draw.Flags("tie_word_embeddings");
        draw.Rates("hidden_dropout_prob", "attention_probs_dropout_prob");
    }

    // A file without architectures is the bare model.
    private static void Head(HubDraw draw) => draw.Head("Model", "ForMaskedLM", "ForMaskedLM", "ForSequenceClassification", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering");
}

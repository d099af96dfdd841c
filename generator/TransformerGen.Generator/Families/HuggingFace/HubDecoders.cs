using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>Parts that decoder-only families share: the model around its layers, sliding windows, norms of queries and keys, experts.</summary>
internal static class HubDecoders
{
    // A tensor of its own for each expert or head of each layer: more of them would be a mistake, and a very long file.
    private const int LargestExperts = 1 << 10, LargestTensors = 1 << 16;

    /// <summary>What transformers has for all decoders but a few.</summary>
    public static IReadOnlyList<HubTask> Tasks { get; } = [HubTask.CausalLanguage, HubTask.SequenceClassification, HubTask.Model];

    /// <summary>The same with classes of tokens.</summary>
    public static IReadOnlyList<HubTask> TasksWithTokens { get; } = [.. Tasks, HubTask.TokenClassification];

    /// <summary>The same with spans.</summary>
    public static IReadOnlyList<HubTask> TasksWithSpans { get; } = [.. Tasks, HubTask.QuestionAnswering];

    /// <summary>The same with both.</summary>
    public static IReadOnlyList<HubTask> AllTasks { get; } = [.. TasksWithTokens, HubTask.QuestionAnswering];

    /// <summary>The same without a classifier.</summary>
    public static IReadOnlyList<HubTask> TasksWithoutClassifier { get; } = [HubTask.CausalLanguage, HubTask.Model];

    /// <summary>A checkpoint of the bare model has no prefix.</summary>
    public static string Prefix(HubTask task, string prefix) => task == HubTask.Model ? "" : prefix;

    /// <summary>A decoder by Llama's names: model.embed_tokens, model.layers, a final norm, lm_head.</summary>
    /// <param name="config">The file.</param>
    /// <param name="task">The head.</param>
    /// <param name="sizes">Sizes.</param>
    /// <param name="ids">Defaults of the ids of padding, begin and end.</param>
    /// <param name="tied">Default of tie_word_embeddings.</param>
    /// <param name="norm">A norm by its full name.</param>
    /// <param name="layer">A layer by its full name and number.</param>
    /// <param name="finalNorm">Name of the norm behind the last layer.</param>
    /// <param name="spanPrefix">In front of the body's names where the head finds spans.</param>
    /// <param name="drop">Default of classifier_dropout; null for what most families do.</param>
    public static ModelSpec ByLlamasNames(
        HubConfig config,
        HubTask task,
        DecoderSizes sizes,
        (int? Pad, int? Begin, int? End) ids,
        bool tied,
        Func<string, NormSpec> norm,
        Func<string, int, LayerSpec> layer,
        string finalNorm = "norm",
        string spanPrefix = "model.",
        double? drop = null)
    {
        string body = task == HubTask.QuestionAnswering ? spanPrefix : "model.", prefix = Prefix(task, body);
        ModelSpec model = HubModels.Causal(config, sizes.Width, sizes.Vocabulary, sizes.Length, body, ids.Pad, ids.Begin, ids.End);
        HeadSpec head = Head(config, task, sizes.Vocabulary, prefix + "embed_tokens.weight", tied, drop: drop);
        return model with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "embed_tokens.weight", sizes.Width, 1f) { PaddingRow = model.PadId },
                HubModels.Layers(sizes.Layers, i => layer(prefix + "layers." + Number.Text(i), i)),
                norm(prefix + finalNorm)),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            IgnoredTensors = new EquatableList<string>(["*.rotary_emb.inv_freq"]),
        };
    }

    /// <summary>Logits over the vocabulary, classes of a sequence's last token by "score", classes of every token, spans, or the bare model.</summary>
    /// <param name="config">The file.</param>
    /// <param name="task">Which of them.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="table">Name of the embedding's table.</param>
    /// <param name="tied">Default of tie_word_embeddings.</param>
    /// <param name="output">Name of the product where it is not tied.</param>
    /// <param name="bias">Whether the logits over the vocabulary have a bias.</param>
    /// <param name="tokens">Name of the product that gives the classes of tokens.</param>
    /// <param name="drop">Default of classifier_dropout, which acts in front of it; null for hidden_dropout, or else 0.1.</param>
    public static HeadSpec Head(
        HubConfig config, HubTask task, int vocabulary, string table, bool tied, string output = "lm_head", bool bias = false, string tokens = "score", double? drop = null)
    {
        const string DropKey = "classifier_dropout";
        bool shared = config.Flag("tie_word_embeddings", tied);
        config.Reader.Has(DropKey);
        switch (task)
        {
            case HubTask.Model:
                return new HeadSpec(HeadKind.Hidden, 0, null);
            case HubTask.SequenceClassification:
                int labels = config.Labels();
                return new HeadSpec(HeadKind.Classes, labels, HubModels.Output("score.weight", null, labels)) { Rows = HeadRows.Last, Loss = config.Problem(labels) };
            case HubTask.TokenClassification:
                return HubHeads.Tokens(config, tokens, new DropoutStepSpec(config.Rate(DropKey, drop ?? config.Rate("hidden_dropout", 0.1))));
            case HubTask.QuestionAnswering:
                return HubHeads.Span();
            default:
                return new HeadSpec(HeadKind.Language, vocabulary, HubModels.Output(shared ? table : output + ".weight", bias ? output + ".bias" : null, vocabulary));
        }
    }

    /// <summary>sliding_window: a query sees the keys j with i - j below it; null for all.</summary>
    public static int? Window(HubConfig config, int? ordinary) => config.OptionalOr("sliding_window", ordinary, 1, "the number of keys that a query sees, its own among them");

    /// <summary>The pattern of a window.</summary>
    public static PatternSpec Pattern(int? window, int maxLength) => window is int keys && keys < maxLength ? PatternSpec.Near(keys - 1) : PatternSpec.Full;

    /// <summary>Which layers have a sliding window: layer_types, or what the family does without them.</summary>
    /// <param name="config">The file.</param>
    /// <param name="layers">Layers.</param>
    /// <param name="window">The window; null for none, and then no layer may have one.</param>
    /// <param name="ordinary">For layers from 0.</param>
    public static bool[] Sliding(HubConfig config, int layers, int? window, Func<int, bool> ordinary)
    {
        const string Key = "layer_types", Full = "full_attention", Windowed = "sliding_attention";
        bool[] sliding;
        if (config.Reader.Words(Key) is { } words)
        {
            if (words.Count != layers || words.Any(word => word is not (Full or Windowed)))
            {
                config.Refuse(Key, $"a list of {Number.Text(layers)} words, one for each layer, \"{Full}\" or \"{Windowed}\"");
            }

            sliding = [.. Enumerable.Range(0, layers).Select(i => i < words.Count && words[i] == Windowed)];
        }
        else
        {
            sliding = [.. Enumerable.Range(0, layers).Select(ordinary)];
        }

        if (window is null && sliding.Contains(true))
        {
            if (config.Reader.IsGiven("sliding_window"))
            {
                config.Refuse("use_sliding_window", "true, where layers of the kind \"" + Windowed + "\" need a window");
            }
            else
            {
                config.Report("sliding_window", "null", "a number of keys, where layers of the kind \"" + Windowed + "\" need it");
            }
        }

        return sliding;
    }

    /// <summary>RMS norm of each head of queries and keys, with one weight for all heads: q_norm and k_norm.</summary>
    public static AttentionSpec WithHeadNorms(AttentionSpec attention, string name, float epsilon, bool unitOffset = false) => attention with
    {
        QueryNorm = new HeadNormSpec(new EquatableList<string>([name + ".q_norm.weight"]), null, attention.Heads, attention.HeadWidth, NormKind.Rms, epsilon, unitOffset),
        KeyNorm = new HeadNormSpec(new EquatableList<string>([name + ".k_norm.weight"]), null, attention.KeyHeads, attention.HeadWidth, NormKind.Rms, epsilon, unitOffset),
    };

    /// <summary>Gated experts, each with tensors of its own.</summary>
    /// <param name="name">Of the mixture: name.gate is the router, name.experts.0 the first expert.</param>
    /// <param name="parts">What an expert's gate, value and output products are called.</param>
    /// <param name="width">Width of a position.</param>
    /// <param name="count">Experts.</param>
    /// <param name="perToken">Experts of a token.</param>
    /// <param name="inner">An expert's inner width.</param>
    /// <param name="activation">Of the gate.</param>
    /// <param name="normalise">Whether the chosen probabilities are divided by their sum.</param>
    public static ExpertsSpec Experts(
        string name, (string Gate, string Up, string Down) parts, int width, int count, int perToken, int inner, ActivationKind activation, bool normalise)
    {
        string Expert(int expert, string part) => name + ".experts." + Number.Text(expert) + "." + part;
        IEnumerable<int> experts = Enumerable.Range(0, count);
        return new ExpertsSpec(
            ProjectionSpec.Of(bias: false, (name + ".gate", count)),
            ProjectionSpec.Of(bias: false, [.. experts.SelectMany(e => new[] { (Expert(e, parts.Gate), inner), (Expert(e, parts.Up), inner) })]),
            ProjectionSpec.Of(bias: false, [.. experts.Select(e => (Expert(e, parts.Down), width))]),
            count,
            perToken,
            inner,
            activation,
            normalise);
    }

    /// <summary>Number of experts, and of those that a token goes through. Training adds no balancing loss: output_router_logits is refused.</summary>
    public static (int Count, int PerToken) ExpertCounts(HubConfig config, int layers, string key, int count, int perToken, params string[] spellings)
    {
        config.Only("output_router_logits", false);
        config.Only("router_jitter_noise", 0);
        config.Reader.Has("router_aux_loss_coef"); // Belongs to the balancing loss.
        int experts = config.InRange(key, count, 1, LargestExperts, "the number of experts", spellings);
        int chosen = config.InRange("num_experts_per_tok", perToken, 1, experts, "the number of experts of a token");
        return (AtMost(config, key, experts, layers, "experts"), chosen);
    }

    /// <summary>Refuses more tensors than a model should have where each of its heads or experts has its own.</summary>
    public static int AtMost(HubConfig config, string key, int count, int layers, string what)
    {
        int largest = LargestTensors / layers;
        if (count <= largest)
        {
            return count;
        }

        config.Reader.Report(Descriptors.SizeOutOfRange, key, key, Number.Text(count), "1", Number.Text(largest), $"the number of {what} of each of {Number.Text(layers)} layers");
        return 1;
    }
}

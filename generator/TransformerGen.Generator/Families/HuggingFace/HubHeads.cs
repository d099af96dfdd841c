using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>Heads of encoders. Steps are what stands between the last hidden states and the last product.</summary>
internal static class HubHeads
{
    /// <summary>What a checkpoint may hold beside the tensors of a head: positions that older versions stored, and the pooler where no head reads it.</summary>
    public static EquatableList<string> Ignored { get; } = new(["*.position_ids", "*pooler"]);

    /// <summary>Names under which checkpoints hold the last product's tensors when those are the embedding's, or stand elsewhere.</summary>
    /// <param name="head">The head.</param>
    /// <param name="output">The last product's own name.</param>
    public static EquatableList<TensorAlias> Aliases(HeadSpec head, string output)
    {
        if (head is not { Kind: HeadKind.Language, Output: { } product })
        {
            return EquatableList<TensorAlias>.Empty;
        }

        string weight = product.Weights[0].Name, bias = product.Biases?[0].Name ?? output + ".bias";
        return new EquatableList<TensorAlias>(
            new[] { new TensorAlias(weight, output + ".weight"), new TensorAlias(bias, output + ".bias") }.Where(alias => alias.Tensor != alias.Alias));
    }

    /// <summary>The last hidden states, with a vector per sequence: tanh(W·x + b) of the first token.</summary>
    /// <param name="pooler">Name of the product; null for hidden states alone.</param>
    /// <param name="width">Columns of the hidden states.</param>
    public static HeadSpec Hidden(string? pooler, int width) =>
        pooler is null ? new HeadSpec(HeadKind.Hidden, 0, null) : new HeadSpec(HeadKind.Hidden, 0, null) { Rows = HeadRows.First, Steps = Steps(Pooler(pooler, width)) };

    /// <summary>tanh(W·x + b).</summary>
    public static DenseStepSpec Pooler(string name, int width) => Dense(name, width, ActivationKind.Tanh);

    /// <summary>activation(W·x + b).</summary>
    public static DenseStepSpec Dense(string name, int width, ActivationKind activation, bool bias = true) => new(ProjectionSpec.Of(bias, (name, width)), activation);

    /// <summary>Logits over the vocabulary.</summary>
    public static HeadSpec Masked(int vocabulary, string weight, string? bias, params HeadStepSpec[] steps) =>
        new(HeadKind.Language, vocabulary, HubModels.Output(weight, bias, vocabulary)) { Steps = Steps(steps) };

    /// <summary>Logits over classes, from the first token of each sequence.</summary>
    public static HeadSpec Sequences(HubConfig config, string output, params HeadStepSpec[] steps)
    {
        int labels = config.Labels();
        return new HeadSpec(HeadKind.Classes, labels, ProjectionSpec.Of(bias: true, (output, labels))) { Rows = HeadRows.First, Loss = config.Problem(labels), Steps = Steps(steps) };
    }

    /// <summary>Logits over classes, of every token.</summary>
    public static HeadSpec Tokens(HubConfig config, params HeadStepSpec[] steps) => Tokens(config, "classifier", steps);

    /// <summary>Logits over classes, of every token, by the name of the last product.</summary>
    public static HeadSpec Tokens(HubConfig config, string output, params HeadStepSpec[] steps)
    {
        int labels = config.Labels();
        return new HeadSpec(HeadKind.Classes, labels, ProjectionSpec.Of(bias: true, (output, labels))) { Steps = Steps(steps) };
    }

    /// <summary>Where an answer begins and ends.</summary>
    public static HeadSpec Span(string output = "qa_outputs", params HeadStepSpec[] steps) =>
        new(HeadKind.Span, 2, ProjectionSpec.Of(bias: true, (output, 2))) { Steps = Steps(steps) };

    /// <summary>The heads by BERT's names.</summary>
    /// <param name="config">The file.</param>
    /// <param name="task">Which.</param>
    /// <param name="prefix">Of the body's names.</param>
    /// <param name="sizes">Of the layers.</param>
    /// <param name="vocabulary">Tokens.</param>
    public static HeadSpec Bert(HubConfig config, HubTask task, string prefix, BertSizes sizes, int vocabulary)
    {
        var drop = new DropoutStepSpec(config.Rate("classifier_dropout", sizes.Dropout));
        return task switch
        {
            HubTask.Model => Hidden(prefix + "pooler.dense", sizes.Width),
            HubTask.MaskedLanguage => Masked(
                vocabulary,
                config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.word_embeddings.weight" : "cls.predictions.decoder.weight",
                "cls.predictions.bias",
                Dense("cls.predictions.transform.dense", sizes.Width, sizes.Activation),
                new NormStepSpec(sizes.Norm("cls.predictions.transform.LayerNorm"))),
            HubTask.SequenceClassification => Sequences(config, "classifier", Pooler(prefix + "pooler.dense", sizes.Width), drop),
            HubTask.TokenClassification => Tokens(config, drop),
            _ => Span(),
        };
    }

    /// <summary>The heads by RoBERTa's names.</summary>
    /// <param name="config">The file.</param>
    /// <param name="task">Which.</param>
    /// <param name="prefix">Of the body's names.</param>
    /// <param name="width">Columns of the hidden states.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="norm">A norm by its name.</param>
    /// <param name="dropout">In front of each product of a classification.</param>
    public static HeadSpec Roberta(HubConfig config, HubTask task, string prefix, int width, int vocabulary, Func<string, NormSpec> norm, float dropout)
    {
        var drop = new DropoutStepSpec(dropout);
        return task switch
        {
            HubTask.Model => Hidden(prefix + "pooler.dense", width),
            HubTask.MaskedLanguage => Masked(
                vocabulary,
                config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.word_embeddings.weight" : "lm_head.decoder.weight",
                "lm_head.bias",
                Dense("lm_head.dense", width, ActivationKind.Gelu),
                new NormStepSpec(norm("lm_head.layer_norm"))),
            HubTask.SequenceClassification => Sequences(config, "classifier.out_proj", drop, Dense("classifier.dense", width, ActivationKind.Tanh), drop),
            HubTask.TokenClassification => Tokens(config, drop),
            _ => Span(),
        };
    }

    /// <summary>A list of steps.</summary>
    public static EquatableList<HeadStepSpec> Steps(params HeadStepSpec[] steps) => new(steps);
}

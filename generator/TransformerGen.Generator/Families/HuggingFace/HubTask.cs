namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>What a checkpoint's head does; config.json names it by the class in "architectures".</summary>
internal enum HubTask
{
    /// <summary>The bare model: its last hidden states, and its pooler's output where it has one.</summary>
    Model,
    CausalLanguage,
    MaskedLanguage,
    SequenceToSequence,
    SequenceClassification,
    TokenClassification,
    QuestionAnswering,

    /// <summary>The encoder of an encoder-decoder: its last hidden states.</summary>
    Encoder,
}

/// <summary>How transformers' class names tell the task.</summary>
internal static class HubTasks
{
    private static readonly (string Suffix, HubTask Task)[] s_suffixes =
    [
        ("ForCausalLM", HubTask.CausalLanguage),
        ("ForConditionalGeneration", HubTask.SequenceToSequence),
        ("WithLMHeadModel", HubTask.SequenceToSequence),
        ("LMHeadModel", HubTask.CausalLanguage),
        ("ForMaskedLM", HubTask.MaskedLanguage),
        ("MTModel", HubTask.SequenceToSequence),
        ("ForSequenceClassification", HubTask.SequenceClassification),
        ("ForTokenClassification", HubTask.TokenClassification),
        ("ForQuestionAnswering", HubTask.QuestionAnswering),
        ("EncoderModel", HubTask.Encoder),
        ("Model", HubTask.Model),
    ];

    /// <summary>Heads of an encoder.</summary>
    public static IReadOnlyList<HubTask> OfEncoders { get; } =
        [HubTask.Model, HubTask.MaskedLanguage, HubTask.SequenceClassification, HubTask.TokenClassification, HubTask.QuestionAnswering];

    /// <summary>The task of a class such as BertForMaskedLM, null for an unknown one.</summary>
    public static HubTask? Of(string architecture)
    {
        foreach ((string suffix, HubTask task) in s_suffixes)
        {
            if (architecture.EndsWith(suffix, StringComparison.Ordinal))
            {
                return task;
            }
        }

        return null;
    }

    /// <summary>The class of the same model with another head; as it is where it has that head.</summary>
    public static string Rename(string architecture, HubTask task)
    {
        if (Of(architecture) == task)
        {
            return architecture;
        }

        string suffix = s_suffixes.FirstOrDefault(row => architecture.EndsWith(row.Suffix, StringComparison.Ordinal)).Suffix ?? "";
        int known = suffix == "Model" || suffix.Length == 0 ? architecture.LastIndexOf("For", StringComparison.Ordinal) : -1;
        suffix = known > 0 ? architecture.Substring(known) : suffix;
        return architecture.Substring(0, architecture.Length - suffix.Length) + s_suffixes.First(row => row.Task == task).Suffix;
    }

    /// <summary>The ending by which a message names a task.</summary>
    public static string Suffix(HubTask task) => "\"..." + s_suffixes.First(row => row.Task == task).Suffix + "\"";
}

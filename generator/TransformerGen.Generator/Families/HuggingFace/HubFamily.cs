using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// A family of Hugging Face's transformers. It asks for every key that it knows, honoured or refused; keys without effect it lists. What nobody has asked for
/// is reported.
/// </summary>
internal abstract class HubFamily : Family
{
    /// <summary>Tasks that have a head, the first for a file that names none.</summary>
    protected abstract IReadOnlyList<HubTask> Tasks { get; }

    /// <summary>Keys of this family that change no number of the model.</summary>
    protected virtual IReadOnlyList<string> WithoutEffect => [];

    /// <summary>The same for whoever asks from outside: what no test need draw.</summary>
    internal IReadOnlyList<string> KeysWithoutEffect => WithoutEffect;

    /// <inheritdoc/>
    public sealed override ModelSpec? Read(ConfigReader reader, HeadChoice? choice = null)
    {
        var config = new HubConfig(reader, ModelType) { ChosenLabels = choice?.Labels };
        HubTask task = choice?.Task ?? Architecture(reader);
        bool isDecoder = Tasks.Contains(HubTask.CausalLanguage);
        if (isDecoder || Tasks.Contains(HubTask.SequenceToSequence))
        {
            config.Only("is_causal", true); // Where it is false, transformers 5 lets a decoder see what follows.
        }

        ModelSpec spec = Build(config, task);
        config.ReadCommon(WithoutEffect, isDecoder);
        if (reader.Failed)
        {
            return null;
        }

        HeadSpec answer = spec.Head;
        answer = answer.Kind == HeadKind.Classes ? answer with { ClassNames = config.ClassNames(answer.Classes) } : answer;
        string json = choice is null ? reader.Text : HubArchitecture.Rewrite(reader.Text, choice.Task, choice.Labels);
        return spec with { MaxLength = Math.Min(spec.MaxLength, config.Longest), ModelType = ModelType, ConfigJson = json, Head = answer, Dropout = DropoutRates.Main(spec) };
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<HubTask> Heads => Tasks;

    /// <summary>The Spec of a file. A key that was wrong has been reported and has a harmless value.</summary>
    protected abstract ModelSpec Build(HubConfig config, HubTask task);

    private HubTask Architecture(ConfigReader reader)
    {
        const string Key = "architectures";
        IReadOnlyList<string> names = reader.Words(Key) ?? [];
        if (names.Count == 0)
        {
            return Tasks[0];
        }

        if (HubTasks.Of(names[0]) is { } task && Tasks.Contains(task))
        {
            return task;
        }

        reader.Report(
            Descriptors.UnsupportedValue, Key, Key, "\"" + names[0] + "\"", ModelType, "a class that ends with " + ConfigReader.Alternatives(Tasks.Select(HubTasks.Suffix)));
        return Tasks[0];
    }
}

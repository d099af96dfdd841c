using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

/// <summary>Models of one model_type: how their config.json becomes a Spec.</summary>
internal abstract class Family
{
    /// <summary>The families, by model_type. A new one is a file beside this one and a line here.</summary>
    private static readonly Family[] s_all =
    [
        new PaperFamily(),
        new AlbertFamily(),
        new BartFamily(),
        new BertFamily(),
        new BloomFamily(),
        new CamembertFamily(),
        new DistilBertFamily(),
        new ElectraFamily(),
        new FalconFamily(),
        new Gemma2Family(),
        new Gemma3Family(),
        new GemmaFamily(),
        new Gpt2Family(),
        new GptBigCodeFamily(),
        new GptJFamily(),
        new GptNeoFamily(),
        new GptNeoXFamily(),
        new GraniteFamily(),
        new LlamaFamily(),
        new LongformerFamily(),
        new M2M100Family(),
        new MarianFamily(),
        new MBartFamily(),
        new MistralFamily(),
        new MixtralFamily(),
        new ModernBertFamily(),
        new MpnetFamily(),
        new Mt5Family(),
        new Olmo2Family(),
        new OlmoFamily(),
        new OptFamily(),
        new PegasusFamily(),
        new Phi3Family(),
        new PhiFamily(),
        new Qwen2Family(),
        new Qwen3Family(),
        new Qwen3MoeFamily(),
        new RobertaFamily(),
        new SmolLm3Family(),
        new StableLmFamily(),
        new Starcoder2Family(),
        new T5Family(),
        new XlmRobertaFamily(),
    ];

    /// <summary>Supported model types, sorted.</summary>
    public static IEnumerable<string> ModelTypes => s_all.Select(family => family.ModelType).OrderBy(type => type, StringComparer.Ordinal);

    /// <summary>The model_type of config.json.</summary>
    public abstract string ModelType { get; }

    /// <summary>The family of a model_type, null for an unsupported one.</summary>
    public static Family? Find(string modelType) => s_all.FirstOrDefault(family => family.ModelType == modelType);

    /// <summary>Reads a config.json of this family. Null when something is wrong with it, which the reader has then been told.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="choice">The head, where it is not the one that the file names; one of <see cref="Heads"/>.</param>
    public abstract ModelSpec? Read(ConfigReader reader, HeadChoice? choice = null);

    /// <summary>Heads that may be chosen; none where the family has but one.</summary>
    public virtual IReadOnlyList<HubTask> Heads => [];
}

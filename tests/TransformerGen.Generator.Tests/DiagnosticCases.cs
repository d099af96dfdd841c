namespace TransformerGen.Generator.Tests;

/// <summary>A mistake and all that must be said about it.</summary>
/// <param name="Id">Of the one diagnostic.</param>
/// <param name="Source">C#.</param>
/// <param name="Underlined">The text under the diagnostic.</param>
/// <param name="Message">In full.</param>
/// <param name="Json">Text of /project/config.json; null for no file.</param>
/// <param name="Place">Line and column from 1 of a diagnostic in the config.json; null for one in the source.</param>
public sealed record DiagnosticCase(string Id, string Source, string Underlined, string Message, string? Json = null, (int Line, int Column)? Place = null)
{
    /// <summary>Of the project.</summary>
    public bool AllowUnsafe { get; init; } = true;

    /// <summary>MSBuild property TransformerGenParameterCap.</summary>
    public string? Cap { get; init; }

    /// <summary>Names and shapes of the checkpoint that the project lists for the config.json; null for none.</summary>
    public string[]? Weights { get; init; }

    /// <summary>Errors that the compiler itself reports for the same mistake.</summary>
    public string[] CompilerErrors { get; init; } = [];
}

/// <summary>One or more mistakes for each diagnostic.</summary>
internal static class DiagnosticCases
{
    private const string FromFile = "[TransformerModel(\"config.json\")] partial class M;";

    private const string Sizes = "\"d_model\": 8, \"heads\": 2, \"encoder_layers\": 1, \"decoder_layers\": 1, \"vocab\": 10";

    public static IEnumerable<DiagnosticCase> All =>
    [
        .. OfClass, .. OfSizes, .. OfPatterns, .. OfNumbers, .. OfFiles, .. OfKeys, .. OfHub, .. OfHeads,
    ];

    private static IEnumerable<DiagnosticCase> OfClass =>
    [
        new("TFG001", "[TransformerModel(8, 2, 1, 10)] sealed class M;", "M", "'M' is not partial, so the generated model cannot be added to it. Declare it as 'partial class M'."),
        new("TFG002", "class Outer { [TransformerModel(8, 2, 1, 10)] internal partial class M; }", "Outer", "'M' lies in 'Outer', which is not partial. Declare 'Outer' as partial, or move 'M' out of it."),
        new("TFG003", "[TransformerModel(8, 2, 1, 10)] partial class M<TIn, TOut>;", "M", "The model 'M' cannot depend on the type parameters <TIn, TOut> of 'M': all of its sizes are constants. Remove the type parameters, or move 'M' to a type that has none."),
        new("TFG003", "partial struct Outer<T> { [TransformerModel(8, 2, 1, 10)] partial class M; }", "M", "The model 'M' cannot depend on the type parameters <T> of 'Outer': all of its sizes are constants. Remove the type parameters, or move 'M' to a type that has none."),
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] static partial class M;", "M", Kind("static")),
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] abstract partial class M;", "M", Kind("abstract")),
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] partial record M;", "M", Kind("a record")),
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] file partial class M;", "M", Kind("local to its file")),
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] partial record struct M;", "M", Kind("a record struct")) { CompilerErrors = ["CS0592"] },
        new("TFG004", "[TransformerModel(8, 2, 1, 10)] partial interface M;", "M", Kind("a interface")) { CompilerErrors = ["CS0592"] },
        new("TFG005", "[TransformerModel(8, 2, 1, 10)] [TransformerModel(16, 2, 1, 10)] partial class M;", "TransformerModel(16, 2, 1, 10)", "'M' has more than one [TransformerModel]. Keep one of them; a second model needs a second class.") { CompilerErrors = ["CS0579"] },
        new("TFG005", "[TransformerModel(8, 2, 1, 10)] partial class M; [TransformerModel(16, 2, 1, 10)] partial class M;", "TransformerModel(16, 2, 1, 10)", "'M' has more than one [TransformerModel]. Keep one of them; a second model needs a second class.") { CompilerErrors = ["CS0579"] },
        new("TFG006", "[TransformerModel(8, 2, 1, 10)] partial class M;", "M", "The kernels of 'M' are unsafe code, which this project does not allow. Add '<AllowUnsafeBlocks>true</AllowUnsafeBlocks>' to the project file.") { AllowUnsafe = false },
    ];

    private static IEnumerable<DiagnosticCase> OfSizes =>
    [
        new("TFG007", "[TransformerModel(-8, 2, 1, 10)] partial class M;", "-8", "dModel is -8, and must be from 1 to 131072. It is the width of every position (512 in the paper)."),
        new("TFG007", "[TransformerModel(vocab: 10, layers: 1, heads: 0, dModel: 8)] partial class M;", "0", "heads is 0, and must be from 1 to 4096. It is the number of attention heads (8 in the paper)."),
        new("TFG007", "[TransformerModel(8, 2, 5000, 10, Architecture = Architecture.Encoder)] partial class M;", "5000", "layers is 5000, and must be from 1 to 1024. It is the number of the encoder's layers (6 in the paper)."),
        new("TFG007", "[TransformerModel(8, 2, 1, 10, DecoderLayers = -1)] partial class M;", "-1", "DecoderLayers is -1, and must be from 1 to 1024. It is the number of the decoder's layers (6 in the paper)."),
        new("TFG007", "[TransformerModel(8, 2, 1, 10, FeedForward = 600_000)] partial class M;", "600_000", "FeedForward is 600000, and must be from 1 to 524288. It is the inner width of the feed-forward sublayer (2048 in the paper)."),
        new("TFG007", "[TransformerModel(8, 2, 1, 10, MaxLength = 0)] partial class M;", "0", "MaxLength is 0, and must be from 1 to 4194304. It is the number of tokens in the longest sequence."),
        new("TFG007", "[TransformerModel(8, 2, 1, 10, HeadDim = -4)] partial class M;", "-4", "HeadDim is -4, and must be from 0 to 32768. It is the width of one head (0: the width divided by the heads)."),
        new("TFG007", FromFile, "-3", "d_ff is -3, and must be from 1 to 524288. It is the inner width of the feed-forward sublayer (2048 in the paper).", Json("\n  \"d_ff\": -3"), (2, 11)),
        new("TFG008", "[TransformerModel(512, 7, 6, 1000)] partial class M;", "7", "heads is 7, which does not divide dModel = 512. Choose 4 or 8, or set HeadDim to give heads a width of their own."),
        new("TFG008", "[TransformerModel(16, 17, 6, 1000)] partial class M;", "17", "heads is 17, which does not divide dModel = 16. Choose 16, or set HeadDim to give heads a width of their own."),
        new("TFG008", FromFile, "3", "heads is 3, which does not divide d_model = 8. Choose 2 or 4, or set head_dim to give heads a width of their own.", "{ \"model_type\": \"transformer\",\r\n\t\"d_model\": 8, \"heads\": 3, \"encoder_layers\": 1, \"decoder_layers\": 1, \"vocab\": 10 }", (2, 25)),
        new("TFG009", "[TransformerModel(9, 3, 1, 10)] partial class M;", "9", "dModel is 9, which is odd, and sinusoidal positions fill it with pairs of a sine and a cosine. Use 8 or 10, or Positions = Positions.Learned."),
        new("TFG009", "[TransformerModel(1, 1, 1, 10, Positions = Positions.SinusoidalHalf)] partial class M;", "1", "dModel is 1, which is odd, and sinusoidal positions fill it with pairs of a sine and a cosine. Use 2 or 4, or Positions = Positions.Learned."),
        new("TFG010", "[TransformerModel(6144, 8, 2, 10, MaxLength = 64)] partial class M;", "6144", "The model has 2,114,383,872 parameters (8.5 GB), and the cap is 2,000,000,000. Make it smaller, or raise the cap by ParameterCap of the attribute or the MSBuild property TransformerGenParameterCap."),
        new("TFG010", "[TransformerModel(8, 2, 1, 1000, ParameterCap = 9000)] partial class M;", "1000", "The model has 10,048 parameters (0.0 GB), and the cap is 9,000. Make it smaller, or raise the cap by ParameterCap of the attribute or the MSBuild property TransformerGenParameterCap."),
        new("TFG010", FromFile, "\"config.json\"", "The model has 2,128 parameters (0.0 GB), and the cap is 1,000. Make it smaller, or raise the cap by ParameterCap of the attribute or the MSBuild property TransformerGenParameterCap.", Json("")) { Cap = "1_000" },
        new("TFG025", "[TransformerModel(81920, 8, 6, 10, MaxLength = 64, ParameterCap = long.MaxValue)] partial class M;", "81920", "The model's 1,127,445,463,040 parameters take 1,127,445,463,040 floats where rows are padded to whole vectors, and generated code reaches 2,147,483,647 with its 32-bit offsets. Make the model smaller; the parameter cap does not help."),
        new("TFG025", "[TransformerModel(34, 1, 1, 16_000_000, ShareEmbeddings = false)] partial class M;", "16_000_000", "The model's 1,632,033,456 parameters take 2,304,043,792 floats where rows are padded to whole vectors, and generated code reaches 2,147,483,647 with its 32-bit offsets. Make the model smaller; the parameter cap does not help."),
        new("TFG025", FromFile, "\"config.json\"", "The model's 8,508,828,712 parameters take 12,513,141,392 floats where rows are padded to whole vectors, and generated code reaches 2,147,483,647 with its 32-bit offsets. Make the model smaller; the parameter cap does not help.", Json("\"d_ff\": 500000").Replace("\"encoder_layers\": 1", "\"encoder_layers\": 1000", StringComparison.Ordinal)),
        new("TFG024", "[TransformerModel(8, 2, 1, 10, ParameterCap = 0)] partial class M;", "0", "The parameter cap is '0', and must be a whole number of at least 1. Mend ParameterCap of the attribute, or the MSBuild property TransformerGenParameterCap."),
        new("TFG024", "[TransformerModel(8, 2, 1, 10)] partial class M;", "TransformerModel(8, 2, 1, 10)", "The parameter cap is '2 billion', and must be a whole number of at least 1. Mend ParameterCap of the attribute, or the MSBuild property TransformerGenParameterCap.") { Cap = "2 billion" },
    ];

    private static IEnumerable<DiagnosticCase> OfPatterns =>
    [
        new("TFG011", "[TransformerModel(8, 2, 1, 10, Pattern = Pattern.Window)] partial class M;", "Pattern.Window", "Pattern Pattern.Window needs Window, which is 0. Set Window to 1 or more: it is the reach to each side, or the size of a block."),
        new("TFG011", "[TransformerModel(8, 2, 1, 10, Pattern = Pattern.TopK, TopK = -1)] partial class M;", "-1", "Pattern Pattern.TopK needs TopK, which is -1. Set TopK to 1 or more: it is the number of keys that a query keeps."),
        new("TFG011", "[TransformerModel(8, 2, 1, 10, Pattern = Pattern.Dilated, Window = 1, DilationGrowth = 0)] partial class M;", "0", "Pattern Pattern.Dilated needs DilationGrowth, which is 0. Set DilationGrowth to 1 or more: it is the factor by which that distance grows with each layer."),
        new("TFG011", "[TransformerModel(8, 2, 1, 10, Pattern = Pattern.Sparse, Window = 2)] partial class M;", "Pattern.Sparse", "Pattern Pattern.Sparse needs GlobalTokens, which is 0. Set GlobalTokens to 1 or more: it is the number of positions that see all and are seen by all."),
        new("TFG011", FromFile, "\"strided\"", "attention_pattern \"strided\" needs stride, which is 0. Set stride to 1 or more: it is the distance between the positions that all may see.", Json("\"attention_pattern\": \"strided\""), (1, Column("\"attention_pattern\": "))),
        new("TFG012", "[TransformerModel(8, 2, 1, 10, Window = 4)] partial class M;", "4", "Window = 4 has no effect: it belongs to Pattern.Block, Pattern.Window, Pattern.Dilated, Pattern.Sparse, and Pattern is Pattern.Full. Remove Window, or choose such a pattern."),
        new("TFG012", FromFile, "2", "global_tokens = 2 has no effect: it belongs to \"sparse\", and attention_pattern is \"full\". Remove global_tokens, or choose such a pattern.", Json("\"global_tokens\": 2"), (1, Column("\"global_tokens\": "))),
    ];

    private static IEnumerable<DiagnosticCase> OfNumbers =>
    [
        new("TFG013", "[TransformerModel(8, 2, 1, 10, EndId = 10)] partial class M;", "10", "EndId is 10, and the ids of the vocabulary are 0 to 9. Choose one of them, or raise vocab."),
        new("TFG013", "[TransformerModel(8, 2, 1, 2)] partial class M;", "2", "EndId is 2, and the ids of the vocabulary are 0 to 1. Choose one of them, or raise vocab."),
        new("TFG013", FromFile, "-1", "pad_id is -1, and the ids of the vocabulary are 0 to 9. Choose one of them, or raise vocab.", Json("\"pad_id\": -1"), (1, Column("\"pad_id\": "))),
        new("TFG014", "[TransformerModel(8, 2, 1, 10, Dropout = 1)] partial class M;", "1", "Dropout is 1, and must be at least 0 and less than 1 (0.1 in the paper). Change it, or remove it for the default."),
        new("TFG014", "[TransformerModel(8, 2, 1, 10, Dropout = double.NaN)] partial class M;", "double.NaN", "Dropout is NaN, and must be at least 0 and less than 1 (0.1 in the paper). Change it, or remove it for the default."),
        new("TFG014", "[TransformerModel(8, 2, 1, 10, NormEpsilon = -1e-5)] partial class M;", "-1e-5", "NormEpsilon is -1e-05, and must be more than 0 and less than 1 (such as 1e-05). Change it, or remove it for the default."),
        new("TFG014", FromFile, "1e-50", "norm_eps is 1e-50, and must be more than 0 and less than 1 (such as 1e-05). Change it, or remove it for the default.", Json("\"norm_eps\": 1e-50"), (1, Column("\"norm_eps\": "))),
        new("TFG015", "[TransformerModel(8, 2, 1, 10, Norm = (Norm)7)] partial class M;", "(Norm)7", "Norm is (Norm)7, which is not one of the choices. Use Norm.Layer or Norm.Batch."),
        new("TFG015", FromFile, "\"swish\"", "activation is \"swish\", which is not one of the choices. Use \"relu\" or \"gelu\".", Json("\"activation\": \"swish\""), (1, Column("\"activation\": "))),
    ];

    private static IEnumerable<DiagnosticCase> OfFiles =>
    [
        new("TFG016", "[TransformerModel(\"models/config.json\")] partial class M;", "\"models/config.json\"", "'models/config.json' is not among the project's additional files (looked for in /project/). Add '<AdditionalFiles Include=\"models/config.json\" />' to the project file; the path is relative to its folder.", Json("")),
        new("TFG016", FromFile, "\"config.json\"", "'config.json' is not among the project's additional files (looked for among none). Add '<AdditionalFiles Include=\"config.json\" />' to the project file; the path is relative to its folder."),
        new("TFG017", FromFile, "}", "'config.json' is not valid JSON at line 3, column 1: a key in double quotes was expected, not '}'. Mend the file there.", "{ \"model_type\": \"transformer\",\n\"heads\": 2,\n}", (3, 1)),
        new("TFG017", FromFile, "", "'config.json' is not valid JSON at line 1, column 1: a value was expected, not the end of the file. Mend the file there.", "", (1, 1)),
        new("TFG021", FromFile, "\"mamba\"", "The model_type 'mamba' is not supported. Use a model of type " + ModelTypes + ".", "{ \"model_type\": \"mamba\", \"d_model\": 8 }", (1, 17)),
        new("TFG022", "[TransformerModel(\"config.json\", MaxLength = 128)] partial class M;", "128", "MaxLength is decided by 'config.json' and cannot be set beside it. Remove MaxLength, or change the file.", Json("")),
    ];

    private static IEnumerable<DiagnosticCase> OfKeys =>
    [
        new("TFG018", FromFile, "\"norm_placment\"", "The key 'norm_placment' is unknown for model_type 'transformer', and ignoring it could change the mathematics. Did you mean 'norm_placement'?", Json("\"norm_placment\": \"pre\""), (1, Column(""))),
        new("TFG018", FromFile, "\"rope_theta\"", "The key 'rope_theta' is unknown for model_type 'transformer', and ignoring it could change the mathematics. Remove it, or begin it with an underscore to keep it as a remark.", Json("\"rope_theta\": 10000.0"), (1, Column(""))),
        new("TFG019", FromFile, "\"24\"", "'max_length' is the text \"24\", and must be a whole number (no point, no exponent). Write it so.", Json("\"max_length\": \"24\""), (1, Column("\"max_length\": "))),
        new("TFG019", FromFile, "24.5", "'max_length' is 24.5, and must be a whole number (no point, no exponent). Write it so.", Json("\"max_length\": 24.5"), (1, Column("\"max_length\": "))),
        new("TFG019", FromFile, "3000000000", "'max_length' is 3000000000, and must be a whole number of 32 bits. Write it so.", Json("\"max_length\": 3000000000"), (1, Column("\"max_length\": "))),
        new("TFG019", FromFile, "1", "'bias' is 1, and must be true or false. Write it so.", Json("\"bias\": 1"), (1, Column("\"bias\": "))),
        new("TFG019", FromFile, "{", "'positions' is an object, and must be a text in double quotes. Write it so.", Json("\"positions\": { \"kind\": \"learned\" }"), (1, Column("\"positions\": "))),
        new("TFG019", FromFile, "[", "'config.json' is an array, and must be an object in curly brackets. Write it so.", "[]", (1, 1)),
        new("TFG020", FromFile, "{", "'config.json' has no key 'model_type'. Add it: it is the kind of model, such as " + ModelTypes + ".", "{ " + Sizes + " }", (1, 1)),
        new("TFG020", FromFile, "{", "'config.json' has no key 'vocab'. Add it: it is the number of tokens.", "{ \"model_type\": \"transformer\", \"d_model\": 8, \"heads\": 2, \"encoder_layers\": 1, \"decoder_layers\": 1 }", (1, 1)),
        new("TFG020", FromFile, "null", "'config.json' has no key 'encoder_layers'. Add it: it is the number of the encoder's layers.", "{ \"model_type\": \"transformer\", \"d_model\": 8, \"heads\": 2, \"encoder_layers\": null, \"decoder_layers\": 1, \"vocab\": 10 }", (1, 76)),
    ];

    private static IEnumerable<DiagnosticCase> OfHub =>
    [
        new("TFG028", FromFile, "\"config.json\"", "The checkpoint 'model.safetensors' does not fit the model: encoder.layers.0.fc1.weight is [16, 8], not [32, 8]; encoder.layers.0.fc2.bias [8] is missing. List the checkpoint that belongs to this config.json, or mend the config.json.", Json("\"d_ff\": 32"))
        {
            Weights =
            [
                .. SpecTensors.Of(Generator.Parsing.ConfigFile.Read("config.json", Json("\"d_ff\": 32"), []).Spec!)
                    .Where(tensor => tensor.Key != "encoder.layers.0.fc2.bias")
                    .Select(tensor => (tensor.Key == "encoder.layers.0.fc1.weight" ? "[16, 8]" : $"[{string.Join(", ", tensor.Value)}]") + "\t" + tensor.Key),
                "[3]\tanother.tensor",
            ],
        },
        new("TFG026", FromFile, "\"hiden_size\"", "The key 'hiden_size' is unknown for model_type 'llama' and has no effect on the generated model. If it changes the mathematics the model will be wrong; if it does not, remove it or begin it with an underscore.", "{ \"model_type\": \"llama\", \"hiden_size\": 64, \"num_hidden_layers\": 1 }", (1, 26)),
        new("TFG027", FromFile, "\"mish\"", "'hidden_act' is \"mish\", which is not supported for model_type 'llama'. Supported is " + Activations + ".", "{ \"model_type\": \"llama\", \"hidden_act\": \"mish\" }", (1, 40)),
        new("TFG027", FromFile, "[", "'architectures' is \"GemmaForQuestionAnswering\", which is not supported for model_type 'gemma'. Supported is a class that ends with \"...ForCausalLM\", \"...ForSequenceClassification\", \"...Model\" or \"...ForTokenClassification\".", "{ \"model_type\": \"gemma\", \"architectures\": [\"GemmaForQuestionAnswering\"] }", (1, 43)),
        new("TFG027", FromFile, "3", "'num_key_value_heads' is 3, which is not supported for model_type 'llama'. Supported is a number that divides the 32 heads.", "{ \"model_type\": \"llama\", \"num_key_value_heads\": 3 }", (1, 49)),
        new("TFG007", FromFile, "0", "num_attention_heads is 0, and must be from 1 to 4096. It is the number of attention heads.", "{ \"model_type\": \"llama\", \"num_attention_heads\": 0 }", (1, 49)),
        new("TFG007", FromFile, "1000000000", "num_hidden_layers is 1000000000, and must be from 1 to 1024. It is the number of layers.", "{ \"model_type\": \"llama\", \"num_hidden_layers\": 1000000000 }", (1, 47)),
    ];

    private static IEnumerable<DiagnosticCase> OfHeads =>
    [
        new("TFG030", "[TransformerModel(\"config.json\", Head = ModelHead.MaskedLanguage)] partial class M;", "ModelHead.MaskedLanguage", "Head is ModelHead.MaskedLanguage, and a model of type 'phi3' has no such head. Use " + Heads("phi3") + ".", "{ \"model_type\": \"phi3\" }"),
        new("TFG030", "[TransformerModel(\"config.json\", Head = ModelHead.Model)] partial class M;", "ModelHead.Model", "Head is ModelHead.Model, and a model of type 'transformer' has no such head. Use ModelHead.FromConfig.", Json("")),
        new("TFG030", "[TransformerModel(\"config.json\", Labels = 3)] partial class M;", "3", "Labels is 3, and a model of type 'bert' has no such head. Use a head that classifies, or leave Labels out.", "{ \"model_type\": \"bert\", \"architectures\": [\"BertForMaskedLM\"] }"),
        new("TFG030", "[TransformerModel(8, 2, 1, 10, Head = ModelHead.Model)] partial class M;", "ModelHead.Model", "Head is ModelHead.Model, and a model of type 'transformer' has no such head. Use a config.json, or leave it out."),
        new("TFG007", "[TransformerModel(\"config.json\", Head = ModelHead.SequenceClassification, Labels = -1)] partial class M;", "-1", "Labels is -1, and must be from 1 to 524288. It is the number of classes (0: as many as the config.json says).", "{ \"model_type\": \"bert\" }"),
        new("TFG015", "[TransformerModel(\"config.json\", Head = (ModelHead)99)] partial class M;", "(ModelHead)99", "Head is (ModelHead)99, which is not one of the choices. Use ModelHead.FromConfig, " + Generator.Parsing.ConfigReader.Alternatives(Generator.Parsing.HeadChoice.Heads.Members) + ".", "{ \"model_type\": \"bert\" }"),
    ];

    private static string Heads(string modelType) =>
        Generator.Parsing.ConfigReader.Alternatives(Generator.Families.Family.Find(modelType)!.Heads.Select(Generator.Parsing.HeadChoice.Heads.MemberOf));

    private static string ModelTypes => Quoted(Generator.Families.Family.ModelTypes);

    private static string Activations => Quoted(Generator.Families.HuggingFace.HubActivations.Words);

    private static string Quoted(IEnumerable<string> words) => Generator.Parsing.ConfigReader.Alternatives(words.Select(word => "\"" + word + "\""));

    private static string Kind(string kind) => $"'M' is {kind}, and a model is an ordinary class of which there are instances. Declare it as 'sealed partial class M'.";

    /// <summary>A valid file with one key more, which begins in the column after <see cref="Prefix"/>.</summary>
    private static string Json(string member) => Prefix + (member.Length > 0 ? member : "\"_remark\": null") + " }";

    private static string Prefix => "{ \"model_type\": \"transformer\", " + Sizes + ", ";

    private static int Column(string key) => Prefix.Length + key.Length + 1;
}

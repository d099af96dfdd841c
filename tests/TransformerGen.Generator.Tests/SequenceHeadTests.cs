using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>Heads of encoder-decoders: the names of their tensors, what the decoder is fed, which row answers.</summary>
public class SequenceHeadTests
{
    private const string Bart = "\"d_model\": 8, \"encoder_layers\": 1, \"decoder_layers\": 1, \"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, "
        + "\"encoder_ffn_dim\": 8, \"decoder_ffn_dim\": 8, \"vocab_size\": 20, \"pad_token_id\": 1, \"decoder_start_token_id\": 2, \"eos_token_id\": 2";

    private const string T5 = "\"d_model\": 8, \"num_layers\": 1, \"num_heads\": 2, \"d_kv\": 4, \"d_ff\": 8, \"vocab_size\": 20";

    [Theory]
    [InlineData("bart", "BartModel", "shared.weight", "", "Given", "All")]
    [InlineData("bart", "BartForSequenceClassification", "model.shared.weight", "classification_head.dense.weight classification_head.out_proj.weight", "Begin", "End")]
    [InlineData("bart", "BartForQuestionAnswering", "model.shared.weight", "qa_outputs.weight", "Begin", "All")]
    [InlineData("mbart", "MBartModel", "shared.weight", "", "Given", "All")]
    [InlineData("mbart", "MBartForSequenceClassification", "model.shared.weight", "classification_head.dense.weight classification_head.out_proj.weight", "Last", "End")]
    [InlineData("mbart", "MBartForQuestionAnswering", "model.shared.weight", "qa_outputs.weight", "Last", "All")]
    [InlineData("marian", "MarianModel", "shared.weight", "", "Given", "All")]
    [InlineData("pegasus", "PegasusModel", "shared.weight", "", "Given", "All")]
    [InlineData("m2m_100", "M2M100Model", "shared.weight", "", "Given", "All")]
    [InlineData("t5", "T5Model", "shared.weight", "", "Given", "All")]
    [InlineData("t5", "T5EncoderModel", "shared.weight", "", "Given", "All")]
    [InlineData("t5", "T5ForSequenceClassification", "transformer.shared.weight", "classification_head.dense.weight classification_head.out_proj.weight", "Begin", "End")]
    [InlineData("t5", "T5ForTokenClassification", "transformer.shared.weight", "classifier.weight", "Given", "All")]
    [InlineData("t5", "T5ForQuestionAnswering", "shared.weight", "qa_outputs.weight", "Begin", "All")]
    [InlineData("mt5", "MT5Model", "shared.weight", "", "Given", "All")]
    [InlineData("mt5", "MT5EncoderModel", "shared.weight", "", "Given", "All")]
    [InlineData("mt5", "MT5ForSequenceClassification", "transformer.shared.weight", "classification_head.dense.weight classification_head.out_proj.weight", "Begin", "End")]
    public void Heads_are_read(string type, string architecture, string table, string head, string targets, string rows)
    {
        ModelSpec spec = Read(type, $"\"architectures\": [\"{architecture}\"]");
        string prefix = table[..^"shared.weight".Length];
        bool encodes = architecture.Contains("Encoder", StringComparison.Ordinal) || architecture.Contains("Token", StringComparison.Ordinal);
        Assert.Equal(table, spec.Encoder!.Embedding.Table);
        Assert.Equal(encodes, spec.Decoder is null);
        Assert.Equal((targets, rows), (spec.Head.Targets.ToString(), spec.Head.Rows.ToString()));
        IEnumerable<ProjectionSpec> products = spec.Head.Steps.OfType<DenseStepSpec>().Select(step => step.Projection).Append(spec.Head.Output!).Where(product => product is not null);
        Assert.Equal(head, string.Join(' ', products.Select(product => product.Weights[0].Name)));
        Assert.All(SpecShapes.Of(spec).Select(shape => shape.Key).Where(key => !products.SelectMany(p => p.Weights.Concat(p.Biases!)).Any(tensor => tensor.Name == key)), key => Assert.StartsWith(prefix, key, StringComparison.Ordinal));
        Assert.DoesNotContain(spec.Aliases, alias => alias.Alias == "lm_head.weight");
    }

    /// <summary>BART has three classes where nobody says how many; the others two.</summary>
    [Theory]
    [InlineData("bart", "", 3)]
    [InlineData("mbart", "", 2)]
    [InlineData("t5", "", 2)]
    [InlineData("bart", ", \"id2label\": { \"0\": \"no\", \"1\": \"yes\" }", 2)]
    public void Labels_are_the_familys_where_nobody_says_how_many(string type, string members, int labels) =>
        Assert.Equal(labels, Read(type, "\"architectures\": [\"XForSequenceClassification\"]" + members).Head.Classes);

    [Theory]
    [InlineData("bart", "\"eos_token_id\": null", "eos_token_id")]
    [InlineData("t5", "\"eos_token_id\": null", "eos_token_id")]
    [InlineData("bart", "\"decoder_start_token_id\": null, \"bos_token_id\": null", "decoder_start_token_id")]
    public void A_head_that_lacks_its_id_is_refused(string type, string members, string key)
    {
        var problems = new List<Diagnostic>();
        string text = Text(type, "\"architectures\": [\"XForSequenceClassification\"]").Replace($"\"{members.Split('"')[1]}\": 2", members, StringComparison.Ordinal);
        text = text.Contains(members, StringComparison.Ordinal) ? text : text.Replace(" }", ", " + members + " }", StringComparison.Ordinal);
        Assert.Null(ConfigFile.Read("config.json", text, problems).Spec);
        Diagnostic problem = Assert.Single(problems);
        Assert.Equal("TFG027", problem.Id);
        Assert.Contains(key, problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t5", "T5ForConditionalGeneration", "Encoder", "T5EncoderModel")]
    [InlineData("mt5", "MT5ForConditionalGeneration", "Model", "MT5Model")]
    [InlineData("bart", "BartForConditionalGeneration", "SequenceClassification", "BartForSequenceClassification")]
    public void A_chosen_head_is_written_into_the_saved_file(string type, string architecture, string head, string expected)
    {
        var choice = new HeadChoice(Enum.Parse<HubTask>(head), null);
        ModelSpec spec = ConfigFile.Read("config.json", Text(type, $"\"architectures\": [\"{architecture}\"]"), [], choice).Spec!;
        Assert.Contains("\"" + expected + "\"", spec.ConfigJson, StringComparison.Ordinal);
        Assert.Equal(spec, ConfigFile.Read("config.json", spec.ConfigJson, []).Spec);
    }

    private static string Text(string type, string members) => $"{{ \"model_type\": \"{type}\", {(type is "t5" or "mt5" ? T5 : Bart)}, {members} }}";

    private static ModelSpec Read(string type, string members)
    {
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", Text(type, members), problems).Spec;
        Assert.Empty(problems);
        return spec!;
    }
}

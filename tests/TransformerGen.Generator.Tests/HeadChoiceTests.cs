using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>The attribute chooses a head beside a config.json.</summary>
public class HeadChoiceTests
{
    private const string Bert = "{ \"model_type\": \"bert\", \"architectures\": [\"BertForMaskedLM\"], \"hidden_size\": 8, \"num_attention_heads\": 2, \"num_hidden_layers\": 1, \"intermediate_size\": 8, \"vocab_size\": 20, \"id2label\": { \"0\": \"no \\\"x\\\"\", \"1\": \"yes\" } }";

    [Theory]
    [InlineData("Model", 0, "Hidden", 0, "BertModel")]
    [InlineData("MaskedLanguage", 0, "Language", 20, "BertForMaskedLM")]
    [InlineData("SequenceClassification", 0, "Classes", 2, "BertForSequenceClassification")]
    [InlineData("TokenClassification", 7, "Classes", 7, "BertForTokenClassification")]
    [InlineData("QuestionAnswering", 0, "Span", 2, "BertForQuestionAnswering")]
    public void Head_is_the_chosen_one_and_the_saved_file_says_so(string head, int labels, string kind, int classes, string architecture)
    {
        var choice = new HeadChoice(Enum.Parse<HubTask>(head), labels == 0 ? null : labels);
        ModelSpec spec = ConfigFile.Read("config.json", Bert, [], choice).Spec!;
        Assert.Equal((kind, classes), (spec.Head.Kind.ToString(), spec.Head.Classes));
        Assert.Contains("\"" + architecture + "\"", spec.ConfigJson, StringComparison.Ordinal);
        Assert.Equal(spec, ConfigFile.Read("config.json", spec.ConfigJson, []).Spec);
        Assert.Equal(spec, ConfigFile.Read("config.json", Bert, []).With(choice).Spec);
    }

    [Fact]
    public void Names_of_classes_are_the_files_where_it_names_as_many()
    {
        EquatableList<string> Names(int? labels) => ConfigFile.Read("config.json", Bert, [], new HeadChoice(HubTask.SequenceClassification, labels)).Spec!.Head.ClassNames;
        Assert.Equal(["no \"x\"", "yes"], Names(null));
        Assert.Equal(["no \"x\"", "yes"], Names(2));
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], Names(3));
    }

    /// <summary>The driver runs twice and on an unrelated edit; every step is cached.</summary>
    [Fact]
    public void Two_classes_may_choose_two_heads_of_one_file()
    {
        var run = GeneratorDriverFixture.Run(
            "[TransformerModel(\"config.json\", Head = ModelHead.Model)] partial class A; [TransformerModel(\"config.json\", Head = ModelHead.TokenClassification, Labels = 5)] partial class B; [TransformerModel(\"config.json\")] partial class C;",
            [("/p/config.json", Bert)]);
        string Text(string name) => string.Concat(run.GeneratedTrees.Where(tree => tree.FilePath.EndsWith(name + ".g.cs", StringComparison.Ordinal)));
        Assert.Contains("Output = OutputKind.HiddenStates", Text("A"), StringComparison.Ordinal);
        Assert.Contains("Classes = 5", Text("B"), StringComparison.Ordinal);
        Assert.DoesNotContain("OutputKind", Text("C"), StringComparison.Ordinal);
    }
}

using System.Globalization;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>The attribute that users see and the reader agree.</summary>
public class AttributeTests
{
    [Fact]
    public void Defaults_of_the_reader_are_those_of_the_attribute()
    {
        var attribute = new TransformerModelAttribute(512, 8, 6, 37_000);
        IEnumerable<string> all = typeof(TransformerModelAttribute).GetProperties().Where(property => property.CanWrite).Select(property =>
            property.Name + " = " + (property.GetValue(attribute) switch
            {
                bool value => value ? "true" : "false",
                Enum value => value.GetType().Name + "." + value,
                IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
                var value => throw new NotSupportedException($"A literal for {value} of {property.Name} is to be added here."),
            }));
        ModelTarget written = SpecTests.Target("[TransformerModel(512, 8, 6, 37_000, " + string.Join(", ", all) + ")] partial class M;");
        Assert.Equal(SpecTests.Target("[TransformerModel(512, 8, 6, 37_000)] partial class M;"), written);
        Assert.Equal(0.1f, written.Spec.Dropout);
    }

    /// <summary>Members are read by their value: the tables must have the enumerations' order.</summary>
    [Fact]
    public void Choices_are_the_members_of_the_enumerations_in_their_order()
    {
        Check<Architecture>(PaperFields.Architectures.Members, PaperFields.Architectures.Words);
        Check<Activation>(PaperFields.Activations.Members, PaperFields.Activations.Words);
        Check<Norm>(PaperFields.Norms.Members, PaperFields.Norms.Words);
        Check<NormPlacement>(PaperFields.NormPlacements.Members, PaperFields.NormPlacements.Words);
        Check<Positions>(PaperFields.PositionKinds.Members, PaperFields.PositionKinds.Words);
        Check<Attention>(PaperFields.Attentions.Members, PaperFields.Attentions.Words);
        Check<Pattern>(PaperFields.Patterns.Members, PaperFields.Patterns.Words);

        static void Check<T>(IEnumerable<string> members, IEnumerable<string> words)
            where T : struct, Enum
        {
            Assert.Equal(Enum.GetValues<T>().Select(value => typeof(T).Name + "." + value), members);
            Assert.Equal(Enum.GetNames<T>().Select(name => name.ToUpperInvariant()), words.Select(word => word.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant()));
        }
    }

    /// <summary>The first member leaves the head to the file; the others are the tasks in their order.</summary>
    [Fact]
    public void Heads_are_the_members_of_the_enumeration_in_their_order() => Assert.Equal(
        Enum.GetValues<ModelHead>().Where(head => head != ModelHead.FromConfig).Select(head => "ModelHead." + head), HeadChoice.Heads.Members);

    [Fact]
    public void Every_property_is_a_key_of_the_file_or_says_what_to_generate()
    {
        string[] beside = ["CaptureAttention", "CaptureHiddenStates", "Training", "ParameterCap", "Head", "Labels"];
        IEnumerable<string> properties = typeof(TransformerModelAttribute).GetProperties().Where(property => property.CanWrite).Select(property => property.Name);
        Assert.Equal(
            properties.Order(StringComparer.Ordinal),
            PaperFields.Keys.Select(PaperFields.Member).Where(member => char.IsUpper(member[0])).Concat(beside).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ways_of_writing_the_same_model_give_the_same_spec()
    {
        ModelSpec plain = SpecTests.Target("[TransformerModel(64, 4, 3, 100)] partial class M;").Spec;
        Assert.Equal(plain, SpecTests.Target("[TransformerModel(vocab: 100, layers: 9, heads: 2 + 2, dModel: 64, EncoderLayers = 3, DecoderLayers = 3, HeadDim = 16, FeedForward = 256)] partial class M;").Spec);
        Assert.Equal(plain, SpecTests.Target("[TransformerModel(64, 4, 3, 100, Window = 5)] partial class M;").Spec);
        Assert.NotEqual(plain, SpecTests.Target("[TransformerModel(64, 4, 3, 100, HeadDim = 8)] partial class M;").Spec);
        Assert.NotEqual(plain, SpecTests.Target("[TransformerModel(64, 4, 3, 100, EndId = 3)] partial class M;").Spec);
    }

    [Fact]
    public void Build_options_reach_the_spec()
    {
        ModelSpec spec = SpecTests.Target("[TransformerModel(64, 4, 3, 100, CaptureAttention = true, CaptureHiddenStates = true, Training = false)] partial class M;").Spec;
        Assert.Equal(new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true, Training = false }, spec.Options);
    }

    [Fact]
    public void Dilation_grows_with_the_layer_and_stops_at_the_maximum_length()
    {
        ModelSpec spec = SpecTests.Target("[TransformerModel(64, 4, 40, 100, MaxLength = 50, Pattern = Pattern.Dilated, Window = 2, Dilation = 3, DilationGrowth = 2)] partial class M;").Spec;
        Assert.Equal([3, 6, 12, 24, 48, 50, 50], spec.Encoder!.Layers.Take(7).Select(layer => ((AttentionSpec)layer.Sublayers.First()).Pattern.Dilation));
        Assert.All(spec.Decoder!.Layers, layer => Assert.Equal(PatternSpec.Full, ((AttentionSpec)layer.Sublayers.ElementAt(1)).Pattern));
    }

    [Theory]
    [InlineData("Pattern = Pattern.Block, Window = {0}")]
    [InlineData("Pattern = Pattern.Window, Window = {0}")]
    [InlineData("Pattern = Pattern.Dilated, Window = {0}, Dilation = 2")]
    [InlineData("Pattern = Pattern.Sparse, Window = {0}, GlobalTokens = {0}")]
    [InlineData("Pattern = Pattern.Strided, Stride = {0}")]
    [InlineData("Pattern = Pattern.TopK, TopK = {0}")]
    public void Numbers_of_a_pattern_stop_at_the_maximum_length(string pattern)
    {
        ModelSpec Of(string number) => SpecTests.Target(
            "[TransformerModel(64, 4, 3, 100, MaxLength = 50, " + pattern.Replace("{0}", number, StringComparison.Ordinal) + ")] partial class M;").Spec;
        ModelSpec huge = Of("int.MaxValue");
        Assert.Contains("2147483647", huge.ConfigJson, StringComparison.Ordinal);
        Assert.Equal(Of("50") with { ConfigJson = "" }, huge with { ConfigJson = "" });
        Assert.NotEqual(Of("49") with { ConfigJson = "" }, huge with { ConfigJson = "" });
    }

    [Theory]
    [InlineData("namespace A.@class { partial interface IOuter<in T> { } partial record struct R { internal partial interface I { [TransformerModel(8, 2, 1, 10)] protected internal sealed partial class @event; } } }", "A.@class", "partial record struct R,partial interface I", "@event", "protected internal", "A.class.R.I.event")]
    [InlineData("[TransformerModel(8, 2, 1, 10)] sealed partial class M;", "", "", "M", "internal", "M")]
    [InlineData("namespace N; partial record Outer { [TransformerModel(8, 2, 1, 10)] private partial class M; }", "N", "partial record Outer", "M", "private", "N.Outer.M")]
    public void Class_is_described_as_its_other_part_needs_it(string source, string space, string containers, string name, string accessibility, string hint)
    {
        ModelTarget target = SpecTests.Target(source);
        Assert.Equal((space, name, accessibility, hint), (target.Namespace, target.ClassName, target.Accessibility, target.HintPrefix));
        Assert.Equal(containers, string.Join(",", target.ContainingTypes));
    }

    [Theory]
    [InlineData("config.json", "/p/", "/p/config.json", true)]
    [InlineData("config.json", "/p", "/p/config.json", true)]
    [InlineData("./a/../config.json", "/p/", "/p/config.json", true)]
    [InlineData("../shared/config.json", "/p/", "/shared/config.json", true)]
    [InlineData("config.json", "/p/", "/p/a/config.json", false)]
    [InlineData("a\\config.json", "C:\\p\\", "C:\\p\\a\\config.json", true)]
    [InlineData("A/Config.json", "/p/", "/p/a/config.json", true)]
    [InlineData("/elsewhere/config.json", "/p/", "/elsewhere/config.json", true)]
    [InlineData("config.json", null, "/p/a/config.json", true)]
    [InlineData("a/config.json", null, "a/config.json", true)]
    [InlineData("a/config.json", null, "/p/aa/config.json", false)]
    [InlineData("", null, "/p/config.json", false)]
    public void Paths_are_relative_to_the_projects_folder(string path, string? folder, string file, bool found) =>
        Assert.Equal(found, ConfigPaths.Find(path, folder, [file]).Count == 1);

    [Fact]
    public void Exact_case_wins_over_another() => Assert.Equal([1], ConfigPaths.Find("config.json", "/p", ["/p/Config.json", "/p/config.json"]));
}

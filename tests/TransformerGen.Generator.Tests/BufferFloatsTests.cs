using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>The size that decides whether a model is possible is the size that is laid out.</summary>
public sealed class BufferFloatsTests
{
    public static TheoryData<string> Fixtures => SpecTests.Fixtures;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Size_from_the_spec_is_the_laid_out_one(string name)
    {
        string path = Path.Combine(Repository.Fixtures, name, "config.json");
        Check(ConfigFile.Read(path, File.ReadAllText(path), []).Spec!);
    }

    /// <summary>Odd sizes, whose padding counts; and one whose panels are larger than its values.</summary>
    [Theory]
    [InlineData("7, 7, 2, 11, HeadDim = 5, FeedForward = 13, Positions = Positions.Learned, Norm = Norm.Batch")]
    [InlineData("7, 7, 2, 11, HeadDim = 5, FeedForward = 13, Positions = Positions.Learned, Attention = Attention.Additive, Bias = false, ShareEmbeddings = false")]
    [InlineData("34, 2, 1, 97, NormPlacement = NormPlacement.Pre, Architecture = Architecture.Decoder")]
    [InlineData("128, 1, 1, 3, HeadDim = 1, FeedForward = 1")]
    public void Size_of_odd_widths_is_the_laid_out_one(string arguments) => Check(SpecTests.Target($"[TransformerModel({arguments})] partial class M;").Spec);

    /// <summary>One layer below the limit is written without overflow, one more is refused.</summary>
    [Theory]
    [InlineData("16384, 8, {0}, 10, MaxLength = 8, ParameterCap = long.MaxValue, FeedForward = 1, Architecture = Architecture.Encoder")]
    [InlineData("2, 1, {0}, 10, MaxLength = 8, ParameterCap = long.MaxValue, FeedForward = 524_288, Architecture = Architecture.Decoder")]
    public void Largest_possible_model_is_written(string arguments)
    {
        string Source(int layers) => $"[TransformerModel({arguments.Replace("{0}", Number.Text(layers), StringComparison.Ordinal)})] partial class M;";
        int layers = 1;
        while (GeneratorDriverFixture.CreateDriver(generator: GeneratorDriverFixture.ReadingOnly()).RunGenerators(GeneratorDriverFixture.Compile(Source(layers + 1))).GetRunResult().GeneratedTrees.Length > 0)
        {
            layers++;
        }

        ModelTarget target = SpecTests.Target(Source(layers));
        Assert.InRange(BufferFloats.Of(target.Spec), BufferFloats.Largest / 2, BufferFloats.Largest);
        Assert.NotEmpty(ModelWriter.Write(target));
    }

    private static void Check(ModelSpec spec)
    {
        var model = new CompiledModel(spec);
        Assert.Equal(Math.Max(model.Parameters.Floats, model.Parameters.PanelFloats), BufferFloats.Of(spec));
        Assert.True(model.Parameters.TransposedPanelFloats <= model.Parameters.Floats);
        Assert.True(Math.Max(model.Caches.SelfFloats, model.Caches.SourceFloats) <= model.Parameters.Floats);
        Assert.All(new[] { model.Training, model.Encoding, model.Decoding }.OfType<PlannedGraph>().SelectMany(g => g.Plan.UnsharedSizes.Values), size => Assert.InRange(size, 0, 16 * (long)model.Parameters.Floats));
    }
}

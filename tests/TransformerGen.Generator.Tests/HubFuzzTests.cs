using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Tests;

/// <summary>
/// Configs of every Hugging Face family that were valid once, with values of wrong types, zeros, giants, lists and objects in place of their own, and keys gone:
/// the reader explains or reads, quickly, and never throws; what it accepts can be built.
/// </summary>
public class HubFuzzTests
{
    private static readonly string[] s_values =
    [
        "0", "-1", "1", "2", "3", "4", "5", "8", "1e9", "1000000000", "2147483647", "2147483648", "-2147483648", "1e400", "1e-320", "0.5", "0.25", "1.5", "null", "true", "false", "[]",
        "{}", "\"\"", "\"gelu\"", "\"relu\"", "\"default\"", "[1]", "[[1]]", "[\"full_attention\"]", "[\"sliding_attention\", \"full_attention\"]", "{\"rope_type\": \"yarn\", \"factor\": 1e300}",
        "{\"rope_type\": \"linear\", \"factor\": 0}", "{\"type\": \"llama3\", \"low_freq_factor\": 4.0}", "{\"rope_type\": \"yarn\", \"rope_theta\": 1}", "{\"rope_type\": {\"a\": []}}",
        "{\"full_attention\": {\"rope_theta\": 0}, \"sliding_attention\": 3}", "[[[\"global\"], 2147483647]]", "[[[\"global\", \"local\"], -3], []]", "[[[[[[[[[[1]]]]]]]]]]",
    ];

    /// <summary>Valid configs: model_type and members, those of the fixtures and the smallest ones.</summary>
    private static readonly Dictionary<string, string>[] s_valid =
    [
        .. HubFixtureTests.Configs.Select(Members).Where(members => Family.Find(Unquoted(members["model_type"])) is not null),
        .. DecoderFamilyTests.Small.Select(pair => Members("{\"model_type\": \"" + pair.Key + "\", " + pair.Value + "}")),
    ];

    private static readonly Gen<(int Model, (int Member, int Value)[] Edits)> s_cases =
        Gen.Select(Gen.Int[0, s_valid.Length - 1], Gen.Select(Gen.Int[0, 60], Gen.Int[-2, s_values.Length - 1]).Array[0, 4]);

    [Fact]
    public void Changed_values_never_throw_and_what_is_read_can_be_built()
    {
        int valid = 0, built = 0;
        long slowest = 0;
        s_cases.Sample(
            pair =>
            {
                string text = Text(pair.Model, pair.Edits);
                var clock = Stopwatch.StartNew();
                var problems = new List<Diagnostic>();
                ModelSpec? spec = ConfigFile.Read("config.json", text, problems).Spec;
                Assert.True(spec is null == problems.Any(problem => problem.Severity == DiagnosticSeverity.Error), text);
                Assert.All(problems, problem => Assert.False(string.IsNullOrWhiteSpace(problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture))));
                if (spec is null)
                {
                    return;
                }

                Interlocked.Increment(ref valid);
                long parameters = ParameterCount.Of(spec);
                Assert.True(parameters > 0 && BufferFloats.Of(spec) > 0, text);
                slowest = Math.Max(slowest, clock.ElapsedMilliseconds);
                Assert.Equal(spec, ConfigFile.Read("config.json", spec.ConfigJson, []).Spec);
                if (parameters < 2_000_000 && Layers(spec).Count() <= 6 && !Layers(spec).Any(layer => layer.Sublayers.Any(sublayer => sublayer is ExpertsSpec)) && spec.Head.Kind != HeadKind.Hidden)
                {
                    Build(spec, text);
                    Interlocked.Increment(ref built);
                }
            },
            iter: 20_000);
        Assert.True(valid > 2000 && built > 500, $"{valid} of the changed files were valid, and {built} of them were built.");

        // 10^3 layers are read in far less; a square or a giant would show.
        Assert.True(slowest < 15_000, $"The slowest file took {slowest} ms.");
    }

    /// <summary>The same through the generator: diagnostics, never an exception.</summary>
    [Fact]
    public void The_generator_never_throws() => s_cases.Sample(
        pair =>
        {
            GeneratorDriver driver = GeneratorDriverFixture.CreateDriver([("config.json", Text(pair.Model, pair.Edits))], generator: GeneratorDriverFixture.ReadingOnly());
            GeneratorRunResult result = Assert.Single(driver.RunGenerators(GeneratorDriverFixture.Compile("[TransformerModel(\"config.json\")] partial class M;")).GetRunResult().Results);
            Assert.Null(result.Exception);
            Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Id == "TFG099");
        },
        iter: 200);

    [Theory]
    [InlineData("\"num_hidden_layers\": 1000000000")]
    [InlineData("\"num_attention_heads\": 0")]
    [InlineData("\"hidden_size\": 0")]
    [InlineData("\"vocab_size\": -5")]
    [InlineData("\"vocab_size\": 9999999999")]
    [InlineData("\"rope_theta\": 0")]
    [InlineData("\"rms_norm_eps\": \"small\"")]
    public void Impossible_sizes_are_refused_at_once(string member)
    {
        var clock = Stopwatch.StartNew();
        var problems = new List<Diagnostic>();
        Assert.Null(ConfigFile.Read("config.json", "{\"model_type\": \"llama\", " + member + "}", problems).Spec);
        Assert.NotEmpty(problems);
        Assert.True(clock.ElapsedMilliseconds < 5000, $"It took {clock.Elapsed}.");
    }

    private static void Build(ModelSpec spec, string text)
    {
        try
        {
            var table = new ParameterTable();
            var caches = new CacheLayout(spec);
            Differentiation.Append(GraphBuilder.Training(spec, table, caches), table);
            if (spec.Decoder is not null)
            {
                GraphBuilder.Decoding(spec, table, caches);
            }
        }
        catch (InvalidOperationException exception)
        {
            Assert.Fail(exception.Message + "\n" + text);
        }
    }

    private static IEnumerable<LayerSpec> Layers(ModelSpec spec) => new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>().SelectMany(stack => stack.Layers);

    private static string Text(int model, (int Member, int Value)[] edits)
    {
        var members = new Dictionary<string, string>(s_valid[model], StringComparer.Ordinal);
        string[] keys = [.. members.Keys.Where(key => key is not ("model_type" or "architectures"))];
        foreach ((int member, int value) in edits)
        {
            string key = keys[member % keys.Length];
            if (value < 0)
            {
                members.Remove(key);
            }
            else
            {
                members[key] = s_values[value];
            }
        }

        return "{" + string.Join(", ", members.Select(member => $"\"{member.Key}\": {member.Value}")) + "}";
    }

    private static Dictionary<string, string> Members(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetRawText(), StringComparer.Ordinal);
    }

    private static string Unquoted(string text) => text.Trim('"');
}

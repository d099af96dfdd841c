using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>config.json of Hugging Face families with keys changed and left out: the reader explains, or the Spec is one that graphs are built from.</summary>
public class HubFuzzTests
{
    private static readonly string[] s_values =
    [
        "0", "-1", "1", "2", "3", "5", "8", "64", "1e9", "2147483647", "2147483648", "1e400", "0.5", "1e-5", "\"relu\"", "\"gelu_new\"", "\"\"", "null", "true", "false", "[]", "[0]", "[2, 2]",
        "{}", "{\"rope_theta\": 7}", "{\"factor\": 2, \"rope_type\": \"linear\"}", "[\"sliding_attention\", \"full_attention\"]",
    ];

    // Keys that transformers reads and that the fixtures leave out.
    private static readonly string[] s_further = ["tie_word_embeddings", "share_encoder_decoder_embeddings", "decoder_vocab_size", "layer_types", "rope_parameters", "rope_scaling", "hidden_size", "num_labels", "problem_type", "classifier_pooling", "inner_group_num"];

    private static readonly string[] s_configs =
    [
        .. Directory.GetDirectories(Repository.Fixtures).Where(folder => !Path.GetFileName(folder).StartsWith("paper", StringComparison.Ordinal))
            .Select(folder => Path.Combine(folder, "config.json")).Where(File.Exists).Order(StringComparer.Ordinal).Select(path => File.ReadAllText(path)),
    ];

    [Fact]
    public void Changed_configs_never_throw_and_valid_ones_become_graphs()
    {
        int valid = 0;
        Gen.Select(Gen.Int[0, s_configs.Length - 1], Gen.Select(Gen.Double.Unit, Gen.Int[-1, s_values.Length - 1]).Array[0, 3]).Sample(
            (config, edits) =>
            {
                string text = edits.Aggregate(s_configs[config], (text, edit) => Edit(text, edit.Item1, edit.Item2));
                var problems = new List<Diagnostic>();
                ModelSpec? spec = ConfigFile.Read("config.json", text, problems).Spec;
                Assert.Equal(spec is null, problems.Any(problem => problem.Severity == DiagnosticSeverity.Error));
                if (spec is null || spec.Head.Kind == HeadKind.Hidden || ParameterCount.Of(spec) > 1_000_000 || BufferFloats.Of(spec) > BufferFloats.Largest)
                {
                    return;
                }

                Interlocked.Increment(ref valid);
                Assert.Equal(spec, ConfigFile.Read("config.json", spec.ConfigJson, []).Spec);
                var table = new ParameterTable();
                Differentiation.Append(GraphBuilder.Training(spec, table, new CacheLayout(spec)), table);
            },
            iter: 2_000);

        // A fuzzer that never gets through tests the first line of the reader only.
        Assert.True(valid > 200, $"{valid} of the changed files were valid.");
    }

    private static string Edit(string text, double at, int value)
    {
        JsonObject config = JsonNode.Parse(text)!.AsObject();
        string[] keys = [.. config.Select(member => member.Key).Where(key => key is not ("model_type" or "architectures")), .. s_further];
        string key = keys[(int)(at * keys.Length)];
        config.Remove(key);
        string written = config.ToJsonString();
        return value < 0 ? written : written[..^1] + $", {JsonSerializer.Serialize(key)}: {s_values[value]}}}";
    }
}

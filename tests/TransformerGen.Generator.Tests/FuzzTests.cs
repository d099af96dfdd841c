using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>Files that were valid once: whatever has become of them, the reader explains or reads, and never throws.</summary>
public class FuzzTests
{
    private const string Alphabet = "{}[]\":,.-+eE019 \n\r\t\\u\0\uFEFF\uD83Dtrufalsn_é";

    private static readonly string[] s_numbers = ["0", "-1", "1", "3", "7", "1e9", "2147483647", "2147483648", "1e400", "0.5", "131072", "\"relu\"", "null", "true", "[]", "{}"];

    private static readonly string s_valid = File.ReadAllText(Path.Combine(Repository.Fixtures, "paper-dilated-growing", "config.json"));

    private static readonly Gen<Func<string, string>> s_edit = Gen.OneOf(
        Gen.Select(Gen.Double.Unit, Gen.Int[1, 9], (at, n) => Edit(text => text.Remove(At(text, at), Math.Min(n, text.Length - At(text, at))))),
        Gen.Select(Gen.Double.Unit, Gen.Char[Alphabet].Array[1, 4], (at, add) => Edit(text => text.Insert(At(text, at), new string(add)))),
        Gen.Select(Gen.Double.Unit, at => Edit(text => text[..At(text, at)])),
        Gen.Select(Gen.Double.Unit, Gen.Double.Unit, (a, b) => Edit(text => text.Insert(At(text, a), text[Math.Min(At(text, a), At(text, b))..Math.Max(At(text, a), At(text, b))]))),
        Gen.Select(Gen.Int[0, 28], Gen.OneOfConst(s_numbers), (key, value) => Edit(text => SetValue(text, key, value))),
        Gen.Select(Gen.Int[0, 28], Gen.Int[0, 40], (key, value) => Edit(text => SetValue(text, key, Number.Text(value)))));

    [Fact]
    public void Changed_configs_never_throw_and_valid_ones_read_back_as_the_same_spec()
    {
        int valid = 0;
        s_edit.Array[1, 6].Sample(
            edits =>
            {
                string text = edits.Aggregate(s_valid, (t, edit) => edit(t));
                var problems = new List<Diagnostic>();
                ModelSpec? spec = ConfigFile.Read("config.json", text, problems).Spec;
                Assert.Equal(spec is null, problems.Any(problem => problem.Severity == DiagnosticSeverity.Error));
                Assert.All(problems, problem => Assert.InRange(problem.Location.GetLineSpan().StartLinePosition.Line, 0, text.Count(c => c is '\n' or '\r')));
                if (spec is not null)
                {
                    Interlocked.Increment(ref valid);
                    Assert.Equal(spec, ConfigFile.Read("config.json", spec.ConfigJson, []).Spec);
                    Assert.True(ParameterCount.Of(spec) > 0);
                }
            },
            iter: 20_000);

        // A fuzzer that never gets through tests the first line of the reader only.
        Assert.True(valid > 100, $"{valid} of the changed files were valid.");
    }

    /// <summary>Random choices from the attribute and from the file agree on whether they are valid and on the Spec.</summary>
    [Fact]
    public void Attribute_and_file_agree_on_random_choices()
    {
        int valid = 0;
        Gen<string> number = Gen.Frequency((20, Gen.Int[1, 4].Select(i => Number.Text(i))), (1, Gen.OneOfConst("-1", "0", "7", "4096", "5000", "2147483647")));
        Gen.Select(number.Array[18], Gen.Int[0, 6].Array[7], Gen.Bool.Array[3]).Sample(
            (numbers, choices, switches) =>
            {
                (int n, int c, int s) = (0, 0, 0);
                var members = new List<string>();
                foreach (string key in PaperFields.Keys)
                {
                    string value = JsonDocument.Parse(s_valid).RootElement.TryGetProperty(key, out JsonElement element)
                        ? element.ValueKind switch
                        {
                            JsonValueKind.String => "\"" + Word(key, choices[c++]) + "\"",
                            JsonValueKind.True or JsonValueKind.False => switches[s++] ? "true" : "false",
                            _ => key == PaperFields.NormEpsilon ? "1e-06" : numbers[n++],
                        }
                        : "0.25";

                    // 0 means a default in the attribute and is an error in the file.
                    value = key is PaperFields.DModel or PaperFields.Vocab && value is "1" or "2" or "3" ? "12" : value;
                    members.Add($"\"{key}\": {(value == "0" && key is PaperFields.FeedForward or PaperFields.EncoderLayers or PaperFields.DecoderLayers ? "3" : value)}");
                }

                string json = "{ \"model_type\": \"transformer\", " + string.Join(", ", members) + " }";
                ModelSpec? ofFile = ConfigFile.Read("config.json", json, []).Spec;
                using var document = JsonDocument.Parse(json);
                GeneratorDriver driver = GeneratorDriverFixture.CreateDriver(generator: GeneratorDriverFixture.ReadingOnly()).RunGenerators(GeneratorDriverFixture.Compile(AttributeText.Of(document.RootElement) + " partial class M;"));
                GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
                Assert.Null(result.Exception);
                ModelTarget? target = result.TrackedSteps.TryGetValue(TransformerGenerator.Steps.Targets, out var steps) ? (ModelTarget)steps[0].Outputs[0].Value : null;
                if (ofFile is not null && ParameterCount.Of(ofFile) <= 2_000_000_000 && BufferFloats.Of(ofFile) <= BufferFloats.Largest)
                {
                    Interlocked.Increment(ref valid);
                    Assert.Equal(ofFile, target?.Spec);
                }
                else
                {
                    Assert.Null(target);
                }
            },
            iter: 150);
        Assert.InRange(valid, 10, 149);
    }

    /// <summary>A file at the cap is read in time that grows with its length: a few seconds would show a square.</summary>
    [Fact]
    public void Large_files_are_read_in_linear_time()
    {
        var clock = Stopwatch.StartNew();
        string keys = string.Join(",", Enumerable.Range(0, 400_000).Select(i => $"\"k{i}\":{i}"));
        string text = "{\"model_type\":\"transformer\"," + keys + "}";
        Assert.InRange(text.Length, 4_000_000, Json.JsonParser.MaximumLength);
        var problems = new List<Diagnostic>();
        Assert.Null(ConfigFile.Read("config.json", text, problems).Spec);
        Assert.InRange(problems.Count, 1, 40);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"It took {clock.Elapsed}.");
    }

    private static Func<string, string> Edit(Func<string, string> edit) => edit;

    private static int At(string text, double part) => (int)(part * text.Length);

    private static string SetValue(string text, int key, string value) =>
        Regex.Replace(text, "(\"" + PaperFields.Keys[key] + "\": )[^,\n}]*", match => match.Groups[1].Value + value);

    private static string Word(string key, int choice)
    {
        string[] words = [.. key switch
        {
            PaperFields.Architecture => PaperFields.Architectures.Words,
            PaperFields.Activation => PaperFields.Activations.Words,
            PaperFields.Norm => PaperFields.Norms.Words,
            PaperFields.NormPlacement => PaperFields.NormPlacements.Words,
            PaperFields.Positions => PaperFields.PositionKinds.Words,
            PaperFields.Attention => PaperFields.Attentions.Words,
            _ => PaperFields.Patterns.Words,
        }];
        return words[choice % words.Length];
    }
}

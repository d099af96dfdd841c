using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Decoding;

/// <summary>Generated models give the reference's ids and beam scores: one input at a time, and all inputs of a fixture as one batch.</summary>
public class FixtureGenerationTests
{
    // The fixtures' own rule (shared README): every answer stood under noise of 2e-4 in the logits.
    private const double ScoreTolerance = 1e-4;

    public static TheoryData<string> Fixtures => [.. Directory.GetDirectories(Repository.Fixtures, "paper*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Ids_and_scores_are_the_references(string fixture)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Fixtures, fixture, "case.json")));
        if (json.RootElement.TryGetProperty("generate", out JsonElement cases))
        {
            FixtureModel.Run(fixture, new Test([.. cases.EnumerateArray()]));
        }
    }

    private sealed class Test(JsonElement[] cases) : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            for (int run = 0; run < cases[0].GetProperty("runs").GetArrayLength(); run++)
            {
                JsonElement[] runs = [.. cases.Select(c => c.GetProperty("runs")[run])];
                GenerationOptions options = Options(runs[0].GetProperty("options"));
                for (int i = 0; i < cases.Length; i++)
                {
                    Compare(runs[i], Generate(model, [cases[i]], Options(runs[i].GetProperty("options"))).Sentences[0]);
                }

                if (runs.All(r => r.GetProperty("options").GetRawText() == runs[0].GetProperty("options").GetRawText()))
                {
                    GenerationResult all = Generate(model, cases, options);
                    for (int i = 0; i < cases.Length; i++)
                    {
                        Compare(runs[i], all.Sentences[i]);
                    }
                }
            }
        }

        private static GenerationResult Generate<TModel>(TModel model, JsonElement[] cases, GenerationOptions options)
            where TModel : class, ITransformer<TModel>
        {
            int[][] prompts = [.. cases.Select(c => Ints(c.GetProperty("prompt")))];
            return TModel.Info.HasEncoder ? model.Generate([.. cases.Select(c => Ints(c.GetProperty("source")))], prompts, options) : model.Generate(prompts, options);
        }

        private static void Compare(JsonElement run, IReadOnlyList<GeneratedSequence> found)
        {
            int[][] expected = [.. run.GetProperty("sequences").EnumerateArray().Select(Ints)];
            Assert.Equal(expected.Length, found.Count);
            for (int i = 0; i < expected.Length; i++)
            {
                // What follows the end token is filling, and our sequences end with it.
                Assert.Equal(expected[i][..Math.Min(expected[i].Length, found[i].Ids.Length)], found[i].Ids);
                Assert.All(expected[i][found[i].Ids.Length..], id => Assert.Contains(id, (int[])[0, found[i].Ids[^1]]));
                if (run.TryGetProperty("sequences_scores", out JsonElement scores))
                {
                    Assert.Equal(scores[i].GetDouble(), found[i].Score!.Value, ScoreTolerance);
                }
            }
        }

        private static GenerationOptions Options(JsonElement json)
        {
            var options = new GenerationOptions();
            foreach (JsonProperty option in json.EnumerateObject())
            {
                JsonElement value = option.Value;
                options = option.Name switch
                {
                    "max_new_tokens" => options with { MaxNewTokens = value.GetInt32() },
                    "num_beams" => options with { Beams = value.GetInt32() },
                    "do_sample" when !value.GetBoolean() => options,
                    "length_penalty" => options with { LengthPenalty = value.GetDouble() },
                    "early_stopping" => options with { EarlyStopping = value.GetBoolean() },
                    "num_return_sequences" => options with { ReturnSequences = value.GetInt32() },
                    "eos_token_id" => options with { EndTokens = [value.GetInt32()] },
                    "pad_token_id" => options with { PadToken = value.GetInt32() },
                    "repetition_penalty" => options with { RepetitionPenalty = value.GetDouble() },
                    "no_repeat_ngram_size" => options with { NoRepeatNgramSize = value.GetInt32() },
                    _ => throw new NotSupportedException($"The fixture asks for {option.Name} = {value}."),
                };
            }

            return options;
        }

        private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
    }
}

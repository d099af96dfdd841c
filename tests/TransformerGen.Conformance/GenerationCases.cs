using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Model;

namespace TransformerGen.Conformance;

/// <summary>The "generate" part of a case: greedy and beam search with their scores.</summary>
internal static class GenerationCases
{
    // The fixtures' README: scores within 1e-4, ids equal up to and including the end token.
    private const double ScoreTolerance = 1e-4;

    public static void Run<TModel>(ReferenceCase reference, Comparison comparison, TModel model)
        where TModel : class, ITransformer<TModel>
    {
        if (!reference.Json.TryGetProperty("generate", out JsonElement cases))
        {
            return;
        }

        string file = Path.Combine(reference.ModelFolder, "generation_config.json");
        GenerationOptions defaults = File.Exists(file) ? GenerationConfig.Read(file) : new GenerationOptions();
        int index = 0;
        foreach (JsonElement one in cases.EnumerateArray())
        {
            int[] prompt = Ints(one.GetProperty("prompt"));
            int run = 0;
            foreach (JsonElement expected in one.GetProperty("runs").EnumerateArray())
            {
                GenerationOptions options = Options(defaults, expected.GetProperty("options"));
                // Of a Hugging Face sequence-to-sequence model the prompt is the source, and the target begins with the begin token.
                GenerationResult result = one.TryGetProperty("source", out JsonElement source)
                    ? model.Generate([Ints(source)], [prompt], options)
                    : model.Generate([prompt], options);
                Compare($"generate[{index}].runs[{run++}]", comparison, options, result.Sentences[0], expected);
            }

            index++;
        }
    }

    private static void Compare(string item, Comparison comparison, GenerationOptions options, IReadOnlyList<GeneratedSequence> actual, JsonElement expected)
    {
        int[][] sequences = [.. expected.GetProperty("sequences").EnumerateArray().Select(Ints)];
        if (actual.Count != sequences.Length)
        {
            comparison.Fail(item, $"{actual.Count} sequences, expected {sequences.Length}");
            return;
        }

        for (int i = 0; i < sequences.Length; i++)
        {
            int[] wanted = UpToEnd(sequences[i], actual[i].PromptLength, options.EndTokens ?? []);
            if (!actual[i].Ids.AsSpan().SequenceEqual(wanted))
            {
                comparison.Fail($"{item}.sequences[{i}]", $"{string.Join(' ', actual[i].Ids)}, expected {string.Join(' ', wanted)}");
            }
        }

        if (expected.TryGetProperty("sequences_scores", out JsonElement scores))
        {
            double error = scores.EnumerateArray().Select((s, i) => Math.Abs(s.GetDouble() - actual[i].Score!.Value)).Max();
            comparison.Add(item + ".scores", error, ScoreTolerance);
        }
        else
        {
            comparison.Add(item, 0, ScoreTolerance);
        }
    }

    private static GenerationOptions Options(GenerationOptions options, JsonElement json)
    {
        foreach (JsonProperty option in json.EnumerateObject())
        {
            options = option.Name switch
            {
                "max_new_tokens" => options with { MaxNewTokens = option.Value.GetInt32() },
                "num_beams" => options with { Beams = option.Value.GetInt32() },
                "do_sample" => options with { Sample = option.Value.GetBoolean() },
                "length_penalty" => options with { LengthPenalty = option.Value.GetDouble() },
                "early_stopping" => options with { EarlyStopping = option.Value.GetBoolean() },
                "num_return_sequences" => options with { ReturnSequences = option.Value.GetInt32() },
                "eos_token_id" => options with { EndTokens = [option.Value.GetInt32()] },
                "pad_token_id" => options with { PadToken = option.Value.GetInt32() },
                "repetition_penalty" => options with { RepetitionPenalty = option.Value.GetDouble() },
                "no_repeat_ngram_size" => options with { NoRepeatNgramSize = option.Value.GetInt32() },
                _ => throw new InvalidOperationException($"The generation option '{option.Name}' is not known to this tool."),
            };
        }

        return options;
    }

    private static int[] UpToEnd(int[] ids, int promptLength, IReadOnlyList<int> ends)
    {
        int length = promptLength;
        while (length < ids.Length && !ends.Contains(ids[length++]))
        {
        }

        return ids[..length];
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(i => i.GetInt32())];
}

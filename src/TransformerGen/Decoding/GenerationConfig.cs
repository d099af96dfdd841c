using System.Text.Json;

namespace TransformerGen.Decoding;

/// <summary>Hugging Face's generation_config.json: how a checkpoint wants to be decoded.</summary>
public static class GenerationConfig
{
    /// <summary>Name of the file that stands beside config.json.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>Reads a file. A key that is absent or null keeps the option's default; keys that are not about choosing tokens are passed over, and so is max_length, a length of prompt and answer together: <see cref="GenerationOptions.MaxNewTokens"/> says how many tokens are generated.</summary>
    /// <param name="path">A generation_config.json, or the folder that holds one.</param>
    /// <returns>The options; null for start, end and padding tokens that the file does not name, which then are the model's own.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON, a value has the wrong type, or it asks for a way of decoding that is not supported; the message names the key.</exception>
    public static GenerationOptions Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        byte[] bytes = File.ReadAllBytes(file);
        var options = new GenerationOptions();
        bool namesTopK = false;
        string key = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                key = property.Name;
                namesTopK |= key == "top_k";
                options = property.Value.ValueKind == JsonValueKind.Null ? options : With(options, key, property.Value, file);
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{file}' is not JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{file}' has a value of the wrong type at '{key}'. {exception.Message}", exception);
        }

        // A temperature of 0 is how some files ask for the most probable token; transformers refuses to sample with it.
        if (options.Temperature == 0)
        {
            options = options with { Sample = false, Temperature = 1 };
        }

        // transformers samples from the 50 most probable tokens where a file does not say how many.
        return options.Sample && !namesTopK ? options with { TopK = 50 } : options;
    }

    private static GenerationOptions With(GenerationOptions options, string key, JsonElement value, string file) => key switch
    {
        "max_new_tokens" => options with { MaxNewTokens = value.GetInt32() },
        "min_new_tokens" => options with { MinNewTokens = value.GetInt32() },
        "min_length" => options with { MinLength = value.GetInt32() },
        "num_beams" => options with { Beams = value.GetInt32() },
        "length_penalty" => options with { LengthPenalty = value.GetDouble() },
        "early_stopping" when value.ValueKind == JsonValueKind.String => throw Unsupported(key, value, file),
        "early_stopping" => options with { EarlyStopping = value.GetBoolean() },
        "num_return_sequences" => options with { ReturnSequences = value.GetInt32() },
        "do_sample" => options with { Sample = value.GetBoolean() },
        "temperature" => options with { Temperature = value.GetDouble() },
        "top_k" => options with { TopK = value.GetInt32() },
        "top_p" => options with { TopP = value.GetDouble() },
        "min_p" => options with { MinP = value.GetDouble() },
        "repetition_penalty" => options with { RepetitionPenalty = value.GetDouble() },
        "no_repeat_ngram_size" => options with { NoRepeatNgramSize = value.GetInt32() },
        "bad_words_ids" => options with { BadWords = [.. value.EnumerateArray().Select(Ids)] },
        "suppress_tokens" => options with { SuppressTokens = Ids(value) },
        "decoder_start_token_id" when value.ValueKind == JsonValueKind.Array => throw Unsupported(key, value, file),
        "decoder_start_token_id" => options with { StartToken = value.GetInt32() },
        "forced_bos_token_id" => options with { ForcedBeginToken = value.GetInt32() },
        "forced_eos_token_id" when value.ValueKind == JsonValueKind.Array => throw Unsupported(key, value, file),
        "forced_eos_token_id" => options with { ForcedEndToken = value.GetInt32() },
        "eos_token_id" => options with { EndTokens = value.ValueKind == JsonValueKind.Array ? Ids(value) : [value.GetInt32()] },
        "pad_token_id" => options with { PadToken = value.GetInt32() },
        "num_beam_groups" when value.GetInt32() != 1 => throw Unsupported(key, value, file),
        "diversity_penalty" or "penalty_alpha" when value.GetDouble() != 0 => throw Unsupported(key, value, file),
        "typical_p" when value.GetDouble() != 1 => throw Unsupported(key, value, file),
        "encoder_no_repeat_ngram_size" when value.GetInt32() != 0 => throw Unsupported(key, value, file),
        "encoder_repetition_penalty" or "guidance_scale" when value.GetDouble() != 1 => throw Unsupported(key, value, file),
        "epsilon_cutoff" or "eta_cutoff" when value.GetDouble() != 0 => throw Unsupported(key, value, file),
        "max_time" or "stop_strings" or "watermarking_config" or "dola_layers" or "forced_decoder_ids" when !IsEmpty(value) => throw Unsupported(key, value, file),
        "renormalize_logits" when value.GetBoolean() => throw Unsupported(key, value, file),
        "begin_suppress_tokens" or "sequence_bias" or "force_words_ids" or "constraints" or "exponential_decay_length_penalty" when !IsEmpty(value) => throw Unsupported(key, value, file),
        _ => options,
    };

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];

    private static InvalidDataException Unsupported(string key, JsonElement value, string file) =>
        new($"'{file}' asks for {key} = {value}, which is not supported. Remove the key to decode without it.");
}

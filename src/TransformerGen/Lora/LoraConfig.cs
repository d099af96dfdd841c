using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TransformerGen.Model;

namespace TransformerGen.Lora;

/// <summary>PEFT's adapter_config.json. Every key is honoured, known to change no number, or refused by name.</summary>
internal static class LoraConfig
{
    /// <summary>Keys that describe the adapter or how it began, or that have no effect beside the values that are accepted of others.</summary>
    private static readonly HashSet<string> s_withoutEffect = new(StringComparer.Ordinal)
    {
        "auto_mapping", "revision", "task_type", "inference_mode", "peft_version", "fan_in_fan_out", "megatron_core", "qalora_group_size", "loftq_config", "eva_config",
        "layers_pattern", "ensure_weight_tying", "runtime_config",
    };

    /// <summary>Ways to begin that leave the base model's weights as they are.</summary>
    private static readonly string[] s_beginnings = ["gaussian", "eva", "orthogonal"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not sound, or asks for what is not supported; the message names the key.</exception>
    public static LoraOptions Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(path, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path} is no adapter's configuration: {e.Message}", e);
        }
    }

    /// <summary>The file of an adapter.</summary>
    public static string Text(ModelInfo info, LoraOptions options, LoraTarget[] targets)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("alpha_pattern");
            foreach ((string module, double alpha) in options.AlphaPattern)
            {
                json.WriteNumber(module, alpha);
            }

            json.WriteEndObject();
            json.WriteString("base_model_name_or_path", options.BaseModel);
            json.WriteString("bias", "none");
            json.WriteBoolean("fan_in_fan_out", targets.Any(target => target.Weight.Layout.Transposed));
            json.WriteBoolean("inference_mode", true);
            json.WriteBoolean("init_lora_weights", true);
            json.WriteNumber("lora_alpha", options.Alpha);
            json.WriteNumber("lora_dropout", options.Dropout);
            json.WriteString("peft_type", "LORA");
            json.WriteNumber("r", options.Rank);
            json.WriteStartObject("rank_pattern");
            foreach ((string module, int rank) in options.RankPattern)
            {
                json.WriteNumber(module, rank);
            }

            json.WriteEndObject();
            if (options.TargetPattern is { } pattern)
            {
                json.WriteString("target_modules", pattern);
            }
            else
            {
                json.WriteStartArray("target_modules");
                foreach (string target in options.TargetModules)
                {
                    json.WriteStringValue(target);
                }

                json.WriteEndArray();
            }

            json.WriteString("task_type", info.Output != OutputKind.Language || !info.HasDecoder ? null : info.HasEncoder ? "SEQ_2_SEQ_LM" : "CAUSAL_LM");
            json.WriteBoolean("use_rslora", options.RankStabilized);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static LoraOptions Read(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("it is not a JSON object.");
        }

        var options = new LoraOptions();
        bool isLora = false;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            JsonElement value = property.Value;
            switch (property.Name)
            {
                case "peft_type":
                    Accept(isLora = value.ValueKind == JsonValueKind.String && value.GetString() == "LORA", path, property, "\"LORA\"");
                    break;
                case "r":
                    options = options with { Rank = Integer(path, property) };
                    break;
                case "lora_alpha":
                    options = options with { Alpha = Real(path, property) };
                    break;
                case "lora_dropout":
                    options = options with { Dropout = Real(path, property) };
                    break;
                case "use_rslora":
                    Accept(value.ValueKind is JsonValueKind.True or JsonValueKind.False, path, property, "true or false");
                    options = options with { RankStabilized = value.GetBoolean() };
                    break;
                case "base_model_name_or_path":
                    options = options with { BaseModel = value.ValueKind == JsonValueKind.String ? value.GetString() : null };
                    break;
                case "target_modules":
                    options = Targets(path, property, options);
                    break;
                case "rank_pattern":
                    options = options with { RankPattern = [.. Entries(path, property).Select(entry => KeyValuePair.Create(entry.Name, Integer(path, entry)))] };
                    break;
                case "alpha_pattern":
                    options = options with { AlphaPattern = [.. Entries(path, property).Select(entry => KeyValuePair.Create(entry.Name, Real(path, entry)))] };
                    break;
                case "bias":
                    Accept(value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && value.GetString() == "none"), path, property, "\"none\"");
                    break;
                case "init_lora_weights":
                    Accept(
                        value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && s_beginnings.Contains(value.GetString())),
                        path, property, "true, false, \"gaussian\", \"eva\" or \"orthogonal\"; other beginnings change the base model's weights");
                    break;
                default:
                    Accept(s_withoutEffect.Contains(property.Name) || IsNothing(value), path, property, "null");
                    break;
            }
        }

        return isLora ? options : throw new InvalidDataException($"{path} has no peft_type. Expected \"LORA\".");
    }

    private static LoraOptions Targets(string path, JsonProperty property, LoraOptions options)
    {
        JsonElement value = property.Value;
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return options with { TargetModules = [.. value.EnumerateArray().Select(item => item.GetString()!)] };
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() != "all-linear"
            ? options with { TargetPattern = value.GetString() }
            : throw Refused(path, property, "a list of names, or one regular expression");
    }

    private static int Integer(string path, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out int value) ? value : throw Refused(path, property, "a whole number");

    private static double Real(string path, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetDouble(out double value) ? value : throw Refused(path, property, "a number");

    private static JsonProperty[] Entries(string path, JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.Object => [.. property.Value.EnumerateObject()],
        JsonValueKind.Null => [],
        _ => throw Refused(path, property, "an object"),
    };

    /// <summary>What an option holds that is not used.</summary>
    private static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static void Accept(bool holds, string path, JsonProperty property, string supported)
    {
        if (!holds)
        {
            throw Refused(path, property, supported);
        }
    }

    private static InvalidDataException Refused(string path, JsonProperty property, string supported)
    {
        string text = property.Value.GetRawText();
        return new InvalidDataException($"{path}: {property.Name} is {(text.Length <= 200 ? text : text[..200] + "...")}, which is not supported. Supported is {supported}.");
    }
}

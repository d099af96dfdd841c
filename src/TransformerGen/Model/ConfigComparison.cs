using System.Text.Json;

namespace TransformerGen.Model;

/// <summary>Compares the config.json that weights were saved with, beside them or in a checkpoint, with the one a class was compiled from.</summary>
internal static class ConfigComparison
{
    /// <summary>Settings that change neither shapes nor what a forward pass computes.</summary>
    private static readonly HashSet<string> s_ignored = new(StringComparer.Ordinal)
    {
        "dropout", "max_length", "architectures", "dtype", "torch_dtype", "transformers_version", "use_cache", "_name_or_path",

        // Hugging Face: what trains, starts or describes a model. Another number of labels shows in a tensor's shape.
        "initializer_range", "initializer_factor", "init_std", "layerdrop", "encoder_layerdrop", "decoder_layerdrop", "id2label", "label2id", "num_labels", "_num_labels",
        "problem_type", "finetuning_task", "task_specific_params", "gradient_checkpointing", "output_attentions", "output_hidden_states", "tokenizer_class",
        "_attn_implementation", "return_dict", "torchscript",
    };

    /// <summary>How the names of dropout rates end, which matter in training alone.</summary>
    private static readonly string[] s_rates = ["dropout", "dropout_prob", "pdrop", "dropout_rate"];

    /// <summary>Adds a line for every setting that both name and that matters, with both values.</summary>
    /// <param name="saved">UTF-8 text of the config.json that the weights were saved with.</param>
    /// <param name="compiled">The one the class was compiled from.</param>
    /// <param name="problems">Receives the lines.</param>
    public static void Compare(ReadOnlyMemory<byte> saved, string compiled, List<string> problems)
    {
        try
        {
            using JsonDocument file = JsonDocument.Parse(saved), own = JsonDocument.Parse(compiled);
            if (file.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add("config.json is not a JSON object");
                return;
            }

            foreach (JsonProperty expected in own.RootElement.EnumerateObject())
            {
                if (Matters(expected.Name) && file.RootElement.TryGetProperty(expected.Name, out JsonElement found) && !AreEqual(expected.Value, found))
                {
                    problems.Add($"config.json: {expected.Name} is {found.GetRawText()}; the class was compiled with {expected.Value.GetRawText()}");
                }
            }
        }
        catch (JsonException e)
        {
            problems.Add("config.json is not valid JSON: " + e.Message);
        }
    }

    private static bool Matters(string name) => !s_ignored.Contains(name) && !s_rates.Any(rate => name.EndsWith(rate, StringComparison.Ordinal));

    // 1e-5 and 0.00001 are one number; anything else is compared as JSON.
    private static bool AreEqual(JsonElement a, JsonElement b) =>
        a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number ? a.GetDouble().Equals(b.GetDouble()) : JsonElement.DeepEquals(a, b);
}

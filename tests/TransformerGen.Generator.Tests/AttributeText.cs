using System.Text.Json;
using TransformerGen.Generator.Families;

namespace TransformerGen.Generator.Tests;

/// <summary>Writes the attribute that says the same as a config.json of model_type "transformer".</summary>
internal static class AttributeText
{
    private static readonly string[] s_positional = [PaperFields.DModel, PaperFields.Heads, PaperFields.Vocab];

    public static string Of(JsonElement config)
    {
        string Raw(string key) => config.GetProperty(key).GetRawText();
        var arguments = new List<string>
        {
            "dModel: " + Raw(PaperFields.DModel), "heads: " + Raw(PaperFields.Heads), "layers: 7", "vocab: " + Raw(PaperFields.Vocab),
        };
        foreach (string key in PaperFields.Keys.Where(key => !s_positional.Contains(key)))
        {
            string value = !config.TryGetProperty(key, out JsonElement element) ? "0"
                : element.ValueKind == JsonValueKind.String ? Choice(key, element.GetString()!) : element.GetRawText();
            arguments.Add(PaperFields.Member(key) + " = " + value);
        }

        return "[TransformerModel(" + string.Join(", ", arguments) + ")]";
    }

    /// <summary>The member of the attribute's enumeration whose name is the word in Pascal case: dot-product is Attention.DotProduct.</summary>
    public static string Choice(string key, string word)
    {
        Type type = typeof(TransformerModelAttribute).GetProperty(PaperFields.Member(key))!.PropertyType;
        return type.Name + "." + Enum.GetNames(type).Single(name => string.Equals(name, word.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
    }
}

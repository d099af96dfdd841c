using System.Text.Json;

namespace TransformerGen.Text;

/// <summary>
/// Reads Hugging Face's <c>tokenizer.json</c> of the byte-level BPE kind. What would change ids and is not supported is refused
/// by name, never passed over.
/// </summary>
internal static class TokenizerJsonReader
{
    // Tables are laid out by id: a damaged id must not ask for gigabytes. The largest vocabularies have 256 Ki pieces.
    private const int HighestId = (1 << 24) - 1;

    /// <summary>Reads the whole document.</summary>
    public static BpeDefinition Read(JsonElement root, string name)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{name} holds {root.ValueKind}, expected the object of a tokenizer.json.");
        if (Part(root, "normalizer") is { } normalizer) throw Unsupported(name, "normalizer", TypeOf(normalizer), "none");
        RequireByteLevel(root, "decoder", name);
        var preTokenizer = RequireByteLevel(root, "pre_tokenizer", name);
        if (!Flag(preTokenizer, "use_regex", whenAbsent: true)) throw Unsupported(name, "pre_tokenizer.use_regex", "false", "true");
        if (Part(root, "post_processor") is { } processor && TypeOf(processor) != "ByteLevel")
        {
            throw Unsupported(name, "post_processor", TypeOf(processor), "null or ByteLevel");
        }

        var model = Part(root, "model") ?? throw new InvalidDataException($"{name} has no 'model'; is it a tokenizer.json?");
        RequirePlainBpe(model, name);
        return new BpeDefinition
        {
            Vocabulary = ReadVocabulary(Part(model, "vocab") ?? throw new InvalidDataException($"{name}: model.vocab is missing."), name),
            Merges = ReadMerges(model, name),
            AddedTokens = ReadAddedTokens(root, name),
            UnknownToken = Part(model, "unk_token")?.GetString(),
            AddPrefixSpace = Flag(preTokenizer, "add_prefix_space", whenAbsent: true),
        };
    }

    /// <summary>Reads an object of ids by piece.</summary>
    public static Dictionary<string, int> ReadVocabulary(JsonElement vocabulary, string name)
    {
        if (vocabulary.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{name}: the vocabulary is {vocabulary.ValueKind}, expected an object of ids by piece.");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (!IsId(entry.Value, out var id)) throw new InvalidDataException($"{name}: the id of '{entry.Name}' is {entry.Value.GetRawText()}, expected 0 to {HighestId}.");
            ids[entry.Name] = id;
        }

        if (ids.Count == 0) throw new InvalidDataException($"{name}: the vocabulary is empty.");
        return ids;
    }

    /// <summary>Splits the older spelling of a merge, two pieces with a space between.</summary>
    public static (string Left, string Right) SplitMerge(string merge, string name)
    {
        var space = merge.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || space == merge.Length - 1 || merge.IndexOf(' ', space + 1) >= 0)
        {
            throw new InvalidDataException($"{name}: the merge '{merge}' is not two pieces with one space between.");
        }

        return (merge[..space], merge[(space + 1)..]);
    }

    private static List<(string Left, string Right)> ReadMerges(JsonElement model, string name)
    {
        var list = Part(model, "merges") ?? throw new InvalidDataException($"{name}: model.merges is missing.");
        var merges = new List<(string Left, string Right)>(list.GetArrayLength());
        foreach (var merge in list.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.String) merges.Add(SplitMerge(merge.GetString()!, name));
            else if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2) merges.Add((merge[0].GetString()!, merge[1].GetString()!));
            else throw new InvalidDataException($"{name}: merge {merges.Count} is {merge.GetRawText()}, expected two pieces.");
        }

        return merges;
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement root, string name)
    {
        var tokens = new List<AddedToken>();
        if (Part(root, "added_tokens") is not { } list) return tokens;
        foreach (var token in list.EnumerateArray())
        {
            var content = Part(token, "content")?.GetString();
            if (content is null || Part(token, "id") is not { } number || !IsId(number, out var id))
            {
                throw new InvalidDataException($"{name}: the added token {token.GetRawText()} lacks a content or an id from 0 to {HighestId}.");
            }

            tokens.Add(new AddedToken(id, content, Flag(token, "special"), Flag(token, "single_word"), Flag(token, "lstrip"), Flag(token, "rstrip"), Flag(token, "normalized")));
        }

        return tokens;
    }

    private static JsonElement RequireByteLevel(JsonElement root, string part, string name)
    {
        if (Part(root, part) is { } element && TypeOf(element) == "ByteLevel") return element;
        throw Unsupported(name, part, Part(root, part) is { } other ? TypeOf(other) : "null", "ByteLevel");
    }

    private static void RequirePlainBpe(JsonElement model, string name)
    {
        // Files of older versions leave the type out; what has merges is BPE.
        var type = Part(model, "type") is null && Part(model, "merges") is not null ? "BPE" : TypeOf(model);
        if (type != "BPE") throw Unsupported(name, "model", type, "BPE");
        if (Part(model, "dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() != 0) throw Unsupported(name, "model.dropout", dropout.GetRawText(), "null");
        foreach (var key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (Part(model, key)?.GetString() is { Length: > 0 } affix) throw Unsupported(name, $"model.{key}", affix, "null");
        }

        foreach (var key in (string[])["byte_fallback", "ignore_merges"])
        {
            if (Flag(model, key)) throw Unsupported(name, $"model.{key}", "true", "false");
        }
    }

    private static bool IsId(JsonElement number, out int id)
    {
        id = -1;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out id) && id is >= 0 and <= HighestId;
    }

    private static JsonElement? Part(JsonElement element, string key) =>
        element.TryGetProperty(key, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    private static bool Flag(JsonElement element, string key, bool whenAbsent = false) =>
        Part(element, key) is { } flag ? flag.GetBoolean() : whenAbsent;

    private static string TypeOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && Part(element, "type")?.GetString() is { } type ? type : "unnamed";

    private static NotSupportedException Unsupported(string name, string part, string found, string expected) =>
        new($"{name}: {part} is {found}; byte-level BPE with {part} = {expected} is supported. Use Microsoft.ML.Tokenizers or another tokenizer for this model and pass its ids.");
}

using System.Text.Json;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads <c>model</c>.</summary>
internal sealed class ModelReader
{
    // Tables are laid out by id: a damaged id must not ask for gigabytes. The largest vocabularies have 256 Ki pieces.
    private const int HighestId = (1 << 24) - 1;
    private const int LongestWordPiece = 1 << 16;

    private ModelReader(TokenModel model, Dictionary<string, int> vocabulary) => (Model, Vocabulary) = (model, vocabulary);

    /// <summary>The model.</summary>
    public TokenModel Model { get; }

    /// <summary>Ids by piece.</summary>
    public Dictionary<string, int> Vocabulary { get; }

    /// <summary>The merges of BPE; empty for the others.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; private init; } = [];

    /// <summary>The piece for what cannot be encoded, or null.</summary>
    public string? UnknownToken { get; private init; }

    /// <summary>Reads the model.</summary>
    /// <param name="part">The component.</param>
    /// <param name="isByteLevel">What the pre-tokenizer's last step says.</param>
    public static ModelReader Read(JsonPart part, bool isByteLevel)
    {
        // Files of older versions leave the type out; what has merges is BPE.
        var type = part.Find("type") is null && part.Find("merges") is not null ? "BPE" : part.Type;
        if (isByteLevel && type != "BPE") throw part.Unsupported($"{type} behind a ByteLevel pre-tokenizer", "BPE there");
        return type switch
        {
            "BPE" => Bpe(part, isByteLevel),
            "WordPiece" => WordPiece(part),
            "Unigram" => Unigram(part),
            _ => throw part.Unsupported(type, "BPE, WordPiece and Unigram"),
        };
    }

    /// <summary>Reads an object of ids by piece.</summary>
    public static Dictionary<string, int> ReadVocabulary(JsonPart vocabulary)
    {
        if (vocabulary.Element.ValueKind != JsonValueKind.Object) throw vocabulary.Damaged($"is {vocabulary.Element.ValueKind}, expected an object of ids by piece");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in vocabulary.Element.EnumerateObject())
        {
            if (!IsId(entry.Value, out var id)) throw new InvalidDataException($"{vocabulary.File}: the id of '{entry.Name}' is {entry.Value.GetRawText()}, expected 0 to {HighestId}.");
            ids[entry.Name] = id;
        }

        return ids.Count > 0 ? ids : throw vocabulary.Damaged("is empty");
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

    /// <summary>Whether a value is an id that a table can have.</summary>
    public static bool IsId(JsonElement number, out int id)
    {
        id = -1;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out id) && id is >= 0 and <= HighestId;
    }

    private static ModelReader Bpe(JsonPart part, bool isByteLevel)
    {
        if (part.Find("dropout") is { } dropout && !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0)) throw dropout.Unsupported(dropout.Element.GetRawText(), "null and 0");
        foreach (var key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (part.Find(key) is { } affix && affix.Text().Length > 0) throw affix.Unsupported($"\"{affix.Text()}\"", "null and \"\"");
        }

        var vocabulary = ReadVocabulary(part.Require("vocab"));
        var merges = ReadMerges(part);
        var settings = new BpeSettings
        {
            IsByteLevel = isByteLevel,
            ByteFallback = part.Flag("byte_fallback"),
            IgnoreMerges = part.Flag("ignore_merges"),
            FuseUnknown = part.Flag("fuse_unk"),
            UnknownToken = part.TextOf("unk_token"),
        };
        return new ModelReader(new BpeModel(vocabulary, merges, settings, part.File), vocabulary) { Merges = merges, UnknownToken = settings.UnknownToken };
    }

    private static ModelReader WordPiece(JsonPart part)
    {
        var vocabulary = ReadVocabulary(part.Require("vocab"));
        var unknown = part.TextOf("unk_token") ?? "[UNK]";
        var longest = part.Find("max_input_chars_per_word")?.Number(1, LongestWordPiece) ?? 100;
        return new ModelReader(new WordPieceModel(vocabulary, unknown, part.TextOf("continuing_subword_prefix") ?? "##", longest, part.File), vocabulary) { UnknownToken = unknown };
    }

    private static ModelReader Unigram(JsonPart part)
    {
        var list = part.Require("vocab");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var scores = new List<double>();
        var pieces = new List<string>();
        foreach (var entry in list.Entries())
        {
            if (entry.Element.ValueKind != JsonValueKind.Array || entry.Element.GetArrayLength() != 2 || entry.Element[0].ValueKind != JsonValueKind.String
                || entry.Element[1].ValueKind != JsonValueKind.Number || !double.IsFinite(entry.Element[1].GetDouble()))
            {
                throw entry.Damaged($"is {entry.Element.GetRawText()}, expected a piece and its score");
            }

            pieces.Add(entry.Element[0].GetString()!);
            vocabulary[pieces[^1]] = scores.Count;
            scores.Add(entry.Element[1].GetDouble());
        }

        if (scores.Count == 0) throw list.Damaged("is empty");
        var unknown = part.Find("unk_id")?.Number(0, scores.Count - 1) ?? -1;
        return new ModelReader(new UnigramModel(vocabulary, [.. scores], unknown, part.Flag("byte_fallback")), vocabulary) { UnknownToken = unknown < 0 ? null : pieces[unknown] };
    }

    private static List<(string Left, string Right)> ReadMerges(JsonPart model)
    {
        var merges = new List<(string Left, string Right)>();
        foreach (var merge in model.Require("merges").Entries())
        {
            var pair = merge.Element;
            if (pair.ValueKind == JsonValueKind.String) merges.Add(SplitMerge(pair.GetString()!, model.File));
            else if (pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String && pair[1].ValueKind == JsonValueKind.String) merges.Add((pair[0].GetString()!, pair[1].GetString()!));
            else throw new InvalidDataException($"{model.File}: merge {merges.Count} is {pair.GetRawText()}, expected two pieces.");
        }

        return merges;
    }
}

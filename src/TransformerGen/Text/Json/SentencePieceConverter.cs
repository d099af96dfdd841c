using System.Text.Json;

namespace TransformerGen.Text.Json;

/// <summary>
/// Writes a SentencePiece model as the tokenizer.json that does the same, so that one reader and one set of steps serve both. The
/// merges of BPE follow from the scores: every way to put a piece together from two others is one, of the rank of its score.
/// </summary>
internal static class SentencePieceConverter
{
    private const string Blank = "\u2581";

    /// <summary>Writes the file.</summary>
    /// <param name="file">The model.</param>
    /// <param name="begins">The begin token goes before each text.</param>
    /// <param name="ends">The end token goes behind each text.</param>
    /// <param name="name">What errors call the file.</param>
    public static byte[] ToJson(SentencePieceFile file, bool begins, bool ends, string name)
    {
        if (file.ModelType is not (1 or 2)) throw new NotSupportedException($"{name}: the model type is {(file.ModelType == 3 ? "WORD" : "CHAR")}; supported are UNIGRAM and BPE.");
        if (!file.EscapesBlanks || file.BlanksAreSuffixes) throw new NotSupportedException($"{name}: escape_whitespaces = false and treat_whitespace_as_suffix = true are not supported; with the defaults a blank is written as {Blank} before a word.");

        var isBpe = file.ModelType == 2;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            WriteAddedTokens(json, file);
            WriteNormalizer(json, file);
            WriteTemplate(json, file, begins, ends, name);
            WriteDecoder(json, file.AddsPrefix);
            json.WriteStartObject("model");
            if (isBpe) WriteBpe(json, file);
            else WriteUnigram(json, file, name);
            json.WriteBoolean("byte_fallback", file.ByteFallback);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, SentencePieceFile file)
    {
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            var (text, _, kind) = file.Pieces[id];
            if (kind is not (SentencePieceFile.Kind.Control or SentencePieceFile.Kind.Unknown or SentencePieceFile.Kind.UserDefined)) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", text);
            json.WriteBoolean("special", kind != SentencePieceFile.Kind.UserDefined);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNormalizer(Utf8JsonWriter json, SentencePieceFile file)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (file.Replacements.Length > 0) Write(json, "Precompiled", ("precompiled_charsmap", Convert.ToBase64String(file.Replacements)));
        if (file.RemovesBlanks)
        {
            Write(json, "Strip");
            WriteReplace(json, "Regex", " {2,}", " ");
        }

        if (file.AddsPrefix) Write(json, "Prepend", ("prepend", Blank));
        WriteReplace(json, "String", " ", Blank);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTemplate(Utf8JsonWriter json, SentencePieceFile file, bool begins, bool ends, string name)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach (var (key, texts) in (ReadOnlySpan<(string, string[])>)[("single", ["A"]), ("pair", ["A", "B"])])
        {
            json.WriteStartArray(key);
            foreach (var text in texts)
            {
                if (begins) WritePart(json, "SpecialToken", "begin");
                WritePart(json, "Sequence", text);
                if (ends) WritePart(json, "SpecialToken", "end");
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("special_tokens");
        foreach (var (key, id, wanted) in (ReadOnlySpan<(string, int, bool)>)[("begin", file.BeginId, begins), ("end", file.EndId, ends)])
        {
            if (!wanted) continue;
            if (id < 0 || id >= file.Pieces.Count) throw new InvalidDataException($"{name} has no {key} token; load it without.");
            json.WriteStartObject(key);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string key, string id)
    {
        json.WriteStartObject();
        json.WriteStartObject(key);
        json.WriteString("id", id);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDecoder(Utf8JsonWriter json, bool hasPrefix)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        WriteReplace(json, "String", Blank, " ");
        Write(json, "ByteFallback");
        Write(json, "Fuse");
        if (hasPrefix)
        {
            json.WriteStartObject();
            json.WriteString("type", "Strip");
            json.WriteString("content", " ");
            json.WriteNumber("start", 1);
            json.WriteNumber("stop", 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUnigram(Utf8JsonWriter json, SentencePieceFile file, string name)
    {
        json.WriteString("type", "Unigram");
        var unknown = file.Pieces.FindIndex(piece => piece.Kind == SentencePieceFile.Kind.Unknown);
        json.WriteNumber("unk_id", unknown >= 0 ? unknown : throw new InvalidDataException($"{name} has no unknown piece."));
        json.WriteStartArray("vocab");
        foreach (var (text, score, _) in file.Pieces)
        {
            json.WriteStartArray();
            json.WriteStringValue(text);
            json.WriteNumberValue((double)score);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteBpe(Utf8JsonWriter json, SentencePieceFile file)
    {
        json.WriteString("type", "BPE");
        json.WriteBoolean("fuse_unk", true);
        var unknown = file.Pieces.FindIndex(piece => piece.Kind == SentencePieceFile.Kind.Unknown);
        if (unknown >= 0) json.WriteString("unk_token", file.Pieces[unknown].Text);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        json.WriteStartObject("vocab");
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            if (ids.TryAdd(file.Pieces[id].Text, id)) json.WriteNumber(file.Pieces[id].Text, id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in Merges(file, ids))
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<(string Left, string Right)> Merges(SentencePieceFile file, Dictionary<string, int> ids)
    {
        var merges = new List<(float Score, int Id, int Left, int Right)>();
        bool IsText(int id) => file.Pieces[id].Kind is SentencePieceFile.Kind.Normal;
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            var text = file.Pieces[id].Text;
            if (!IsText(id)) continue;
            for (var cut = 1; cut < text.Length; cut++)
            {
                if (ids.TryGetValue(text[..cut], out var left) && ids.TryGetValue(text[cut..], out var right) && IsText(left) && IsText(right))
                {
                    merges.Add((file.Pieces[id].Score, id, left, right));
                }
            }
        }

        return merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Id).ThenBy(merge => merge.Left).ThenBy(merge => merge.Right)
            .Select(merge => (file.Pieces[merge.Left].Text, file.Pieces[merge.Right].Text));
    }

    private static void Write(Utf8JsonWriter json, string type, params ReadOnlySpan<(string Key, string Value)> values)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        foreach (var (key, value) in values) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteReplace(Utf8JsonWriter json, string kind, string pattern, string content)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString(kind, pattern);
        json.WriteEndObject();
        json.WriteString("content", content);
        json.WriteEndObject();
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace TransformerGen.Text.Json;

/// <summary>Writes a <see cref="TokenizerDefinition"/> as Hugging Face's <c>tokenizer.json</c>, key by key as <c>tokenizers</c> does.</summary>
internal static class TokenizerJsonWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the whole document.</summary>
    public static void Write(TokenizerDefinition definition, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        WriteAddedTokens(json, definition.AddedTokens);
        if (definition is WordPieceDefinition wordPiece) WriteWordPiece(json, wordPiece);
        else WriteBpe(json, (BpeDefinition)definition);
        json.WriteEndObject();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, IReadOnlyList<AddedToken> tokens)
    {
        json.WriteStartArray("added_tokens");
        foreach (var token in tokens.OrderBy(token => token.Id))
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            json.WriteString("content", token.Content);
            json.WriteBoolean("single_word", token.SingleWord);
            json.WriteBoolean("lstrip", token.StripsLeft);
            json.WriteBoolean("rstrip", token.StripsRight);
            json.WriteBoolean("normalized", token.IsNormalized);
            json.WriteBoolean("special", token.IsSpecial);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string name, bool addPrefixSpace)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private static void WriteBpe(Utf8JsonWriter json, BpeDefinition definition)
    {
        json.WriteNull("normalizer");
        WriteByteLevel(json, "pre_tokenizer", definition.AddPrefixSpace);
        json.WriteNull("post_processor");
        WriteByteLevel(json, "decoder", addPrefixSpace: true);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", definition.UnknownToken);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        WriteVocabulary(json, definition);
        json.WriteStartArray("merges");
        foreach (var (left, right) in definition.Merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteWordPiece(Utf8JsonWriter json, WordPieceDefinition definition)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", true);
        json.WriteBoolean("handle_chinese_chars", true);
        json.WriteNull("strip_accents");
        json.WriteBoolean("lowercase", definition.Lowercase);
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        if (definition.SurroundsText) WriteBertTemplate(json, definition.Vocabulary);
        else json.WriteNull("post_processor");
        json.WriteStartObject("decoder");
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", WordPieceDefinition.Prefix);
        json.WriteBoolean("cleanup", true);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", WordPieceDefinition.UnknownToken);
        json.WriteString("continuing_subword_prefix", WordPieceDefinition.Prefix);
        json.WriteNumber("max_input_chars_per_word", WordPieceDefinition.LongestWord);
        WriteVocabulary(json, definition);
        json.WriteEndObject();
    }

    private static void WriteBertTemplate(Utf8JsonWriter json, IReadOnlyDictionary<string, int> vocabulary)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "BertProcessing");
        foreach (var (key, token) in (ReadOnlySpan<(string, string)>)[("sep", "[SEP]"), ("cls", "[CLS]")])
        {
            json.WriteStartArray(key);
            json.WriteStringValue(token);
            json.WriteNumberValue(vocabulary[token]);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteVocabulary(Utf8JsonWriter json, TokenizerDefinition definition)
    {
        json.WriteStartObject("vocab");
        foreach (var (piece, id) in definition.Vocabulary.OrderBy(entry => entry.Value)) json.WriteNumber(piece, id);
        json.WriteEndObject();
    }
}

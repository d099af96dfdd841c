using System.Text;
using System.Text.Json;
using TransformerGen.Text;
using Xunit;

namespace TransformerGen.Tests.Text;

/// <summary>Six kinds of tokenizer.json against what Hugging Face's tokenizers makes of them.</summary>
public class TokenizerJsonTests
{
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllText(TextData.Fixture("json/expected.json"))).RootElement.GetProperty("files");

    public static TheoryData<string> Kinds => [.. Expected.EnumerateObject().Select(file => file.Name)];

    [Fact]
    public void All_six_kinds_are_there() => Assert.Equal(6, Kinds.Count);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ids_offsets_and_decoded_text_are_those_of_the_reference(string kind)
    {
        var tokenizer = Loaded(kind);
        foreach (var row in Rows(kind))
        {
            var text = row.GetProperty("text").GetString()!;
            var encoding = tokenizer.EncodeWithOffsets(text);
            var ids = Ids(row.GetProperty("ids"));
            Assert.Equal(ids, encoding.Ids.ToArray());
            Assert.Equal(ids, tokenizer.Encode(text));
            Assert.Equal(Ids(row.GetProperty("ids_without_special")), tokenizer.Encode(text, addSpecialTokens: false));
            Assert.Equal(
                row.GetProperty("offsets").EnumerateArray().Select(pair => (pair[0].GetInt32(), pair[1].GetInt32())),
                encoding.Offsets.ToArray().Select(offset => (CodePoints(text, offset.Start), CodePoints(text, offset.End))));
            Assert.Equal(row.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_texts_are_put_together_as_by_the_reference(string kind)
    {
        var pair = Expected.GetProperty(kind).GetProperty("pair");
        var texts = pair.GetProperty("texts");

        var encoding = Loaded(kind).EncodePair(texts[0].GetString(), texts[1].GetString());

        Assert.Equal(Ids(pair.GetProperty("ids")), encoding.Ids.ToArray());
        Assert.Equal(Ids(pair.GetProperty("type_ids")), encoding.TypeIds.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decoding_piece_by_piece_gives_the_same_text(string kind)
    {
        var tokenizer = Loaded(kind);
        var decoder = tokenizer.CreateStreamingDecoder();
        foreach (var row in Rows(kind))
        {
            var shown = string.Concat(Ids(row.GetProperty("ids")).Select(decoder.Append)) + decoder.Flush();
            Assert.Equal(row.GetProperty("decoded").GetString(), shown);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_saved_file_is_the_one_that_was_read(string kind)
    {
        using var saved = new MemoryStream();
        Loaded(kind).Save(saved);
        Assert.Equal(File.ReadAllBytes(TextData.Fixture($"json/{kind}.json")), saved.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_pieces_of_a_text_are_the_same_in_whatever_company(string kind)
    {
        // Buffers and caches go from call to call: each text again after all others, and both ways of asking.
        var tokenizer = Loaded(kind);
        for (var round = 0; round < 2; round++)
        {
            foreach (var row in Rows(kind)) Assert.Equal(Ids(row.GetProperty("ids")), tokenizer.EncodeWithOffsets(row.GetProperty("text").GetString()).Ids.ToArray());
        }
    }

    [Theory]
    [InlineData("unigram-t5-kind", "\"type\": \"NFKC\"", "\"type\": \"Nmt\"", "normalizer.normalizers[0] is Nmt; supported are Sequence, BertNormalizer")]
    [InlineData("unigram-t5-kind", "\"type\": \"Unigram\"", "\"type\": \"WordLevel\"", "model is WordLevel; supported are BPE, WordPiece and Unigram")]
    [InlineData("wordpiece-cased", "\"type\": \"BertPreTokenizer\"", "\"type\": \"UnicodeScripts\"", "pre_tokenizer is UnicodeScripts; supported are Sequence, BertPreTokenizer")]
    [InlineData("wordpiece-cased", "\"type\": \"TemplateProcessing\"", "\"type\": \"Other\"", "post_processor is Other; supported are Sequence, BertProcessing")]
    [InlineData("bpe-llama-kind", "\"type\": \"ByteFallback\"", "\"type\": \"CTC\"", "decoder.decoders[1] is CTC; supported are Sequence, ByteFallback")]
    [InlineData("bpe-llama-kind", "\"dropout\": null", "\"dropout\": 0.1", "model.dropout is 0.1")]
    [InlineData("bpe-llama-kind", "\"end_of_word_suffix\": null", "\"end_of_word_suffix\": \"</w>\"", "model.end_of_word_suffix is \"</w>\"")]
    [InlineData("bpe-gpt4-kind", "(?i:'s", "(?<!a)(?i:'s", "pre_tokenizer.pretokenizers[0].pattern is the expression (?<!a)")]
    [InlineData("bpe-gpt4-kind", "\"behavior\": \"Isolated\"", "\"behavior\": \"Sometimes\"", "Split with behavior Sometimes")]
    public void What_is_not_supported_is_refused_by_name(string kind, string from, string to, string message)
    {
        var refused = Assert.Throws<NotSupportedException>(() => Loaded(kind, from, to));
        Assert.StartsWith("tokenizer.json: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unigram-t5-kind", "\"unk_id\": 2", "\"unk_id\": 700", "model.unk_id is 700, expected 0 to 699")]
    [InlineData("unigram-t5-kind", "\"replacement\": \"\u2581\"", "\"replacement\": \"ab\"", "pre_tokenizer.replacement is \"ab\", expected one character")]
    [InlineData("wordpiece-cased", "\"unk_token\": \"[UNK]\"", "\"unk_token\": \"none\"", "model.unk_token is 'none', which model.vocab lacks")]
    [InlineData("wordpiece-cased", "\"max_input_chars_per_word\": 100", "\"max_input_chars_per_word\": 0", "model.max_input_chars_per_word is 0")]
    [InlineData("wordpiece-cased", "\"lowercase\": false", "\"lowercase\": \"no\"", "normalizer.lowercase is \"no\", expected true or false")]
    [InlineData("wordpiece-cased", "\"single\":", "\"other\":", "post_processor lacks 'single'")]
    public void What_cannot_be_is_refused_by_its_place(string kind, string from, string to, string message)
    {
        var refused = Assert.Throws<InvalidDataException>(() => Loaded(kind, from, to));
        Assert.StartsWith("tokenizer.json is inconsistent: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_named_by_its_path_and_changes_nothing_else()
    {
        // Cut short at many places: always refused, never another exception.
        var whole = File.ReadAllBytes(TextData.Fixture("json/wordpiece-uncased.json"));
        for (var length = 0; length < whole.Length; length += 251)
        {
            using var cut = new MemoryStream(whole, 0, length);
            Assert.Contains("folder/cut.json", Assert.Throws<InvalidDataException>(() => TextTokenizer.Load(cut, "folder/cut.json")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Added_tokens_that_are_normalized_match_normalized_text()
    {
        var tokenizer = Loaded("wordpiece-uncased", "\"added_tokens\": [", "\"added_tokens\": [{\"id\": 700, \"content\": \"Tybalt\", \"normalized\": true, \"special\": false},");

        var encoding = tokenizer.EncodeWithOffsets("the TYBALT, [MASK]", addSpecialTokens: false);

        Assert.Equal([tokenizer.FindId("the"), 700, tokenizer.FindId(","), tokenizer.FindId("[MASK]")], encoding.Ids.ToArray().Select(id => (int?)id));
        Assert.Equal([new(0, 3), new(4, 10), new(10, 11), new(12, 18)], encoding.Offsets.ToArray());
    }

    internal static TextTokenizer Loaded(string kind, string from = "", string to = "")
    {
        var file = File.ReadAllText(TextData.Fixture($"json/{kind}.json"));
        if (from.Length > 0)
        {
            Assert.Contains(from, file, StringComparison.Ordinal);
            file = file.Replace(from, to, StringComparison.Ordinal);
        }

        return TextTokenizer.Load(new MemoryStream(Encoding.UTF8.GetBytes(file)));
    }

    private static JsonElement.ArrayEnumerator Rows(string kind) => Expected.GetProperty(kind).GetProperty("rows").EnumerateArray();

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    /// <summary>The fixtures count code points.</summary>
    private static int CodePoints(string text, int units) => text[..units].EnumerateRunes().Count();
}

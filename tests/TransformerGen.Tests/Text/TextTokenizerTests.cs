using System.Text;
using System.Text.Json;
using CsCheck;
using TransformerGen.Text;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Text;

public class TextTokenizerTests(ITestOutputHelper output)
{
    private static readonly TextTokenizer Small = TextTokenizer.Load(TextData.Fixture("bpe-trained.json"));

    [Fact]
    public void Encodes_the_texts_of_the_reference_to_its_ids()
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(TextData.Fixture("trained.json")));
        var cases = expected.RootElement.GetProperty("bpe").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var one in cases)
        {
            var text = one.GetProperty("text").GetString()!;
            int[] ids = [.. one.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, Small.Encode(text));
            Assert.Equal(text, Small.Decode(ids));
        }
    }

    [SharedFact("fixtures/multi30k", "data/multi30k")]
    public void Encodes_every_sentence_of_Multi30k_to_the_ids_of_the_reference()
    {
        string path = SharedData.Find("fixtures/multi30k/tokenizer.json");
        var tokenizer = TextTokenizer.Load(path);
        Assert.Equal((8000, 0, 1, 2, 3), (tokenizer.VocabularySize, tokenizer.PadId, tokenizer.BeginId, tokenizer.EndId, tokenizer.UnknownId));
        Assert.True(tokenizer.AddPrefixSpace);

        // The reference's model is 48 long: a source is cut to leave room for its end token, a target for begin and end.
        const int LongestSource = 47, LongestTarget = 46;
        foreach (var part in (string[])["test_2016_flickr", "val", "train"])
        {
            string idsPath = SharedData.Find($"fixtures/multi30k/{part}.ids.gz");
            string sourcePath = SharedData.Find($"data/multi30k/{part}.fr.gz");
            string targetPath = SharedData.Find($"data/multi30k/{part}.en.gz");
            var (lines, sources, targets) = (TextData.GzipLines(idsPath), TextData.GzipLines(sourcePath), TextData.GzipLines(targetPath));
            Assert.Equal(lines.Length, sources.Length);
            for (var i = 0; i < lines.Length; i++)
            {
                var columns = lines[i].Split('\t');
                Assert.Equal(TextData.Ids(columns[0]), tokenizer.Encode(sources[i]).Take(LongestSource).Append(tokenizer.EndId!.Value));
                Assert.Equal(TextData.Ids(columns[1]), tokenizer.Encode(targets[i]).Take(LongestTarget));
            }

            output.WriteLine($"{part}: {lines.Length} pairs agree.");
        }
    }

    [SharedFact("data/tokenizers/gpt2")]
    public void Encodes_a_program_to_the_ids_of_GPT_2()
    {
        string folder = SharedData.Find("data/tokenizers/gpt2");
        var tokenizer = TextTokenizer.LoadGpt2(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected_tokens.json")));
        int[] ids = [.. expected.RootElement.EnumerateArray().Select(id => id.GetInt32())];

        // The text itself is not stored, but ids determine it, and only the right encoder finds its way back to all of them.
        var text = tokenizer.Decode(ids);
        Assert.Contains("        ", text, StringComparison.Ordinal);
        Assert.Equal(ids, tokenizer.Encode(text));

        // Known from the original implementation: runs of blanks, and the end token.
        Assert.Equal([220, 220, 220, 220], tokenizer.Encode("    "));
        Assert.Equal([15496, 11, 995, 0, 220, 220, 734, 50256], tokenizer.Encode("Hello, world!   two<|endoftext|>"));
        Assert.Equal(50257, tokenizer.VocabularySize);
    }

    [Fact]
    public void Every_text_decodes_to_itself() =>
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text => Small.Decode(Small.Encode(text, findSpecialTokens: false)) == text);

    [Theory]
    [InlineData("")]
    [InlineData("emoji \U0001F469\u200D\U0001F680 and \U0001D400 letters")]
    [InlineData("tabs\t\tand\r\nnewlines\n\n")]
    public void Unusual_texts_decode_to_themselves(string text) => Assert.Equal(text, Small.Decode(Small.Encode(text)));

    [Fact]
    public void Special_tokens_in_text_become_their_ids_unless_forbidden()
    {
        int[] ids = [1, .. Small.Encode("To be"), 2];

        Assert.Equal(ids, Small.Encode("<s>To be</s>"));
        Assert.Equal("To be", Small.Decode(ids));
        Assert.Equal("<s>To be</s>", Small.Decode(ids, skipSpecialTokens: false));
        Assert.DoesNotContain(Small.Encode("<s>To be</s>", findSpecialTokens: false), Small.IsSpecial);
    }

    [Fact]
    public void Encodes_into_lists_and_spans_of_the_caller()
    {
        var expected = Small.Encode("what light");
        var list = new List<int> { 1 };
        Assert.Equal(expected.Length, Small.Encode("what light", list));
        Assert.Equal([1, .. expected], list);

        var span = new int[expected.Length];
        Assert.True(Small.TryEncode("what light", span, out var written));
        Assert.Equal(expected, span.AsSpan(0, written).ToArray());
        Assert.False(Small.TryEncode("what light", span.AsSpan(1), out written));
        Assert.Equal(0, written);
    }

    [Fact]
    public void The_longest_token_wins_and_white_space_goes_with_those_that_strip()
    {
        var tokenizer = Loaded(file => file.Replace("\"added_tokens\": [", """
            "added_tokens": [
                {"id": 600, "content": "<s><s>", "special": true},
                {"id": 601, "content": "<mask>", "lstrip": true, "rstrip": true, "special": true},
                {"id": 602, "content": "key", "single_word": true, "special": false},
            """, StringComparison.Ordinal));

        Assert.Equal([600, 1], tokenizer.Encode("<s><s><s>"));
        Assert.Equal([.. tokenizer.Encode("a"), 601, .. tokenizer.Encode("b")], tokenizer.Encode("a \n<mask>\t b"));
        Assert.Equal([.. tokenizer.Encode("a "), 602, .. tokenizer.Encode(" b")], tokenizer.Encode("a key b"));
        Assert.DoesNotContain(602, tokenizer.Encode("keys monkey _key"));
        Assert.Equal("key", tokenizer.Decode([601, 602]));
    }

    [Fact]
    public void A_prefix_space_goes_before_every_stretch_of_plain_text_that_has_none()
    {
        var tokenizer = Loaded(file => file.Replace("\"add_prefix_space\": false", "\"add_prefix_space\": true", StringComparison.Ordinal));

        Assert.Equal(Small.Encode(" be"), tokenizer.Encode("be"));
        Assert.Equal(Small.Encode(" be"), tokenizer.Encode(" be"));
        Assert.Equal(Small.Encode(" be<s> be"), tokenizer.Encode("be<s>be"));
        Assert.Equal(Small.Encode(" \nbe"), tokenizer.Encode("\nbe"));
    }

    [Fact]
    public void A_saved_file_loads_to_the_same_tokenizer()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            Small.Save(path);
            Assert.Equal(File.ReadAllText(TextData.Fixture("bpe-trained.json")), File.ReadAllText(path));
            Small.Save(path);
            Assert.Equal([path], Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(path) + "*"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_older_spelling_of_merges_is_read()
    {
        var merges = string.Join(", ", Small.Merges.Select(merge => JsonSerializer.Serialize($"{merge.Left} {merge.Right}")));
        var tokenizer = Loaded(file => file[..file.IndexOf("\"merges\"", StringComparison.Ordinal)] + $"\"merges\": [{merges}]}}}}");

        Assert.Equal(Small.Merges, tokenizer.Merges);
    }

    [Fact]
    public void Streaming_never_shows_half_a_character()
    {
        var decoder = Small.CreateStreamingDecoder();
        const string text = "na\u00efve \U0001F600!";
        var shown = Small.Encode(text).Select(decoder.Append).ToList();

        Assert.Equal(text, string.Concat(shown) + decoder.Flush());
        Assert.DoesNotContain(shown, part => part.Contains('\ufffd', StringComparison.Ordinal));
        Assert.Contains("\U0001F600", shown);

        decoder.Append(Small.Encode("\u00ef")[0]);
        Assert.Equal("\ufffd", decoder.Flush());
        Assert.Equal("", decoder.Append(2));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_named()
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => Small.Decode([5, 600]));
        Assert.Contains("Token id 600 is not in the vocabulary; ids run from 0 to 599.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Small.Decode([-1]));
    }

    [Theory]
    [InlineData("\"type\": \"BPE\"", "\"type\": \"Unigram\"", "model is Unigram behind a ByteLevel pre-tokenizer")]
    [InlineData("\"type\": \"BPE\"", "\"type\": \"Other\"", "model is Other")]
    [InlineData("\"normalizer\": null", "\"normalizer\": {\"type\": \"Other\"}", "normalizer is Other")]
    [InlineData("\"post_processor\": null", "\"post_processor\": {\"type\": \"Other\"}", "post_processor is Other")]
    [InlineData("\"continuing_subword_prefix\": null", "\"continuing_subword_prefix\": \"##\"", "model.continuing_subword_prefix is \"##\"")]
    public void Another_kind_of_tokenizer_is_refused_by_name(string from, string to, string message)
    {
        var refused = Assert.Throws<NotSupportedException>(() => Loaded(file => file.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"decoder\": {\"type\": \"ByteLevel\"}}")]
    public void A_damaged_file_is_named(string content)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        Assert.Contains("my.json", Assert.Throws<InvalidDataException>(() => TextTokenizer.Load(stream, "my.json")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"<pad>\": 0,", "\"<pad>\": -1,", "the id of '<pad>' is -1")]
    [InlineData("\"<pad>\": 0,", "\"<pad>\": 2000000000,", "the id of '<pad>' is 2000000000")]
    [InlineData("\"<pad>\": 0,", "\"<pad>\": \"0\",", "the id of '<pad>' is \"0\"")]
    [InlineData("\"content\": \"<pad>\",", "", "the added token")]
    [InlineData("\"merges\": [", "\"merges\": [[\"Q\"],", "merge 0 is [\"Q\"]")]
    [InlineData("\"merges\": [", "\"merges\": [\"Q\",", "the merge 'Q' is not two pieces")]
    [InlineData("\"merges\": [", "\"merges\": [[\"Q\", \"Z\"],", "'QZ'")]
    [InlineData("\"use_regex\": true", "\"use_regex\": 1", "inconsistent")]
    public void A_damaged_entry_is_named(string from, string to, string message)
    {
        var refused = Assert.Throws<InvalidDataException>(() => Loaded(file => file.Replace(from, to, StringComparison.Ordinal)));
        Assert.StartsWith("tokenizer.json", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_the_vocabulary_lacks_is_the_unknown_token_or_nothing()
    {
        static string Lacking(string file) => file.Replace("\"~\": 96,", "", StringComparison.Ordinal);
        static string Naming(string file, string unknown) => file.Replace("\"unk_token\": null", $"\"unk_token\": \"{unknown}\"", StringComparison.Ordinal);
        Assert.Equal([96, 96], Small.Encode("~~"));

        var withUnknown = Loaded(file => Naming(Lacking(file), "</s>"));
        Assert.Equal(2, withUnknown.UnknownId);
        Assert.Equal([2, 2], withUnknown.Encode("~~"));
        Assert.Empty(Loaded(Lacking).Encode("~~"));

        // An unknown token that is no piece is never needed while all bytes are there.
        Assert.Equal([96], Loaded(file => Naming(file, "<none>")).Encode("~"));
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        var texts = Enumerable.Range(0, 200).Select(i => $"thread {i} reads what light {i * i}").ToArray();
        var alone = texts.Select(text => Small.Encode(text)).ToArray();
        var shared = TextTokenizer.Load(TextData.Fixture("bpe-trained.json"));

        Parallel.For(0, 2000, i => Assert.Equal(alone[i % 200], shared.Encode(texts[i % 200])));
    }

    private static TextTokenizer Loaded(Func<string, string> change)
    {
        var changed = change(File.ReadAllText(TextData.Fixture("bpe-trained.json")));
        return TextTokenizer.Load(new MemoryStream(Encoding.UTF8.GetBytes(changed)));
    }
}

using System.Text.Json;
using Microsoft.ML.Tokenizers;
using TransformerGen.Text;
using Xunit;

namespace TransformerGen.Tests.Text;

/// <summary>Tokenizers of real models, where this machine has them.</summary>
public class RealTokenizerTests
{
    [SharedFact("data/models/all-MiniLM-L6-v2")]
    public void MiniLM_has_the_ids_of_its_expected_embeddings()
    {
        string folder = SharedData.Find("data/models/all-MiniLM-L6-v2");
        var tokenizer = TextTokenizer.Load(folder);
        var fromVocabulary = TextTokenizer.LoadBert(Path.Combine(folder, "vocab.txt"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected-embeddings.json")));
        var rows = expected.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var (text, ids) = (row.GetProperty("text").GetString()!, Ids(row.GetProperty("input_ids")));

            // One text is longer than the model: its ids there are cut to 256 with the last one kept.
            var found = tokenizer.Encode(text);
            if (found.Length > 256) found = [.. found[..255], found[^1]];
            Assert.Equal(ids, found);
            Assert.Equal(tokenizer.Encode(text), fromVocabulary.Encode(text));
        }
    }

    [SharedFact("data/models/SmolLM2-135M-Instruct")]
    public void SmolLM2_has_the_ids_of_its_expected_texts()
    {
        string folder = SharedData.Find("data/models/SmolLM2-135M-Instruct");
        var tokenizer = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        foreach (var row in expected.RootElement.GetProperty("tokenize").EnumerateArray())
        {
            var text = row.GetProperty("text").GetString()!;
            Assert.Equal(Ids(row.GetProperty("ids")), tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }

        foreach (var row in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            Assert.Equal(row.GetProperty("greedy_text").GetString(), tokenizer.Decode(Ids(row.GetProperty("greedy_ids")), skipSpecialTokens: false));
            if (row.GetProperty("messages").ValueKind == JsonValueKind.String) Assert.Equal(Ids(row.GetProperty("prompt_ids")), tokenizer.Encode(row.GetProperty("messages").GetString()));
        }
    }

    [SharedFact("data/lm-buddy-tiny-gpt2")]
    public void The_tiny_GPT_2_is_read_from_the_two_files_of_its_folder()
    {
        string folder = SharedData.Find("data/lm-buddy-tiny-gpt2");
        var tokenizer = TextTokenizer.Load(folder);

        // The vocabulary is that of transformers' own tests of GPT-2, as are these ids.
        Assert.Equal([14, 15, 10, 9, 3, 2, 15], tokenizer.Encode(" lower newer"));
        Assert.Equal(" lower newer", tokenizer.Decode([14, 15, 10, 9, 3, 2, 15]));
        Assert.Equal((20, 19), (tokenizer.EndId, tokenizer.UnknownId));
    }

    [SharedFact("data/coldfire-tiny-bert")]
    public void The_tiny_BERT_splits_at_white_space_and_signs()
    {
        string folder = SharedData.Find("data/coldfire-tiny-bert");
        var tokenizer = TextTokenizer.Load(folder);

        Assert.Equal([2, 5, 1, 200, 3], tokenizer.Encode("t5 , t200"));
        Assert.Equal([2, 1, 1, 1, 3], tokenizer.Encode("unheard-of"));
        Assert.Equal([0, 0, 0, 0, 1, 1], tokenizer.EncodePair("t5 t6", "t7").TypeIds.ToArray());
    }

    [SharedTheory("data/tokenizers/bert/vocab-uncased.txt", "data/tokenizers/bert/vocab-cased.txt")]
    [InlineData("vocab-uncased.txt", true, "Unaffable caf\u00e9 \u2014 it's 5\u00b0C", "[CLS] una ##ffa ##ble cafe \u2014 it ' s 5 ##\u00b0 ##c [SEP]")]
    [InlineData("vocab-cased.txt", false, "Unaffable caf\u00e9", "[CLS] Una ##ff ##able caf\u00e9 [SEP]")]
    public void BERT_has_its_pieces(string file, bool lowercase, string text, string pieces)
    {
        string path = SharedData.Find($"data/tokenizers/bert/{file}");
        var tokenizer = TextTokenizer.LoadBert(path, lowercase);
        var byId = tokenizer.Vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);

        Assert.Equal(pieces, string.Join(' ', tokenizer.Encode(text).Select(id => byId[id])));
    }

    [SharedTheory("data/stories260K/tok512.model", "data/tokenizers/spm/test_model.model", "data/text/botchan.txt")]
    [InlineData("data/stories260K/tok512.model", true, false)]
    [InlineData("data/tokenizers/spm/test_model.model", false, true)]
    public void SentencePiece_models_give_the_ids_of_the_library(string file, bool begins, bool ends)
    {
        string path = SharedData.Find(file);
        string corpus = SharedData.Find("data/text/botchan.txt");
        var tokenizer = TextTokenizer.Load(path);
        using var model = File.OpenRead(path);
        var library = SentencePieceTokenizer.Create(model, addBeginningOfSentence: begins, addEndOfSentence: ends);

        var lines = File.ReadLines(corpus).Where(line => line.Length > 0).Take(1500).Append("Once upon a time, there was a little girl.").ToArray();
        foreach (var line in lines) Assert.Equal(library.EncodeToIds(line), tokenizer.Encode(line));
        Assert.Equal("Once upon a time, there was a little girl.", tokenizer.Decode(tokenizer.Encode(lines[^1])));
    }

    [SharedFact("data/tokenizers/t5/spiece.model")]
    public void T5_has_the_ids_of_its_documentation()
    {
        // The library's reader does not take a model without a begin token.
        string path = SharedData.Find("data/tokenizers/t5/spiece.model");
        var tokenizer = TextTokenizer.Load(path);

        int[] ids = [13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1];
        Assert.Equal(ids, tokenizer.Encode("translate English to German: The house is wonderful."));
        Assert.Equal(ids, tokenizer.Encode("  translate  English to German: The\u00a0house is wonderful."));
        Assert.Equal("translate English to German: The house is wonderful.", tokenizer.Decode(ids));
        Assert.Equal(tokenizer.Encode("five 1 VIII"), tokenizer.Encode("\uff46\uff49\uff56\uff45 \u2460 \u2167"));
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}

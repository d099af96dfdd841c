using System.Text.Json;
using TransformerGen.Text;
using Xunit;

namespace TransformerGen.Tests.Text;

public class WordPieceTrainerTests
{
    private const string Shakespeare = "data/text/tinyshakespeare.txt";

    private static readonly TextTokenizer Reference = TextTokenizer.Load(TextData.Fixture("wordpiece-trained.json"));

    [Fact]
    public void Encodes_the_texts_of_the_reference_to_its_ids()
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(TextData.Fixture("trained.json")));
        foreach (var one in expected.RootElement.GetProperty("wordpiece").EnumerateArray())
        {
            Assert.Equal(one.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), Reference.Encode(one.GetProperty("text").GetString()));
        }
    }

    [SharedFact(Shakespeare)]
    public void Finds_the_pieces_of_the_reference_in_a_slice_of_Shakespeare()
    {
        string[] sentences = Slice();

        var trained = WordPieceTrainer.Train(sentences, new WordPieceTrainingOptions { VocabularySize = Reference.VocabularySize });

        Assert.Equal(Reference.Vocabulary.Keys.Order(StringComparer.Ordinal), trained.Vocabulary.Keys.Order(StringComparer.Ordinal));
    }

    [SharedFact(Shakespeare)]
    public void Finds_the_ids_of_the_reference_where_characters_inside_words_are_numbered_as_there()
    {
        string[] sentences = Slice();

        // The reference numbers them in the order of a hash map; everything that follows from it must agree.
        var byId = Reference.Vocabulary.OrderBy(entry => entry.Value).Select(entry => entry.Key).ToArray();
        var trained = WordPieceTrainer.Train(sentences, new WordPieceTrainingOptions
        {
            VocabularySize = byId.Length,
            InitialPieces = [.. byId.Where(piece => piece.Length == 1), .. byId.Where(piece => piece.Length == 3 && piece.StartsWith("##", StringComparison.Ordinal))],
        });

        using var saved = new MemoryStream();
        trained.Save(saved);
        Assert.Equal(File.ReadAllBytes(TextData.Fixture("wordpiece-trained.json")), saved.ToArray());
    }

    [Fact]
    public void The_order_of_sentences_does_not_matter()
    {
        string[] sentences = ["the cat sat", "a cat", "the hat", "that cat"];
        var options = new WordPieceTrainingOptions { VocabularySize = 30 };

        var one = WordPieceTrainer.Train(sentences, options);
        var other = WordPieceTrainer.Train(sentences.Reverse(), options);

        Assert.Equal(one.Vocabulary.OrderBy(entry => entry.Value), other.Vocabulary.OrderBy(entry => entry.Value));
    }

    [Fact]
    public void Accents_and_capitals_are_kept_where_the_model_is_cased()
    {
        var uncased = WordPieceTrainer.Train(["\u00c9t\u00e9 \u00c9t\u00e9"], new WordPieceTrainingOptions { VocabularySize = 30 });
        var cased = WordPieceTrainer.Train(["\u00c9t\u00e9 \u00c9t\u00e9"], new WordPieceTrainingOptions { VocabularySize = 30, Lowercase = false, SurroundsText = true });

        Assert.NotNull(uncased.FindId("ete"));
        Assert.Equal([cased.FindId("[CLS]"), cased.FindId("\u00c9t\u00e9"), cased.FindId("[SEP]")], cased.Encode("\u00c9t\u00e9").Select(id => (int?)id));
    }

    [Theory]
    [InlineData(5, "VocabularySize is 5; the special tokens, the initial pieces and one character need 6.", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    [InlineData(30, "SpecialTokens lacks '[UNK]'", "[PAD]")]
    [InlineData(30, "SpecialTokens holds '[UNK]' twice", "[UNK]", "[UNK]")]
    public void Options_that_cannot_be_met_are_refused(int size, string message, params string[] special)
    {
        var refused = Assert.Throws<ArgumentException>(() => WordPieceTrainer.Train(["a"], new WordPieceTrainingOptions { VocabularySize = size, SpecialTokens = special }));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private static string[] Slice()
    {
        string path = SharedData.Find(Shakespeare);
        using var about = JsonDocument.Parse(File.ReadAllText(TextData.Fixture("trained.json")));
        var range = about.RootElement.GetProperty("characters");
        return File.ReadAllText(path)[range[0].GetInt32()..range[1].GetInt32()].Split('\n');
    }
}

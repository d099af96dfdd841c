using System.Diagnostics;
using System.Text.Json;
using TransformerGen.Text;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Text;

public class BpeTrainerTests(ITestOutputHelper output)
{
    private static readonly string[] ThreeSpecialTokens = ["<pad>", "<s>", "</s>"];

    [SharedFact("data/text/tinyshakespeare.txt")]
    public void Finds_the_merges_and_ids_of_the_reference_in_a_slice_of_Shakespeare()
    {
        string path = SharedData.Find("data/text/tinyshakespeare.txt");
        using var about = JsonDocument.Parse(File.ReadAllText(TextData.Fixture("trained.json")));
        var range = about.RootElement.GetProperty("characters");
        var text = File.ReadAllText(path)[range[0].GetInt32()..range[1].GetInt32()];

        var trained = ByteLevelBpeTrainer.Train(text.Split('\n'), new BpeTrainingOptions
        {
            VocabularySize = about.RootElement.GetProperty("vocab_size").GetInt32(),
            SpecialTokens = ThreeSpecialTokens,
        });

        var reference = TextTokenizer.Load(TextData.Fixture("bpe-trained.json"));
        Assert.Equal(reference.Merges, trained.Merges);
        Assert.Equal(reference.Vocabulary.OrderBy(entry => entry.Value), trained.Vocabulary.OrderBy(entry => entry.Value));

        // The file too is the reference's, byte for byte.
        using var saved = new MemoryStream();
        trained.Save(saved);
        Assert.Equal(File.ReadAllBytes(TextData.Fixture("bpe-trained.json")), saved.ToArray());
    }

    [SharedFact("data/multi30k/train.fr.gz", "data/multi30k/train.en.gz", "fixtures/multi30k/tokenizer.json")]
    public void Finds_the_eight_thousand_pieces_of_the_reference_in_Multi30k()
    {
        string french = SharedData.Find("data/multi30k/train.fr.gz");
        string english = SharedData.Find("data/multi30k/train.en.gz");
        string expected = SharedData.Find("fixtures/multi30k/tokenizer.json");
        var sentences = TextData.GzipLines(french).Concat(TextData.GzipLines(english)).ToArray();

        var clock = Stopwatch.StartNew();
        var trained = ByteLevelBpeTrainer.Train(sentences, new BpeTrainingOptions { VocabularySize = 8000, AddPrefixSpace = true });
        output.WriteLine($"{sentences.Length} sentences, 8000 pieces: {clock.Elapsed.TotalSeconds:F2} s");

        var reference = TextTokenizer.Load(expected);
        Assert.Equal(reference.Merges, trained.Merges);
        Assert.Equal(reference.Vocabulary.OrderBy(entry => entry.Value), trained.Vocabulary.OrderBy(entry => entry.Value));
    }

    [Fact]
    public void The_most_frequent_pair_comes_first_and_of_equals_the_one_of_lower_ids()
    {
        // "xy" 3 times; "ab" and "cd" twice each: a has the lower id. "xyz" (1) is tied with nothing.
        var trained = ByteLevelBpeTrainer.Train(["cd", "cd", "ab", "ab", "xy", "xy", "xyz"], new BpeTrainingOptions { VocabularySize = 264, SpecialTokens = ["<s>"] });

        Assert.Equal([("x", "y"), ("a", "b"), ("c", "d"), ("xy", "z")], trained.Merges);
        Assert.Equal(257, trained.FindId("xy"));
        Assert.Equal(261, trained.VocabularySize);
    }

    [Fact]
    public void Overlapping_pairs_merge_from_the_left()
    {
        var trained = ByteLevelBpeTrainer.Train(["aaaaa"], new BpeTrainingOptions { VocabularySize = 260, SpecialTokens = [] });

        // aa aa a: both pairs occur once, and "a" has a lower id than "aa".
        Assert.Equal([("a", "a"), ("aa", "a"), ("aa", "aaa")], trained.Merges);
    }

    [Fact]
    public void Agrees_with_recounting_everything_before_each_merge()
    {
        // Few letters, so that ties and repeats abound.
        var random = new Random(7);
        var words = Enumerable.Range(0, 300).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => "abc"[random.Next(3)]))).ToArray();

        var trained = ByteLevelBpeTrainer.Train(words, new BpeTrainingOptions { VocabularySize = 256 + 120, SpecialTokens = [] });

        Assert.Equal(MergesByRecounting(words, trained.Merges.Count), trained.Merges);
        Assert.True(trained.Merges.Count > 100, "The case is too small to show anything.");
    }

    [Fact]
    public void Pairs_below_the_minimum_frequency_stay_apart()
    {
        string[] words = ["ab", "ab", "ab", "cd", "cd"];

        Assert.Equal([("a", "b")], ByteLevelBpeTrainer.Train(words, new BpeTrainingOptions { VocabularySize = 300, MinimumFrequency = 3 }).Merges);
        Assert.Equal([("a", "b"), ("c", "d")], ByteLevelBpeTrainer.Train(words, new BpeTrainingOptions { VocabularySize = 300, MinimumFrequency = 2 }).Merges);
    }

    [Fact]
    public void Special_tokens_take_the_first_ids_and_have_roles()
    {
        var trained = ByteLevelBpeTrainer.Train(["some text"], new BpeTrainingOptions { VocabularySize = 262, SpecialTokens = ["<pad>", "<s>", "</s>", "<unk>", "<sep>"] });

        Assert.Equal((0, 1, 2, 3, 4), (trained.PadId, trained.BeginId, trained.EndId, trained.UnknownId, trained.FindId("<sep>")));
        Assert.Equal(5, trained.FindId("!"));
    }

    [Fact]
    public void A_merge_that_spells_a_special_token_has_its_id()
    {
        var trained = ByteLevelBpeTrainer.Train(["abc", "abd"], new BpeTrainingOptions { VocabularySize = 258, SpecialTokens = ["ab"] });

        Assert.Equal([("a", "b"), ("ab", "c")], trained.Merges);
        Assert.Equal((0, 257), (trained.FindId("ab"), trained.FindId("abc")));
    }

    [Fact]
    public void Reports_progress_and_can_be_cancelled()
    {
        var reports = new List<BpeTrainingProgress>();
        using var cancel = new CancellationTokenSource();
        var sentences = Enumerable.Range(0, 10_000).Select(i => $"number {i * 7919}");
        var options = new BpeTrainingOptions { VocabularySize = 600 };

        ByteLevelBpeTrainer.Train(sentences, options, new Collector(reports.Add));
        Assert.Equal(new BpeTrainingProgress(10_000, 600, 600), reports[^1]);
        Assert.Contains(reports, report => report is { Pieces: 0, Sentences: > 0 });

        var stopping = new Collector(_ => cancel.Cancel());
        Assert.Throws<OperationCanceledException>(() => ByteLevelBpeTrainer.Train(sentences, options, stopping, cancel.Token));
    }

    [Theory]
    [InlineData(259, "VocabularySize is 259; the 4 special tokens and the 256 bytes alone need 260.", "<pad>", "<s>", "</s>", "<unk>")]
    [InlineData(300, "SpecialTokens holds '<s>' twice", "<s>", "<s>")]
    [InlineData(300, "SpecialTokens holds an empty token", "")]
    public void Options_that_cannot_be_met_are_refused(int size, string message, params string[] special)
    {
        var refused = Assert.Throws<ArgumentException>(() => ByteLevelBpeTrainer.Train(["a"], new BpeTrainingOptions { VocabularySize = size, SpecialTokens = special }));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The plain algorithm: count all pairs, merge the best one everywhere, begin anew.</summary>
    private static List<(string, string)> MergesByRecounting(string[] words, int merges)
    {
        var split = words.Select(word => word.Select(letter => letter.ToString()).ToList()).ToList();
        var ids = new Dictionary<string, int> { ["a"] = 0, ["b"] = 1, ["c"] = 2 };
        var found = new List<(string, string)>();
        while (found.Count < merges)
        {
            var (left, right) = split.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => ids[group.Key.First]).ThenBy(group => ids[group.Key.Second]).First().Key;
            found.Add((left, right));
            ids.TryAdd(left + right, ids.Count);
            foreach (var word in split)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right) continue;
                    word[i] = left + right;
                    word.RemoveAt(i + 1);
                }
            }
        }

        return found;
    }

    private sealed class Collector(Action<BpeTrainingProgress> report) : IProgress<BpeTrainingProgress>
    {
        public void Report(BpeTrainingProgress value) => report(value);
    }
}

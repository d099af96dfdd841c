using System.Text.Json;
using TransformerGen.Text;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Text;

public class BleuTests(ITestOutputHelper output)
{
    // Double arithmetic on counts: a handful of roundings.
    private const double Tolerance = 1e-10;

    [Fact]
    public void Equal_sentences_score_100()
    {
        var score = Bleu.Corpus(["The cat sat on the mat."], ["The cat sat on the mat."]);

        Assert.Equal(100.0, score.Score, Tolerance);
        Assert.Equal(7, score.HypothesisLength);
        Assert.Equal([7L, 6L, 5L, 4L], score.Totals);
    }

    [Fact]
    public void Counts_are_clipped_and_short_output_is_penalised()
    {
        // "the" occurs 4 times but only 2 count. Unigrams 2/4; no bigram "the the" in the reference: 1/2 and 1/4, 1/8 of a match.
        var score = Bleu.Corpus(["the the the the"], ["the cat is on the mat"]);

        Assert.Equal([2L, 0L, 0L, 0L], score.Matches);
        Assert.Equal([50.0, 100.0 / (2 * 3), 100.0 / (4 * 2), 100.0 / (8 * 1)], score.Precisions);
        Assert.Equal(Math.Exp(1.0 - (6.0 / 4.0)), score.BrevityPenalty, Tolerance);
        Assert.Equal(score.BrevityPenalty * Math.Pow(50.0 * (100.0 / 6) * (100.0 / 8) * (100.0 / 8), 0.25), score.Score, Tolerance);
    }

    [Fact]
    public void Counts_add_up_over_the_corpus_and_n_grams_do_not_cross_sentences()
    {
        var score = Bleu.Corpus(["a b c d", "e f g"], ["a b c d", "e f x"]);

        Assert.Equal([6L, 4L, 2L, 1L], score.Matches);
        Assert.Equal([7L, 5L, 3L, 1L], score.Totals);
        Assert.Equal(100.0 * Math.Pow(6.0 / 7 * (4.0 / 5) * (2.0 / 3) * 1.0, 0.25), score.Score, Tolerance);
        Assert.Equal("BLEU = 82.23 85.7/80.0/66.7/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 7 ref_len = 7)", score.ToString());
    }

    [Fact]
    public void Longer_output_is_not_penalised_beyond_its_precision()
    {
        var score = Bleu.Corpus(["a b c d e f"], ["a b c d"]);

        Assert.Equal(1.0, score.BrevityPenalty);
        Assert.Equal(100.0 * Math.Pow(4.0 / 6 * (3.0 / 5) * (2.0 / 4) * (1.0 / 3), 0.25), score.Score, Tolerance);
    }

    [Fact]
    public void An_empty_hypothesis_scores_0()
    {
        var alone = Bleu.Corpus([""], ["a b c d"]);
        Assert.Equal((0.0, 0.0, 0L, 4L), (alone.Score, alone.BrevityPenalty, alone.HypothesisLength, alone.ReferenceLength));

        // In a corpus it only makes the whole shorter.
        var among = Bleu.Corpus(["", "a b c d"], ["e f", "a b c d"]);
        Assert.Equal(100.0 * Math.Exp(1.0 - (6.0 / 4.0)), among.Score, Tolerance);
    }

    [Fact]
    public void A_corpus_without_4_grams_scores_0_whatever_matches()
    {
        var score = Bleu.Corpus(["a b c"], ["a b c"]);

        Assert.Equal([100.0, 100.0, 100.0, 0.0], score.Precisions);
        Assert.Equal(0.0, score.Score);
    }

    [Fact]
    public void Without_a_match_nothing_is_smoothed()
    {
        var score = Bleu.Corpus(["a b c d e"], ["v w x y z"]);

        Assert.Equal([0.0, 0.0, 0.0, 0.0], score.Precisions);
        Assert.Equal(0.0, score.Score);
    }

    [Theory]
    [InlineData("Hello, world!", "Hello , world !")]
    [InlineData("It's 3.5% of 1,000.", "It's 3.5 % of 1,000 .")]
    [InlineData("a well-kept 10-year plan", "a well-kept 10 - year plan")]
    [InlineData("x... (y) [z] {w} a/b", "x . . . ( y ) [ z ] { w } a / b")]
    [InlineData("&quot;R&amp;D&quot; &lt;b&gt;", "\" R & D \" < b >")]
    [InlineData("split-\nword next\nline <skipped>", "splitword next line")]
    [InlineData("caf\u00e9. \u00abd\u00e9j\u00e0\u00bb, \ud83d\ude00.", "caf\u00e9 . \u00abd\u00e9j\u00e0\u00bb , \ud83d\ude00 .")]
    [InlineData("a\u00a0b\u2003c\u001dd \t", "a b c d")]
    [InlineData(".5 5. 5.a a.5 ,,", ". 5 5 . 5 . a a . 5 , ,")]
    [InlineData("   ", "")]
    public void Words_are_those_of_mteval_13a(string line, string words) => Assert.Equal(words, string.Join(' ', BleuWords.Split(line)));

    [Fact]
    public void Lists_that_do_not_match_are_refused()
    {
        Assert.Contains("2 hypotheses and 1 references", Assert.Throws<ArgumentException>(() => Bleu.Corpus(["a", "b"], ["a"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Bleu.Corpus([], []));
    }

    [SharedFact("fixtures/multi30k/model/expected.json", "fixtures/multi30k/tokenizer.json", "data/multi30k/test_2016_flickr.en.gz")]
    public void Scores_the_reference_translations_of_Multi30k_as_sacreBLEU_does()
    {
        string expectedPath = SharedData.Find("fixtures/multi30k/model/expected.json");
        string tokenizerPath = SharedData.Find("fixtures/multi30k/tokenizer.json");
        string referencePath = SharedData.Find("data/multi30k/test_2016_flickr.en.gz");
        var tokenizer = TextTokenizer.Load(tokenizerPath);
        var references = TextData.GzipLines(referencePath);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(expectedPath));
        var root = expected.RootElement;
        var greedy = root.GetProperty("greedy").EnumerateArray().Select(Decode).ToArray();
        var beams = root.GetProperty("beam4").EnumerateArray().Select(beams => Decode(beams.GetProperty("sequences")[0])).ToArray();

        var all = Bleu.Corpus(greedy, references);
        output.WriteLine(all.ToString());

        // The reference is stored with two digits.
        Assert.Equal(root.GetProperty("bleu_greedy_1000").GetDouble(), all.Score, 0.005);
        Assert.Equal(root.GetProperty("bleu_greedy_first_100").GetDouble(), Bleu.Corpus(greedy[..100], references[..100]).Score, 0.005);
        Assert.Equal(root.GetProperty("bleu_beam4_first_100").GetDouble(), Bleu.Corpus(beams, references[..100]).Score, 0.005);

        string Decode(JsonElement ids) => tokenizer.Decode(ids.EnumerateArray().Select(id => id.GetInt32()).ToArray());
    }
}

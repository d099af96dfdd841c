using System.Text;
using System.Text.Json;
using SemanticSearch;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Samples;

/// <summary>samples/SemanticSearch, with all-MiniLM-L6-v2 where it is there.</summary>
public sealed class SemanticSearchTests(ITestOutputHelper output)
{
    // The reference is in double precision; float over six layers keeps it to about 1e-12 (measured). The issue asks for 0.99999.
    private const double LeastCosine = 0.99999;

    [SharedFact("data/models/all-MiniLM-L6-v2")]
    public void Ids_and_embeddings_are_those_of_sentence_transformers()
    {
        string folder = SharedData.Find("data/models/all-MiniLM-L6-v2");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected-embeddings.json")));
        JsonElement[] rows = [.. expected.RootElement.GetProperty("rows").EnumerateArray()];
        using SentenceEncoder encoder = SentenceEncoder.Load(folder);
        using var stream = new MemoryStream();
        EmbedCommand.Run(encoder, rows.Select(row => row.GetProperty("text").GetString()!), json: true, stream);
        string[] lines = Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');

        Assert.Equal(rows.Length, lines.Length);
        double worst = 1;
        for (int i = 0; i < rows.Length; i++)
        {
            using JsonDocument actual = JsonDocument.Parse(lines[i]);
            Assert.Equal(rows[i].GetProperty("text").GetString(), actual.RootElement.GetProperty("text").GetString());
            Assert.Equal(Numbers(rows[i], "input_ids"), Numbers(actual.RootElement, "input_ids"));
            double[] x = Numbers(rows[i], "embedding"), y = Numbers(actual.RootElement, "embedding");
            double cosine = Dot(x, y) / Math.Sqrt(Dot(x, x) * Dot(y, y));
            Assert.InRange(Math.Sqrt(Dot(y, y)), 1 - 1e-6, 1 + 1e-6);
            Assert.True(cosine >= LeastCosine, $"Cosine {cosine} of line {i}.");
            worst = Math.Min(worst, cosine);
        }

        output.WriteLine($"{rows.Length} texts, 1 - cosine at most {1 - worst:E1}");
    }

    [SharedFact("data/models/all-MiniLM-L6-v2")]
    public void What_else_is_in_a_batch_changes_no_bit()
    {
        string folder = SharedData.Find("data/models/all-MiniLM-L6-v2");
        using SentenceEncoder encoder = SentenceEncoder.Load(folder);
        int[][] sentences = [encoder.Tokenize("Short."), encoder.Tokenize(string.Concat(Enumerable.Repeat("A long one, with many words. ", 100))), encoder.Tokenize("Another.")];
        Assert.Equal(SentenceEncoder.MaxTokens, sentences[1].Length);
        Assert.Equal(sentences[0][^1], sentences[1][^1]);
        float[][] together = encoder.Embed(sentences);
        for (int i = 0; i < sentences.Length; i++) Assert.Equal(encoder.Embed([sentences[i]])[0], together[i]);
    }

    [SharedFact("data/models/all-MiniLM-L6-v2")]
    public void A_question_finds_what_answers_it_in_other_words()
    {
        string folder = SharedData.Find("data/models/all-MiniLM-L6-v2");
        using SentenceEncoder encoder = SentenceEncoder.Load(folder);
        var index = new SentenceIndex();
        index.Add(encoder, SentenceSplitter.Split(["If your bank card is lost, have it blocked at once.", "Bees dance to tell where flowers are.", "Prune apple trees in winter."]));
        SearchHit[] hits = index.Search(encoder.Embed([encoder.Tokenize("somebody stole my credit card")])[0], 2);
        Assert.Equal(1, hits[0].Sentence.Line);
        Assert.Equal(2, hits.Length);
        Assert.True(hits[0].Similarity > hits[1].Similarity);
    }

    [Fact]
    public void A_text_is_cut_into_sentences_with_their_lines()
    {
        string[] text = ["One here. And two!  Is \"this one\" three? yes it is", "and it goes on.", "", "A line without a stop", "Mr. A. Smith paid 3.50 for it."];
        Assert.Equal(
            [
                new Sentence(1, "One here."), new Sentence(1, "And two!"), new Sentence(1, "Is \"this one\" three? yes it is and it goes on."),
                new Sentence(4, "A line without a stop"), new Sentence(5, "Mr. A. Smith paid 3.50 for it."),
            ],
            SentenceSplitter.Split(text));
    }

    private static double[] Numbers(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(x => x.GetDouble())];

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();
}

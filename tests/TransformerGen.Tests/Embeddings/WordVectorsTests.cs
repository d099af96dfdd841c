using TransformerGen.Embeddings;
using TransformerGen.Model;
using TransformerGen.Tests.Decoding;
using TransformerGen.Tests.Weights;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Embeddings;

/// <summary>Looking up, files, corpora, and the way into a model.</summary>
public sealed class WordVectorsTests
{
    private static readonly WordVectors Vectors = new(
        new WordVocabulary(["man", "king", "woman", "queen", "zero", "Ġsea"], [9, 3, 8, 2, 1, 1]), 3, [1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, -1, 0, 1e-30f]);

    [Fact]
    public void Nearest_words_are_those_of_the_largest_cosine()
    {
        IReadOnlyList<Neighbour> nearest = Vectors.Nearest("man", 3);
        Assert.Equal(["king", "woman", "queen"], nearest.Select(n => n.Word));
        Assert.Equal(MathF.Sqrt(0.5f), nearest[0].Similarity, 1e-6f);
        Assert.Equal(5, Vectors.Nearest("man", 100).Count);
        Assert.Equal(("Ġsea", -1f), (Vectors.Nearest("man")[^1].Word, Vectors.Nearest("man")[^1].Similarity));
        Assert.Equal("man", Vectors.Nearest([2, 0, 0], 1)[0].Word);
        Assert.Equal(0, Vectors.Similarity("zero", "man"));
        Assert.Equal(0.5f, Vectors.Similarity("king", "queen"), 1e-6f);
        Assert.Contains("'King'", Assert.Throws<KeyNotFoundException>(() => Vectors.Nearest("King")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("vector", () => Vectors.Nearest([1f], 1));
    }

    [Fact]
    public void An_analogy_is_solved_without_its_own_words()
    {
        Assert.Equal("queen", Vectors.Analogy("man", "king", "woman", 1)[0].Word);
        Assert.DoesNotContain(Vectors.Analogy("man", "king", "woman"), n => n.Word is "man" or "king" or "woman");
    }

    [Fact]
    public void Both_files_give_back_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        Vectors.SaveText(folder.File("v.txt"));
        Vectors.SaveSafeTensors(folder.File("v.safetensors"));
        Assert.StartsWith("6 3\nman 1 0 0\nking 1 1 0\n", File.ReadAllText(folder.File("v.txt")), StringComparison.Ordinal);
        WordVectors text = WordVectors.LoadText(folder.File("v.txt")), safe = WordVectors.LoadSafeTensors(folder.File("v.safetensors"));
        foreach (WordVectors read in (WordVectors[])[text, safe])
        {
            Assert.Equal(Vectors.Vocabulary.Words, read.Vocabulary.Words);
            Assert.Equal(Vectors.Elements.ToArray(), read.Elements.ToArray());
        }

        Assert.Equal(Vectors.Vocabulary.Counts, safe.Vocabulary.Counts);
        Assert.All(text.Vocabulary.Counts, count => Assert.Equal(0, count));

        var odd = new WordVectors(new WordVocabulary(["a b", "", "\u00e9\n😀"]), 1, [float.Epsilon, -0f, 1 / 3f]);
        Assert.Contains("'a b'", Assert.Throws<ArgumentException>(() => odd.SaveText(folder.File("v.txt"))).Message, StringComparison.Ordinal);
        Assert.Equal(6, WordVectors.LoadText(folder.File("v.txt")).Vocabulary.Count);
        odd.SaveSafeTensors(folder.File("odd.safetensors"));
        Assert.Equal(odd.Vocabulary.Words, WordVectors.LoadSafeTensors(folder.File("odd.safetensors")).Vocabulary.Words);
    }

    [Theory]
    [InlineData("2 2\na 1 2 \nb -3e-1 +4.5 \n", "a|b", new[] { 1f, 2, -0.3f, 4.5f })]
    [InlineData("a 1 2\nb 3 4", "a|b", new[] { 1f, 2, 3, 4 })]
    [InlineData("1 2\r\n. . . 1 2\r\n", ". . .", new[] { 1f, 2 })]
    [InlineData("1 1\n7 8\n", "7", new[] { 8f })]
    [InlineData("1 1 2\n2 3 4\n", "1|2", new[] { 1f, 2, 3, 4 })]
    public void Text_of_other_programs_is_read(string content, string words, float[] elements)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("v"), content);
        WordVectors vectors = WordVectors.LoadText(folder.File("v"));
        Assert.Equal(words, string.Join('|', vectors.Vocabulary.Words));
        Assert.Equal(elements, vectors.Elements.ToArray());
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("word\n", "line 1")]
    [InlineData("2 0\n", "line 1")]
    [InlineData("2 2\na 1 2\n", "1 words")]
    [InlineData("1 2\na 1 2\nb 1 2\n", "2 words")]
    [InlineData("1 2\na 1\n", "line 2")]
    [InlineData("2 2\na 1 2\nb 1 x\n", "line 3")]
    [InlineData("a 1 2\na 1 2\n", "'a' stands twice")]
    public void Text_that_is_none_is_refused(string content, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("v"), content);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => WordVectors.LoadText(folder.File("v"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Safetensors_that_hold_no_word_vectors_are_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("v");
        void Write(long[] ends, byte[] words)
        {
            SafeTensorsWriter.Write(path,
            [
                TensorSource.Floats("vectors", TensorType.F16, [2, 1], new float[2]), TensorSource.Int64s("counts", [2], new long[2]),
                TensorSource.Int64s("words.ends", [ends.Length], ends), TensorSource.Raw("words", TensorType.U8, [words.Length], words),
            ]);
        }

        void Refuses(string reason, long[] ends, byte[] words)
        {
            Write(ends, words);
            Assert.Contains(reason, Assert.Throws<SafeTensorsException>(() => WordVectors.LoadSafeTensors(path)).Message, StringComparison.Ordinal);
        }

        Write([1, 2], "ab"u8.ToArray());
        Assert.Equal(["a", "b"], WordVectors.LoadSafeTensors(path).Vocabulary.Words);
        Refuses("one for each word", [1], "ab"u8.ToArray());
        Refuses("does not end within", [1, 3], "ab"u8.ToArray());
        Refuses("does not end within", [-1, 2], "ab"u8.ToArray());
        Refuses("does not end within", [2, 1], "ab"u8.ToArray());
        Refuses("not UTF-8", [1, 2], [0xFF, 0x61]);
        Refuses("stands twice", [1, 2], "aa"u8.ToArray());
        SafeTensorsWriter.Write(path, [TensorSource.Floats("vectors", TensorType.F32, [2], new float[2])]);
        Assert.Throws<SafeTensorsException>(() => WordVectors.LoadSafeTensors(path));
    }

    [Fact]
    public void A_corpus_knows_frequent_words_first_and_leaves_rare_ones_out()
    {
        WordCorpus corpus = WordCorpus.FromText("The cat's tail -- the CAT'S!\nthe tail\n\n  \n'rare' the\n\nrare\n\n??", minimumCount: 2);
        Assert.Equal(["the", "cat's", "rare", "tail"], corpus.Vocabulary.Words);
        Assert.Equal([4L, 2, 2, 2], corpus.Vocabulary.Counts);
        Assert.Equal(3, corpus.SentenceCount);
        Assert.Equal([0, 1, 3, 0, 1, 0, 3], corpus.Sentence(0).ToArray());
        Assert.Equal([2, 0], corpus.Sentence(1).ToArray());
        Assert.Equal(10, corpus.WordCount);
        Assert.Throws<ArgumentException>(() => WordCorpus.FromText("a b c"));
        WordCorpus lengthy = WordCorpus.Create([Enumerable.Repeat("x", 2500)]);
        Assert.Equal([1000, 1000, 500], Enumerable.Range(0, 3).Select(i => lengthy.Sentence(i).Length));
    }

    [Fact]
    public void A_model_starts_from_vectors_by_the_text_of_its_tokens()
    {
        ProbeModel model = ProbeModel.Create();
        float[] before = [.. Enumerable.Range(0, 60).Select(i => i / 7f)];
        model.Weights.Set("b.weight", before);
        float[] elements = [.. Enumerable.Range(0, 40).Select(i => i - 20f)];
        var vectors = new WordVectors(new WordVocabulary(["b", "c"]), 20, elements);
        var tokens = new Dictionary<string, int> { ["a"] = 0, ["b"] = 2, ["c"] = 1 };
        Assert.Equal(2, vectors.WriteTo(model.Weights, "b.weight", tokens));
        Assert.Equal([.. before[..20], .. elements[20..], .. elements[..20]], model.Weights.View("b.weight").ToArray());

        Assert.Equal(2, vectors.WriteTo(model.Weights, "b.weight", tokens, deviation: 0.02f));
        float[] scaled = model.Weights.View("b.weight").ToArray();
        Assert.Equal(before[..20], scaled[..20]);
        Assert.Equal(0.02, Math.Sqrt(scaled[20..].Average(x => (double)x * x)), 1e-8);
        Assert.Equal(elements[1] / elements[0], scaled[41] / scaled[40], 1e-6f);

        // Padding stays zero, and nothing is written when anything is wrong.
        float[] whole = model.Weights.Values.Span.ToArray();
        Assert.Throws<ArgumentException>("tensor", () => Vectors.WriteTo(model.Weights, "b.weight", tokens));
        Assert.Throws<ArgumentException>("tokens", () => vectors.WriteTo(model.Weights, "b.weight", new Dictionary<string, int> { ["Ġb"] = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("tokens", () => vectors.WriteTo(model.Weights, "b.weight", new Dictionary<string, int> { ["b"] = 0, ["c"] = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>("deviation", () => vectors.WriteTo(model.Weights, "b.weight", tokens, 0f));
        Assert.Throws<KeyNotFoundException>(() => vectors.WriteTo(model.Weights, "none", tokens));
        Assert.Equal(whole, model.Weights.Values.Span.ToArray());
        ParameterInfo table = model.Weights.Find("b.weight");
        for (int row = 0; row < 3; row++)
        {
            Assert.All(whole[(table.Offset + (row * table.Stride) + 20)..(table.Offset + ((row + 1) * table.Stride))], x => Assert.Equal(0, x));
        }
    }
}

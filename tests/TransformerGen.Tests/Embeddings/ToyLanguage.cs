using TransformerGen.Embeddings;

namespace TransformerGen.Tests.Embeddings;

/// <summary>A language of our own: a small grammar whose words of one class stand in the same places, and hardly ever near each other.</summary>
internal static class ToyLanguage
{
    private const int WordsPerClass = 8;

    private static readonly string[] Classes = ["person", "animal", "food", "drink", "tool", "sees", "eats", "drinks", "takes"];

    /// <summary>The class of a word, or null for the words that hold sentences together.</summary>
    public static string? Class(string word) => Array.Find(Classes, c => word.StartsWith(c, StringComparison.Ordinal));

    /// <summary>Sentences of equal length, drawn with a seed; every class has eight words, equally likely.</summary>
    public static WordCorpus Corpus(int seed, int sentences)
    {
        var random = new Random(seed);
        return WordCorpus.Create(Enumerable.Range(0, sentences).Select(_ => Sentence(random)), minimumCount: 1);
    }

    private static string[] Sentence(Random random) => random.Next(4) switch
    {
        0 => ["the", Word("person", random), Word("sees", random), "an", Word("animal", random), "there"],
        1 => ["the", Word("animal", random), Word("eats", random), "some", Word("food", random), "today"],
        2 => ["the", Word("person", random), Word("drinks", random), "much", Word("drink", random), "often"],
        _ => ["the", Word("person", random), Word("takes", random), "a", Word("tool", random), "along"],
    };

    private static string Word(string stem, Random random) => stem + (char)('A' + random.Next(WordsPerClass));
}

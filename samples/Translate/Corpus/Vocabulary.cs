using System.Text;

namespace Translate.Corpus;

/// <summary>
/// The words of both languages and their numbers: one list, so that the model can share one embedding. Saved as UTF-8 text, one
/// token a line, in the order of the numbers.
/// </summary>
internal sealed class Vocabulary : ITextCodec
{
    /// <summary>Fills up a padded row.</summary>
    public const int Pad = 0;

    /// <summary>What decoding starts from.</summary>
    public const int Begin = 1;

    /// <summary>What ends every sentence.</summary>
    public const int End = 2;

    /// <summary>Stands for every word that is not in the list.</summary>
    public const int Unknown = 3;

    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "vocabulary.txt";

    private static readonly string[] Special = ["<pad>", "<s>", "</s>", "<unk>"];

    private readonly string[] tokens;
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<string> capitals;

    private Vocabulary(IEnumerable<string> words)
    {
        tokens = [.. Special, .. words];
        ids = new(tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
            if (!ids.TryAdd(tokens[id], id))
                throw new InvalidDataException($"The vocabulary has \"{tokens[id]}\" twice, as {ids[tokens[id]]} and {id}; every token stands on one line.");
        capitals = [.. tokens.Where(token => char.IsUpper(token[0]))];
    }

    /// <summary>How many numbers there are, the four special ones included.</summary>
    public int Count => tokens.Length;

    /// <summary>The token with a number.</summary>
    public string this[int id] => tokens[id];

    /// <summary>Whether the token has a number of its own.</summary>
    public bool Contains(string token) => ids.ContainsKey(token);

    /// <summary>Every token of the pairs, the frequent ones first.</summary>
    public static Vocabulary Build(IEnumerable<SentencePair> pairs)
    {
        string[] texts = [.. pairs.SelectMany(pair => new[] { pair.Source, pair.Target })];
        HashSet<string> capitals = Capitals.Learn(texts);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string text in texts)
            foreach (string token in WordTokenizer.Split(text, capitals)) counts[token] = counts.GetValueOrDefault(token) + 1;
        return new(counts.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Key));
    }

    /// <summary>The tokens of a text as this vocabulary writes them.</summary>
    public List<string> Split(string text) => WordTokenizer.Split(text, capitals);

    /// <summary>The numbers of a text, with neither begin nor end; unknown words give <see cref="Unknown"/>.</summary>
    public int[] Encode(string text) => [.. Split(text).Select(token => ids.GetValueOrDefault(token, Unknown))];

    /// <summary>The text of numbers, up to the first end; pad and begin are passed over.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var words = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            if (id == End) break;
            if ((uint)id >= (uint)tokens.Length)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary has the numbers 0 to {tokens.Length - 1}.");
            if (id is not (Pad or Begin)) words.Add(tokens[id]);
        }

        return WordTokenizer.Join(words);
    }

    /// <summary>The words of a text that have no number.</summary>
    public IReadOnlyList<string> Unseen(string text) => [.. Split(text).Where(token => !ids.ContainsKey(token)).Distinct()];

    /// <summary>Writes the tokens, one a line, as <see cref="FileName"/>.</summary>
    public void Save(string directory) =>
        File.WriteAllText(Path.Combine(directory, FileName), string.Join('\n', tokens) + "\n", new UTF8Encoding(false));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file does not begin with the four special tokens, or has a token twice.</exception>
    public static Vocabulary Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        string[] lines = File.ReadAllText(path, Encoding.UTF8).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < Special.Length || !lines.AsSpan(0, Special.Length).SequenceEqual(Special))
            throw new InvalidDataException($"{path} is no vocabulary: its first lines must be {string.Join(", ", Special)}.");
        return new(lines.Skip(Special.Length));
    }
}

using System.Globalization;

namespace TransformerGen.Embeddings;

/// <summary>Reads word vectors as text, word2vec's and GloVe's.</summary>
internal static class WordVectorText
{
    public static WordVectors Read(string path)
    {
        using var reader = new StreamReader(path);
        string first = reader.ReadLine() ?? throw Bad(path, 1, "the file is empty", "a line with the number of words and the dimension");
        int number = 1, dimension = 0;
        long? promised = null;
        var words = new List<string>();
        var elements = new List<float>();
        string[] fields = first.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is [string count, string width] && TryWhole(count, out long rows) && TryWhole(width, out long columns))
        {
            if (columns is < 1 or > int.MaxValue)
            {
                throw Bad(path, 1, $"a dimension of {columns}", "at least 1");
            }

            (promised, dimension) = (rows, (int)columns);
        }
        else
        {
            dimension = fields.Length - 1;
            if (dimension < 1)
            {
                throw Bad(path, 1, "a word without a vector", "a word and its elements");
            }

            Add(first);
        }

        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length > 0)
            {
                Add(line);
            }
        }

        if (promised is { } all && all != words.Count)
        {
            throw Bad(path, number, $"{words.Count} words at the end of the file", $"{all}, as the first line says");
        }

        try
        {
            return new WordVectors(new WordVocabulary(words), dimension, [.. elements]);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }

        // From the end: what stands before the last elements is the word, spaces in it included.
        void Add(string line)
        {
            ReadOnlySpan<char> rest = line.AsSpan().TrimEnd(' ');
            int from = elements.Count;
            for (int i = 0; i < dimension; i++)
            {
                int space = rest.LastIndexOf(' ');
                if (space < 1 || !float.TryParse(rest[(space + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out float element))
                {
                    throw Bad(path, number, $"{i} numbers at the end of the line", $"a word and {dimension}, apart by spaces");
                }

                elements.Add(element);
                rest = rest[..space];
            }

            elements.Reverse(from, dimension);
            words.Add(rest.ToString());
        }
    }

    private static bool TryWhole(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static InvalidDataException Bad(string path, int line, string found, string expected) =>
        new($"{path}, line {line}: these are no word vectors as text. Found {found}; expected {expected}.");
}

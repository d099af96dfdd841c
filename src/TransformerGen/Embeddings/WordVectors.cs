namespace TransformerGen.Embeddings;

/// <summary>A word and how similar it is.</summary>
/// <param name="Word">The word.</param>
/// <param name="Similarity">Cosine, from -1 to 1.</param>
public readonly record struct Neighbour(string Word, float Similarity);

/// <summary>A vector for each word of a vocabulary. Safe for concurrent readers.</summary>
public sealed partial class WordVectors
{
    private readonly float[] _elements;
    private readonly float[] _inverseNorms;

    /// <summary>Vectors that are there already.</summary>
    /// <param name="vocabulary">The words.</param>
    /// <param name="dimension">d, the elements of a vector.</param>
    /// <param name="elements">[V, d], row-major, by id; not copied.</param>
    /// <exception cref="ArgumentException">There are not V·d elements.</exception>
    public WordVectors(WordVocabulary vocabulary, int dimension, float[] elements)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(elements);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (elements.Length != (long)vocabulary.Count * dimension)
        {
            throw new ArgumentException($"{vocabulary.Count} words of {dimension} elements each need {(long)vocabulary.Count * dimension}, not {elements.Length}.", nameof(elements));
        }

        Vocabulary = vocabulary;
        Dimension = dimension;
        _elements = elements;
        _inverseNorms = new float[vocabulary.Count];
        for (int i = 0; i < _inverseNorms.Length; i++)
        {
            double square = 0;
            foreach (float element in Row(i))
            {
                square += (double)element * element;
            }

            // A vector of zeros has no direction; it is similar to nothing.
            _inverseNorms[i] = square > 0 ? (float)(1 / Math.Sqrt(square)) : 0;
        }
    }

    /// <summary>The words.</summary>
    public WordVocabulary Vocabulary { get; }

    /// <summary>Elements of a vector.</summary>
    public int Dimension { get; }

    /// <summary>All vectors, [V, d], row-major, by id.</summary>
    public ReadOnlySpan<float> Elements => _elements;

    /// <summary>The vector of a word, [d].</summary>
    /// <param name="word">The word.</param>
    /// <exception cref="KeyNotFoundException">It is none of the vocabulary.</exception>
    public ReadOnlySpan<float> this[string word] => Row(Id(word));

    /// <summary>The vector of a word by its id, [d].</summary>
    /// <param name="id">From 0 to V - 1.</param>
    public ReadOnlySpan<float> Row(int id) => _elements.AsSpan(id * Dimension, Dimension);

    /// <summary>The cosine of two words' vectors; 0 where one of them is zero.</summary>
    /// <param name="first">A word.</param>
    /// <param name="second">A word.</param>
    /// <exception cref="KeyNotFoundException">A word is none of the vocabulary.</exception>
    public float Similarity(string first, string second)
    {
        int a = Id(first), b = Id(second);
        return VectorMath.Dot(Row(a), Row(b)) * _inverseNorms[a] * _inverseNorms[b];
    }

    /// <summary>The words whose vectors have the largest cosine with a word's, the largest first; the word itself is not among them.</summary>
    /// <param name="word">The word.</param>
    /// <param name="count">How many, at most.</param>
    /// <exception cref="KeyNotFoundException">The word is none of the vocabulary.</exception>
    public IReadOnlyList<Neighbour> Nearest(string word, int count = 10)
    {
        int id = Id(word);
        return Nearest(Row(id), count, [id]);
    }

    /// <summary>The words whose vectors have the largest cosine with a vector, the largest first.</summary>
    /// <param name="vector">[d].</param>
    /// <param name="count">How many, at most.</param>
    /// <exception cref="ArgumentException">The vector has another dimension.</exception>
    public IReadOnlyList<Neighbour> Nearest(ReadOnlySpan<float> vector, int count = 10) => vector.Length == Dimension
        ? Nearest(vector, count, [])
        : throw new ArgumentException($"The vector has {vector.Length} elements; these have {Dimension}.", nameof(vector));

    /// <summary>
    /// "<paramref name="a"/> is to <paramref name="b"/> as <paramref name="c"/> is to ...": the words nearest to b - a + c, each of length 1 before (Mikolov, Yih
    /// and Zweig 2013; 3CosAdd). The three are not among them.
    /// </summary>
    /// <param name="a">Such as man.</param>
    /// <param name="b">Such as king.</param>
    /// <param name="c">Such as woman.</param>
    /// <param name="count">How many, at most.</param>
    /// <exception cref="KeyNotFoundException">A word is none of the vocabulary.</exception>
    public IReadOnlyList<Neighbour> Analogy(string a, string b, string c, int count = 10)
    {
        int[] ids = [Id(a), Id(b), Id(c)];
        float[] vector = new float[Dimension];
        VectorMath.AddScaled(vector, Row(ids[0]), -_inverseNorms[ids[0]]);
        VectorMath.AddScaled(vector, Row(ids[1]), _inverseNorms[ids[1]]);
        VectorMath.AddScaled(vector, Row(ids[2]), _inverseNorms[ids[2]]);
        return Nearest(vector, count, ids);
    }

    private List<Neighbour> Nearest(ReadOnlySpan<float> vector, int count, ReadOnlySpan<int> without)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        double square = 0;
        foreach (float element in vector)
        {
            square += (double)element * element;
        }

        float inverseNorm = square > 0 ? (float)(1 / Math.Sqrt(square)) : 0;
        var found = new List<(int Id, float Similarity)>(Vocabulary.Count);
        for (int i = 0; i < Vocabulary.Count; i++)
        {
            if (!without.Contains(i))
            {
                found.Add((i, VectorMath.Dot(Row(i), vector) * _inverseNorms[i] * inverseNorm));
            }
        }

        found.Sort(static (x, y) => x.Similarity != y.Similarity ? y.Similarity.CompareTo(x.Similarity) : x.Id.CompareTo(y.Id));
        return [.. found.Take(count).Select(neighbour => new Neighbour(Vocabulary.Words[neighbour.Id], neighbour.Similarity))];
    }

    private int Id(string word) => Vocabulary.FindId(word)
        ?? throw new KeyNotFoundException($"There is no vector of '{word}' among the {Vocabulary.Count} words. Spelling counts, case included; rare words are left out when a corpus is read.");
}

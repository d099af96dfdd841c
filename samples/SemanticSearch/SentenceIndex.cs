using System.Numerics;
using System.Runtime.InteropServices;

namespace SemanticSearch;

/// <summary>A sentence that was found.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="Similarity">Cosine of the angle between it and the question, -1 to 1.</param>
internal readonly record struct SearchHit(Sentence Sentence, float Similarity);

/// <summary>Sentences with their vectors, all of which a question is compared with.</summary>
internal sealed class SentenceIndex
{
    // Sentences whose ids are in memory at a time.
    private const int Block = 1024;

    private readonly List<Sentence> _sentences = [];
    private readonly List<float> _vectors = [];     // [sentences, SentenceEncoder.Width]

    /// <summary>Sentences in the index.</summary>
    public int Count => _sentences.Count;

    /// <summary>Tokens that were read for it.</summary>
    public long Tokens { get; private set; }

    /// <summary>Adds sentences.</summary>
    /// <param name="encoder">What makes their vectors.</param>
    /// <param name="sentences">The sentences.</param>
    public void Add(SentenceEncoder encoder, IEnumerable<Sentence> sentences)
    {
        foreach (Sentence[] block in sentences.Chunk(Block))
        {
            int[][] ids = [.. block.Select(sentence => encoder.Tokenize(sentence.Text))];
            foreach (float[] vector in encoder.Embed(ids)) _vectors.AddRange(vector);
            _sentences.AddRange(block);
            Tokens += ids.Sum(one => (long)one.Length);
        }
    }

    /// <summary>The nearest sentences, the nearest first.</summary>
    /// <param name="question">Vector of the question.</param>
    /// <param name="count">How many at most.</param>
    public SearchHit[] Search(ReadOnlySpan<float> question, int count)
    {
        var best = new PriorityQueue<int, float>(count + 1);
        ReadOnlySpan<float> vectors = CollectionsMarshal.AsSpan(_vectors);
        for (int i = 0; i < _sentences.Count; i++)
        {
            float similarity = Dot(question, vectors.Slice(i * question.Length, question.Length));
            best.Enqueue(i, similarity);
            if (best.Count > count) best.Dequeue();
        }

        var hits = new SearchHit[best.Count];
        for (int i = hits.Length - 1; i >= 0; i--)
        {
            best.TryDequeue(out int sentence, out float similarity);
            hits[i] = new SearchHit(_sentences[sentence], similarity);
        }

        return hits;
    }

    private static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count) sums += new Vector<float>(x[i..]) * new Vector<float>(y[i..]);
        float sum = Vector.Sum(sums);
        for (; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }
}

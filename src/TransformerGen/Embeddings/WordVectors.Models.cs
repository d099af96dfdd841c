using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Embeddings;

/// <summary>Vectors into models.</summary>
public sealed partial class WordVectors
{
    /// <summary>
    /// Starts a model's embedding from these vectors: the row of every token whose text is one of the words becomes its vector; all other rows stay as they are.
    /// Panels are derived again. Everything is checked before anything is written.
    /// </summary>
    /// <param name="weights">The model's weights.</param>
    /// <param name="tensor">The embedding's checkpoint name, such as shared.weight; [rows, <see cref="Dimension"/>], a row for each id.</param>
    /// <param name="tokens">Ids by text, such as <see cref="Text.TextTokenizer.Vocabulary"/>, whose texts are pieces as stored (a space is 'Ġ').</param>
    /// <param name="deviation">
    /// When given, all written vectors are multiplied by one factor, so that the root of their elements' mean square is this. Word vectors are often larger than
    /// what a model starts from: give the deviation with which its embedding is initialised (d^-0.5 or 0.02), or the model begins with saturated attention.
    /// </param>
    /// <param name="team">Who derives the panels; null is the calling thread.</param>
    /// <returns>The number of rows written.</returns>
    /// <exception cref="ArgumentException">The tensor's rows have another length than the vectors, or no token is one of the words.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token's id is not below the number of rows, or the deviation is not above 0.</exception>
    /// <exception cref="KeyNotFoundException">The model has no tensor of that name.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public int WriteTo(ModelWeights weights, string tensor, IEnumerable<KeyValuePair<string, int>> tokens, float? deviation = null, Team? team = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(tokens);
        if (deviation is { } asked && !(asked > 0 && float.IsFinite(asked)))
        {
            throw new ArgumentOutOfRangeException(nameof(deviation), deviation, "The deviation must be above 0; null keeps the vectors as they are.");
        }

        TensorView view = weights.View(tensor);
        int rows = view.Parameter.Rows, columns = view.Parameter.Columns;
        if (columns != Dimension)
        {
            throw new ArgumentException($"{tensor} is [{rows}, {columns}], but the vectors have {Dimension} elements. Train vectors of dimension {columns}.", nameof(tensor));
        }

        var writes = new List<(int Row, int Word)>();
        foreach ((string text, int id) in tokens)
        {
            if ((uint)id >= (uint)rows)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), id, $"The token '{text}' has the id {id}, but {tensor} has {rows} rows.");
            }

            if (Vocabulary.FindId(text) is { } word)
            {
                writes.Add((id, word));
            }
        }

        if (writes.Count == 0)
        {
            throw new ArgumentException($"None of the {Vocabulary.Count} words is the text of a token. A tokenizer's pieces may carry a mark for the space before a word, such as 'Ġ': train on its pieces, or hand over texts as the vectors spell them.", nameof(tokens));
        }

        float scale = 1;
        if (deviation is { } wanted)
        {
            double square = 0;
            foreach ((_, int word) in writes)
            {
                foreach (float element in Row(word))
                {
                    square += (double)element * element;
                }
            }

            // Vectors of zeros alone stay what they are.
            scale = square > 0 ? (float)(wanted / Math.Sqrt(square / ((double)writes.Count * Dimension))) : 1;
        }

        float[] elements = view.ToArray();
        foreach ((int row, int word) in writes)
        {
            Span<float> destination = elements.AsSpan(row * Dimension, Dimension);
            destination.Clear();
            VectorMath.AddScaled(destination, Row(word), scale);
        }

        weights.Set(tensor, elements, team);
        return writes.Count;
    }
}

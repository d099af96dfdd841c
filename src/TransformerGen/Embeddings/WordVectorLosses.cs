namespace TransformerGen.Embeddings;

/// <summary>One centre word with its context, and the negative words for it.</summary>
/// <param name="Center">The word in the middle.</param>
/// <param name="Context">The words around it; one that stands there twice counts twice.</param>
/// <param name="Negatives">Drawn words; skip-gram uses them for each word of the context. The full softmax does not look at them.</param>
public sealed record Word2VecSample(int Center, IReadOnlyList<int> Context, IReadOnlyList<int> Negatives);

/// <summary>One entry of a matrix of co-occurrences.</summary>
/// <param name="Word">The row.</param>
/// <param name="Context">The column.</param>
/// <param name="Count">How often, weighted by distance; above 0.</param>
public readonly record struct CooccurrencePair(int Word, int Context, double Count);

/// <summary>What the trainers minimise, with its gradients: for those who want to look, or to train otherwise. Matrices are row-major without padding.</summary>
public static class WordVectorLosses
{
    /// <summary>Word2vec's loss: the sum over samples (for skip-gram over each word of their contexts, too) of <paramref name="objective"/>.</summary>
    /// <param name="model">What predicts what.</param>
    /// <param name="objective">How a prediction is scored.</param>
    /// <param name="samples">The samples; a sample without context counts nothing.</param>
    /// <param name="dimension">d, the elements of a vector.</param>
    /// <param name="inputs">[V, d]: vectors of the words that predict.</param>
    /// <param name="outputs">[V, d]: vectors of the words that are predicted.</param>
    /// <param name="inputGradient">[V, d]: overwritten with the loss's gradient.</param>
    /// <param name="outputGradient">[V, d]: overwritten with the loss's gradient.</param>
    /// <returns>The loss, in nats.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A sample holds an id that no row belongs to.</exception>
    public static double Word2Vec(
        Word2VecModel model, Word2VecObjective objective, IReadOnlyList<Word2VecSample> samples, int dimension,
        ReadOnlySpan<float> inputs, ReadOnlySpan<float> outputs, Span<float> inputGradient, Span<float> outputGradient)
    {
        ArgumentNullException.ThrowIfNull(samples);
        int rows = Rows(dimension, inputs.Length, outputs.Length, inputGradient.Length, outputGradient.Length);
        VectorTable inputSink = new(rows, dimension), outputSink = new(rows, dimension);
        var step = new Word2VecStep(VectorTable.From(rows, dimension, inputs), VectorTable.From(rows, dimension, outputs), inputSink, outputSink, objective);
        double loss = 0;
        foreach (Word2VecSample sample in samples)
        {
            int[] context = [.. sample.Context], negatives = [.. sample.Negatives];
            foreach (int word in (int[])[sample.Center, .. context, .. negatives])
            {
                RequireWord(word, rows, nameof(samples));
            }

            if (model == Word2VecModel.Cbow && context.Length > 0)
            {
                loss += step.Cbow(sample.Center, context, negatives);
            }
            else if (model == Word2VecModel.SkipGram)
            {
                foreach (int word in context)
                {
                    loss += step.SkipGram(sample.Center, word, negatives);
                }
            }
        }

        inputSink.CopyTo(inputGradient);
        outputSink.CopyTo(outputGradient);
        return loss;
    }

    /// <summary>
    /// GloVe's loss (Pennington, Socher and Manning 2014, equation 8): Σ f(X_ij) (w_i · c_j + b_i + b'_j - log X_ij)², with f(x) = (x / x_max)^α below x_max
    /// and 1 above. There is no factor ½.
    /// </summary>
    /// <param name="pairs">The entries of X that are not zero.</param>
    /// <param name="maximum">x_max.</param>
    /// <param name="power">α.</param>
    /// <param name="dimension">d, the elements of a vector.</param>
    /// <param name="words">[V, d].</param>
    /// <param name="contexts">[V, d].</param>
    /// <param name="wordBiases">[V].</param>
    /// <param name="contextBiases">[V].</param>
    /// <param name="gradients">Overwritten with the loss's gradients.</param>
    /// <returns>The loss.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit together, or a count is not above 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A pair holds an id that no row belongs to.</exception>
    public static double GloVe(
        IReadOnlyList<CooccurrencePair> pairs, double maximum, double power, int dimension,
        ReadOnlySpan<float> words, ReadOnlySpan<float> contexts, ReadOnlySpan<float> wordBiases, ReadOnlySpan<float> contextBiases, GloVeGradients gradients)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(gradients);
        int rows = Rows(dimension, words.Length, contexts.Length, gradients.Words.Length, gradients.Contexts.Length);
        if (wordBiases.Length != rows || contextBiases.Length != rows || gradients.WordBiases.Length != rows || gradients.ContextBiases.Length != rows)
        {
            throw new ArgumentException($"{rows} words need as many biases of either kind, and gradients of them.");
        }

        Array.ForEach((float[][])[gradients.Words, gradients.Contexts, gradients.WordBiases, gradients.ContextBiases], Array.Clear);
        double loss = 0;
        foreach ((int word, int context, double count) in pairs)
        {
            RequireWord(word, rows, nameof(pairs));
            RequireWord(context, rows, nameof(pairs));
            if (!(count > 0))
            {
                throw new ArgumentException($"The pair ({word}, {context}) has the count {count}; only entries above 0 take part.", nameof(pairs));
            }

            Range w = (word * dimension)..((word + 1) * dimension), c = (context * dimension)..((context + 1) * dimension);
            double weight = GloVeTrainer.Weight(count, maximum, power);
            double difference = VectorMath.Dot(words[w], contexts[c]) + wordBiases[word] + contextBiases[context] - Math.Log(count);
            float gradient = (float)(2 * weight * difference);
            loss += weight * difference * difference;
            VectorMath.AddScaled(gradients.Words.AsSpan(w), contexts[c], gradient);
            VectorMath.AddScaled(gradients.Contexts.AsSpan(c), words[w], gradient);
            gradients.WordBiases[word] += gradient;
            gradients.ContextBiases[context] += gradient;
        }

        return loss;
    }

    private static int Rows(int dimension, int first, int second, int firstGradient, int secondGradient)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        return first % dimension == 0 && first == second && first == firstGradient && first == secondGradient
            ? first / dimension
            : throw new ArgumentException($"Matrices of {first} and {second} elements and gradients of {firstGradient} and {secondGradient} are not four of [V, {dimension}].");
    }

    private static void RequireWord(int word, int rows, string parameter)
    {
        if ((uint)word >= (uint)rows)
        {
            throw new ArgumentOutOfRangeException(parameter, word, $"There are vectors of {rows} words, from 0 to {rows - 1}.");
        }
    }
}

/// <summary>Gradients of <see cref="WordVectorLosses.GloVe"/>.</summary>
/// <param name="words">The number of words V.</param>
/// <param name="dimension">Elements of a vector.</param>
public sealed class GloVeGradients(int words, int dimension)
{
    /// <summary>Of the word vectors, [V, d].</summary>
    public float[] Words { get; } = new float[checked(words * dimension)];

    /// <summary>Of the context vectors, [V, d].</summary>
    public float[] Contexts { get; } = new float[checked(words * dimension)];

    /// <summary>Of the words' biases, [V].</summary>
    public float[] WordBiases { get; } = new float[words];

    /// <summary>Of the contexts' biases, [V].</summary>
    public float[] ContextBiases { get; } = new float[words];
}

using System.Diagnostics;

namespace TransformerGen.Embeddings;

/// <summary>
/// GloVe (Pennington, Socher and Manning 2014): vectors whose inner products are logarithms of co-occurrences, by AdaGrad over the entries that are not zero,
/// in an order of its own each epoch. It computes on the calling thread; corpus, options and seed determine every bit (per vector width), whether it was
/// interrupted or not.
/// </summary>
public sealed class GloVeTrainer
{
    private const int PairsPerReport = 1 << 17, PairsPerCheck = 1 << 10;

    private readonly WordVocabulary _vocabulary;
    private readonly CooccurrencePair[] _pairs;
    private readonly float[] _logarithms, _weights;
    private readonly VectorTable _words, _contexts, _wordSquares, _contextSquares;
    private readonly float[] _wordBiases, _contextBiases, _wordBiasSquares, _contextBiasSquares;
    private readonly int[] _order;
    private int _epoch, _next;

    /// <summary>A trainer that counts a corpus.</summary>
    /// <param name="corpus">The material.</param>
    /// <param name="options">How to train; null is the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message says which.</exception>
    /// <exception cref="ArgumentException">No two words stand together.</exception>
    public GloVeTrainer(WordCorpus corpus, GloVeOptions? options = null)
        : this(corpus?.Vocabulary ?? throw new ArgumentNullException(nameof(corpus)), Cooccurrences.Count(corpus, Math.Max(1, (options ?? new GloVeOptions()).Window)), options)
    {
    }

    /// <summary>A trainer for co-occurrences that are counted already.</summary>
    /// <param name="vocabulary">The words.</param>
    /// <param name="pairs">The entries of the matrix that are not zero.</param>
    /// <param name="options">How to train; null is the defaults. The window is not used.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range, or a pair's id is none of the vocabulary.</exception>
    /// <exception cref="ArgumentException">There are no pairs, or a count is not above 0.</exception>
    public GloVeTrainer(WordVocabulary vocabulary, IReadOnlyList<CooccurrencePair> pairs, GloVeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(pairs);
        Options = options ?? new GloVeOptions();
        Options.Validate();
        if (pairs.Count == 0)
        {
            throw new ArgumentException("There are no co-occurrences to learn from: no sentence has two words of the vocabulary.", nameof(pairs));
        }

        foreach ((int word, int context, double count) in pairs)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)word, (uint)vocabulary.Count, nameof(pairs));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)context, (uint)vocabulary.Count, nameof(pairs));
            if (!(count > 0 && double.IsFinite(count)))
            {
                throw new ArgumentException($"The pair ({word}, {context}) has the count {count}; counts are above 0.", nameof(pairs));
            }
        }

        _vocabulary = vocabulary;
        _pairs = [.. pairs];
        _logarithms = [.. pairs.Select(pair => (float)Math.Log(pair.Count))];
        _weights = [.. pairs.Select(pair => (float)Weight(pair.Count, Options.Maximum, Options.Power))];
        _order = new int[_pairs.Length];
        int n = vocabulary.Count, d = Options.Dimension;
        (_words, _contexts, _wordSquares, _contextSquares) = (new VectorTable(n, d), new VectorTable(n, d), new VectorTable(n, d), new VectorTable(n, d));
        (_wordBiases, _contextBiases, _wordBiasSquares, _contextBiasSquares) = (new float[n], new float[n], new float[n], new float[n]);
        var random = new WordRandom(Options.Seed, -1, 0);
        _words.Randomize(ref random);
        _contexts.Randomize(ref random);
        for (int i = 0; i < n; i++)
        {
            _wordBiases[i] = (float)((random.NextDouble() - 0.5) / d);
            _contextBiases[i] = (float)((random.NextDouble() - 0.5) / d);
            _wordBiasSquares[i] = _contextBiasSquares[i] = 1;

            // Padding, too: its gradients are zero, and a quotient by zero would not be.
            _wordSquares[i].Fill(1);
            _contextSquares[i].Fill(1);
        }
    }

    /// <summary>How it trains.</summary>
    public GloVeOptions Options { get; }

    /// <summary>Trains until all epochs are done; called again after a cancellation, it goes on.</summary>
    /// <param name="progress">Told about every 131,072 pairs and at the end of each epoch.</param>
    /// <param name="cancellationToken">Ends training within about a thousand pairs. That is no failure: nothing is thrown, and the vectors are there.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="NotFiniteNumberException">A loss is not finite: the learning rate is too high.</exception>
    public WordVectorFit Fit(IProgress<WordVectorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp(), total = (long)_pairs.Length * Options.Epochs;
        double epochLoss = 0, reportLoss = 0;
        long epochPairs = 0, reportPairs = 0;
        int shuffled = -1;
        while (_epoch < Options.Epochs && !cancellationToken.IsCancellationRequested)
        {
            if (shuffled != _epoch)
            {
                Shuffle(shuffled = _epoch);
                (epochLoss, epochPairs) = (0, 0);
            }

            int end = Math.Min(_pairs.Length, _next + PairsPerCheck), count = end - _next;
            double loss = 0;
            for (; _next < end; _next++)
            {
                loss += Update(_order[_next]);
            }

            if (!double.IsFinite(loss))
            {
                throw new NotFiniteNumberException($"The loss in epoch {_epoch} is {loss} at a learning rate of {Options.LearningRate}. Train anew with a lower LearningRate.", loss);
            }

            (epochLoss, epochPairs, reportLoss, reportPairs) = (epochLoss + loss, epochPairs + count, reportLoss + loss, reportPairs + count);
            int epoch = _epoch;
            bool ends = end == _pairs.Length;
            if (ends)
            {
                (_epoch, _next) = (_epoch + 1, 0);
            }

            if (progress is not null && (ends || reportPairs >= PairsPerReport))
            {
                long done = ((long)_epoch * _pairs.Length) + _next;
                progress.Report(new WordVectorProgress(epoch, done, total, reportLoss / reportPairs, Options.LearningRate, Stopwatch.GetElapsedTime(start)));
                (reportLoss, reportPairs) = (0, 0);
            }
        }

        return new WordVectorFit(_epoch == Options.Epochs, epochLoss / Math.Max(1, epochPairs), Stopwatch.GetElapsedTime(start));
    }

    /// <summary>The sums of each word's two vectors, which the authors found slightly better than either (section 4.2).</summary>
    /// <returns>A copy.</returns>
    public WordVectors Vectors()
    {
        int n = _vocabulary.Count, d = Options.Dimension;
        float[] elements = new float[n * d];
        _words.CopyTo(elements);
        for (int i = 0; i < n; i++)
        {
            VectorMath.AddScaled(elements.AsSpan(i * d, d), _contexts[i][..d], 1);
        }

        return new WordVectors(_vocabulary, d, elements);
    }

    /// <summary>f of the paper's equation 9.</summary>
    internal static double Weight(double count, double maximum, double power) => count < maximum ? Math.Pow(count / maximum, power) : 1;

    private void Shuffle(int epoch)
    {
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        var random = new WordRandom(Options.Seed, epoch, 0);
        for (int i = _order.Length - 1; i > 0; i--)
        {
            int j = random.NextInt(i + 1);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }

    private double Update(int index)
    {
        (int word, int context, _) = _pairs[index];
        Span<float> w = _words[word], c = _contexts[context];
        float difference = VectorMath.Dot(w, c) + _wordBiases[word] + _contextBiases[context] - _logarithms[index];
        float gradient = 2 * _weights[index] * difference, rate = (float)Options.LearningRate;
        VectorMath.AdaGradPair(w, c, _wordSquares[word], _contextSquares[context], gradient, rate);
        Descend(ref _wordBiases[word], ref _wordBiasSquares[word], gradient, rate);
        Descend(ref _contextBiases[context], ref _contextBiasSquares[context], gradient, rate);
        return _weights[index] * (double)difference * difference;
    }

    private static void Descend(ref float bias, ref float squares, float gradient, float rate)
    {
        bias -= rate * gradient / MathF.Sqrt(squares);
        squares += gradient * gradient;
    }
}

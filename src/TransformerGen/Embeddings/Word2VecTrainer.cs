using System.Diagnostics;

namespace TransformerGen.Embeddings;

/// <summary>
/// Word2vec (Mikolov et al. 2013a, 2013b): one step of gradient descent a prediction, with dynamic windows, subsampling of frequent words and a rate that falls
/// linearly. It computes on the calling thread; corpus, options and seed determine every bit (per vector width), whether it was interrupted or not.
/// </summary>
public sealed class Word2VecTrainer
{
    private const int WordsPerReport = 20_000;

    private readonly WordCorpus _corpus;
    private readonly VectorTable _inputs, _outputs;
    private readonly Word2VecStep _step;
    private readonly NegativeTable? _negatives;
    private readonly double[] _keep;
    private readonly int[] _drawn, _context;
    private readonly int _window;
    private readonly int[] _sentence = new int[WordCorpus.LongestSentence];
    private int _epoch, _next;
    private long _done;

    /// <summary>A trainer with fresh vectors: inputs uniform in ±1 / (2·dimension), outputs zero.</summary>
    /// <param name="corpus">The material.</param>
    /// <param name="options">How to train; null is the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message says which.</exception>
    public Word2VecTrainer(WordCorpus corpus, Word2VecOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        Options = options ?? new Word2VecOptions();
        Options.Validate();
        _corpus = corpus;
        WordVocabulary vocabulary = corpus.Vocabulary;
        _inputs = new VectorTable(vocabulary.Count, Options.Dimension);
        _outputs = new VectorTable(vocabulary.Count, Options.Dimension);
        var random = new WordRandom(Options.Seed, -1, 0);
        _inputs.Randomize(ref random);
        _step = new Word2VecStep(_inputs, _outputs, _inputs, _outputs, Options.Objective);
        _negatives = Options.Objective == Word2VecObjective.NegativeSampling ? new NegativeTable(vocabulary.Counts, Options.NegativePower) : null;
        _drawn = new int[_negatives is null ? 0 : Options.Negatives];
        _window = Math.Min(Options.Window, WordCorpus.LongestSentence);
        _context = new int[2 * _window];
        double threshold = Options.Subsample * corpus.WordCount;
        _keep = [.. vocabulary.Counts.Select(count => threshold > 0 ? Math.Sqrt(threshold / count) : 1)];
    }

    /// <summary>How it trains.</summary>
    public Word2VecOptions Options { get; }

    /// <summary>Trains until all epochs are done; called again after a cancellation, it goes on.</summary>
    /// <param name="progress">Told about every 20,000 words.</param>
    /// <param name="cancellationToken">Ends training behind the sentence that is running. That is no failure: nothing is thrown, and the vectors are there.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="NotFiniteNumberException">A loss is not finite: the learning rate is too high.</exception>
    public WordVectorFit Fit(IProgress<WordVectorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp(), total = (long)_corpus.WordCount * Options.Epochs, reported = _done;
        double epochLoss = 0, reportLoss = 0;
        long epochPredictions = 0, reportPredictions = 0;
        while (_epoch < Options.Epochs && !cancellationToken.IsCancellationRequested)
        {
            if (_next == 0)
            {
                (epochLoss, epochPredictions) = (0, 0);
            }

            double rate = Options.Rate * Math.Max(Options.SmallestRateFactor, 1 - ((double)_done / total));
            _step.Factor = -(float)rate;
            double loss = Train(_corpus.Sentence(_next), out int predictions);
            if (!double.IsFinite(loss))
            {
                throw new NotFiniteNumberException($"The loss of sentence {_next} in epoch {_epoch} is {loss} at a learning rate of {rate}. Train anew with a lower LearningRate.", loss);
            }

            (epochLoss, epochPredictions) = (epochLoss + loss, epochPredictions + predictions);
            (reportLoss, reportPredictions) = (reportLoss + loss, reportPredictions + predictions);
            _done += _corpus.Sentence(_next).Length;
            int epoch = _epoch;
            if (++_next == _corpus.SentenceCount)
            {
                (_epoch, _next) = (_epoch + 1, 0);
            }

            if (progress is not null && (_done - reported >= WordsPerReport || _done == total))
            {
                progress.Report(new WordVectorProgress(epoch, _done, total, reportLoss / Math.Max(1, reportPredictions), rate, Stopwatch.GetElapsedTime(start)));
                (reported, reportLoss, reportPredictions) = (_done, 0, 0);
            }
        }

        return new WordVectorFit(_epoch == Options.Epochs, epochLoss / Math.Max(1, epochPredictions), Stopwatch.GetElapsedTime(start));
    }

    /// <summary>The vectors of the words as they predict (the input vectors, which are what word2vec publishes).</summary>
    /// <returns>A copy.</returns>
    public WordVectors Vectors() => Copy(_inputs);

    /// <summary>The vectors of the words as they are predicted.</summary>
    /// <returns>A copy.</returns>
    public WordVectors OutputVectors() => Copy(_outputs);

    private WordVectors Copy(VectorTable table)
    {
        float[] elements = new float[table.Rows * table.Dimension];
        table.CopyTo(elements);
        return new WordVectors(_corpus.Vocabulary, table.Dimension, elements);
    }

    private double Train(ReadOnlySpan<int> sentence, out int predictions)
    {
        var random = new WordRandom(Options.Seed, _epoch, _next);
        int length = 0;
        foreach (int word in sentence)
        {
            if (_keep[word] >= 1 || random.NextDouble() < _keep[word])
            {
                _sentence[length++] = word;
            }
        }

        double loss = 0;
        predictions = 0;
        for (int i = 0; i < length; i++)
        {
            int reach = 1 + random.NextInt(_window), count = 0;
            for (int j = Math.Max(0, i - reach), last = Math.Min(length - 1, i + reach); j <= last; j++)
            {
                if (j != i)
                {
                    _context[count++] = _sentence[j];
                }
            }

            ReadOnlySpan<int> context = _context.AsSpan(0, count);
            if (Options.Model == Word2VecModel.SkipGram)
            {
                foreach (int target in context)
                {
                    loss += _step.SkipGram(_sentence[i], target, Draw(target, ref random));
                }

                predictions += count;
            }
            else if (count > 0)
            {
                loss += _step.Cbow(_sentence[i], context, Draw(_sentence[i], ref random));
                predictions++;
            }
        }

        return loss;
    }

    private ReadOnlySpan<int> Draw(int target, ref WordRandom random)
    {
        int count = 0;
        for (int i = 0; i < _drawn.Length; i++)
        {
            int word = _negatives!.Draw(ref random);
            if (word != target)
            {
                _drawn[count++] = word;
            }
        }

        return _drawn.AsSpan(0, count);
    }
}

using TransformerGen.Decoding;

namespace TransformerGen.Training;

/// <summary>Where training is in its data.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Batch">Batches of the current epoch that are done.</param>
public readonly record struct DataPosition(int Epoch, int Batch);

/// <summary>
/// Batches by number. What a batch holds is a function of the epoch and the number alone, so that training can go on at any position;
/// randomness comes from a seed of the source's own.
/// </summary>
public interface ITrainingSource
{
    /// <summary>Batches in one epoch, at least 1.</summary>
    int BatchesPerEpoch { get; }

    /// <summary>Fills a batch.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="number">The batch in the epoch, from 0.</param>
    /// <param name="batch">An empty batch.</param>
    void Load(int epoch, int number, TrainingBatch batch);
}

/// <summary>Examples in a new order every epoch, the order being a function of (seed, epoch). Each epoch sees every example once; the last batch may be smaller.</summary>
public sealed class ShuffledSource : ITrainingSource
{
    private readonly TrainingBatch _examples;
    private readonly int _size;
    private readonly ulong _seed;
    private readonly int[] _order;
    private int _epoch = -1;

    /// <summary>A source over examples.</summary>
    /// <param name="examples">All examples; not to be changed any more.</param>
    /// <param name="batchSize">Sequences (or pairs) per batch.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <exception cref="ArgumentException">There are no examples.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public ShuffledSource(TrainingBatch examples, int batchSize, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (examples.Sequences == 0)
        {
            throw new ArgumentException("There are no examples to train on.", nameof(examples));
        }

        _examples = examples;
        _size = batchSize;
        _seed = seed;
        _order = new int[examples.Sequences];
    }

    /// <inheritdoc/>
    public int BatchesPerEpoch => (_order.Length + _size - 1) / _size;

    /// <inheritdoc/>
    public void Load(int epoch, int number, TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, BatchesPerEpoch);
        if (epoch != _epoch)
        {
            Shuffle(_seed, epoch, _order);
            _epoch = epoch;
        }

        foreach (int example in _order.AsSpan(number * _size, Math.Min(_size, _order.Length - (number * _size))))
        {
            batch.AddFrom(_examples, example);
        }
    }

    /// <summary>The order of one epoch: Fisher and Yates' shuffle driven by SplitMix64, a function of (seed, epoch, number of items) on every machine.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="order">Receives the numbers 0 to length - 1 in their new order.</param>
    public static void Shuffle(ulong seed, int epoch, Span<int> order)
    {
        ulong state = SamplingRandom.Mix(seed ^ SamplingRandom.Mix(unchecked((ulong)epoch + 0x5368756666_6C65UL)));
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        for (int i = order.Length - 1; i > 0; i--)
        {
            state = unchecked(state + 0x9E3779B97F4A7C15UL);
            int j = (int)(((SamplingRandom.Mix(state) >> 32) * (ulong)(i + 1)) >> 32);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}

/// <summary>The same batches in the same order every epoch.</summary>
/// <param name="batches">The batches.</param>
public sealed class FixedSource(params IReadOnlyList<TrainingBatch> batches) : ITrainingSource
{
    /// <inheritdoc/>
    public int BatchesPerEpoch => batches.Count;

    /// <inheritdoc/>
    public void Load(int epoch, int number, TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TrainingBatch from = batches[number];
        for (int s = 0; s < from.Sequences; s++)
        {
            batch.AddFrom(from, s);
        }
    }
}

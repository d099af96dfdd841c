using System.ComponentModel;

namespace TransformerGen.Kernels;

/// <summary>
/// The randomness of dropout: a hash of (seed, step, micro-batch, site, sequence, position, feature). Nothing is stored and nothing depends
/// on packing, padding, tiles, vector width or threads; the backward pass asks the same question again and gets the same answer. For generated code.
/// </summary>
/// <param name="Base">Hash of seed, step and micro-batch.</param>
/// <param name="Threshold">An element is dropped when its hash is below this: rate · 2³². 0 switches dropout off.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct DropoutKey(ulong Base, uint Threshold)
{
    internal const uint Spread = 0x9E3779B9, Mix1 = 0x85EBCA6B, Mix2 = 0xC2B2AE35;

    /// <summary>No dropout: evaluation and inference.</summary>
    public static DropoutKey None => default;

    /// <summary>What a kept element is multiplied with: 1 / (1 - rate).</summary>
    public float Scale => (float)(1.0 / (1.0 - (Threshold / 4294967296.0)));

    /// <summary>The key of one training pass.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The optimiser step, from 0.</param>
    /// <param name="microBatch">The micro-batch within the step, from 0.</param>
    /// <param name="rate">Probability of dropping, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside [0, 1).</exception>
    public static DropoutKey Create(ulong seed, long step, int microBatch, double rate)
    {
        uint threshold = ThresholdOf(rate);
        ulong hash = Mix(seed ^ 0x5851F42D4C957F2DUL);
        hash = Mix(hash ^ (ulong)step);
        hash = Mix(hash ^ (uint)microBatch);
        return new DropoutKey(hash, threshold);
    }

    /// <summary>The same pass at a site with a rate of its own; off where dropout is off.</summary>
    /// <param name="rate">Probability of dropping, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside [0, 1).</exception>
    public DropoutKey At(double rate) => this with { Threshold = Threshold == 0 ? 0 : ThresholdOf(rate) };

    /// <summary>The 32-bit key of one row: <see cref="ILanes{TSelf}.Keep"/> adds the feature.</summary>
    /// <param name="site">Which dropout of the model (a constant of the generated code).</param>
    /// <param name="sequence">The row's sequence in the batch.</param>
    /// <param name="position">The row's position in its sequence.</param>
    public uint Row(int site, int sequence, int position)
    {
        ulong hash = Mix(Base ^ ((ulong)(uint)site << 32 | (uint)sequence));
        return (uint)(Mix(hash ^ (uint)position) >> 32);
    }

    /// <summary>Whether one element is kept; the scalar form of <see cref="ILanes{TSelf}.Keep"/>.</summary>
    /// <param name="rowKey">From <see cref="Row"/>.</param>
    /// <param name="feature">The element's column.</param>
    public bool Keeps(uint rowKey, uint feature)
    {
        uint hash = unchecked(feature * Spread) ^ rowKey;
        hash = unchecked((hash ^ (hash >> 16)) * Mix1);
        hash = unchecked((hash ^ (hash >> 13)) * Mix2);
        hash ^= hash >> 16;
        return hash >= Threshold;
    }

    /// <summary>Whether a whole step is left out in this pass, for every row: layers that training skips at random. Never where dropout is off.</summary>
    /// <param name="site">Which dropout of the model.</param>
    public bool Skips(int site) => Threshold != 0 && !Keeps(Row(site, 0, 0), 0);

    private static uint ThresholdOf(double rate) => rate >= 0 && rate < 1
        ? (uint)Math.Min(uint.MaxValue, Math.Round(rate * 4294967296.0))
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A dropout rate is a probability in [0, 1).");

    // SplitMix64's finaliser (Steele, Lea, Flood 2014): every input bit reaches every output bit.
    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x += 0x9E3779B97F4A7C15UL;
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
            return x ^ (x >> 31);
        }
    }
}

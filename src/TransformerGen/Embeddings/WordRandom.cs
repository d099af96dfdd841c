using TransformerGen.Decoding;

namespace TransformerGen.Embeddings;

/// <summary>SplitMix64's stream of numbers for a (seed, epoch, item): what is drawn for a sentence does not depend on what was drawn before it.</summary>
internal struct WordRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    public WordRandom(ulong seed, long epoch, long item)
    {
        ulong state = SamplingRandom.Mix(unchecked(seed + Golden));
        state = SamplingRandom.Mix(unchecked(state + ((ulong)epoch * Golden)));
        _state = SamplingRandom.Mix(unchecked(state + ((ulong)item * Golden)));
    }

    /// <summary>A multiple of 2^-53 in [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number below <paramref name="limit"/>.</summary>
    public int NextInt(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    private ulong Next() => SamplingRandom.Mix(_state = unchecked(_state + Golden));
}

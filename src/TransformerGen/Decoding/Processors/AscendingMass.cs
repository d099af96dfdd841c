namespace TransformerGen.Decoding;

/// <summary>
/// Finds where a running sum over tokens in ascending order of a key reaches a limit, without sorting them all: one pass adds
/// up the mass of each bucket of keys, and only the bucket in which the limit falls is sorted.
/// </summary>
internal sealed class AscendingMass
{
    // The bits of floats that are not negative rise with their values: exponent and four bits of mantissa make a bucket.
    private const int Shift = 19;
    private const int Buckets = (0x7F800000 >> Shift) + 1;

    private readonly double[] masses = new double[Buckets];
    private ulong[]? inside;

    /// <summary>A token's place in ascending order of key, among equals of index: an integer to compare.</summary>
    public static ulong Rank(float key, int token) => (ulong)BitConverter.SingleToUInt32Bits(key) << 32 | (uint)token;

    /// <summary>The key of a rank.</summary>
    public static float Key(ulong rank) => BitConverter.UInt32BitsToSingle((uint)(rank >> 32));

    /// <summary>The rank of the first token with which the running sum reaches the limit; of the last one when none does.</summary>
    /// <param name="keys">[V] not negative; may be infinite.</param>
    /// <param name="weights">[V] not negative.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="exceed">Whether the sum has to be above the limit; otherwise it may be equal.</param>
    public ulong Find(ReadOnlySpan<float> keys, ReadOnlySpan<float> weights, double limit, bool exceed)
    {
        Array.Clear(masses);
        for (int token = 0; token < keys.Length; token++) masses[Bucket(keys[token])] += weights[token];

        double cumulative = 0;
        int bucket = 0, lastUsed = 0;
        for (; bucket < Buckets; bucket++)
        {
            if (masses[bucket] > 0) lastUsed = bucket;
            if (Reaches(cumulative + masses[bucket], limit, exceed)) break;
            cumulative += masses[bucket];
        }
        if (bucket == Buckets)      // rounding alone kept the sum below the limit
        {
            bucket = lastUsed;
            cumulative = double.NegativeInfinity;
        }

        Span<ulong> ranks = Scratch.Take(ref inside, keys.Length);
        int count = 0;
        for (int token = 0; token < keys.Length; token++)
            if (Bucket(keys[token]) == bucket) ranks[count++] = Rank(keys[token], token);
        ranks = ranks[..count];
        ranks.Sort();
        for (int i = 0; i < count; i++)
        {
            cumulative += weights[(int)(uint)ranks[i]];
            if (Reaches(cumulative, limit, exceed)) return ranks[i];
        }
        return ranks[^1];
    }

    private static int Bucket(float key) => BitConverter.SingleToInt32Bits(key) >> Shift;

    private static bool Reaches(double sum, double limit, bool exceed) => exceed ? sum > limit : sum >= limit;
}

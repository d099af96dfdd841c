namespace TransformerGen.Decoding;

/// <summary>
/// The random numbers of sampling: a function of (seed, row, step) without state, so that a seed gives the same numbers on
/// every machine, in every order of rows, and after resuming.
/// </summary>
/// <remarks>
/// The mixer is SplitMix64's (Steele, Lea, Flood 2014): <c>Mix(n x 0x9E3779B97F4A7C15)</c> for n = 1, 2, ... is its stream
/// for seed 0. A number is <c>Mix(Mix(Mix(seed + G) + row x G + G) + step x G + G)</c>, and its upper 53 bits make the double.
/// </remarks>
public static class SamplingRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A uniform number for one token of one row.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="row">The row in its call, from 0.</param>
    /// <param name="step">The number of tokens the row has generated so far.</param>
    /// <returns>A multiple of 2^-53 in [0, 1).</returns>
    public static double Uniform(ulong seed, int row, int step)
    {
        ulong bits = Mix(unchecked(seed + Golden));
        bits = Mix(unchecked(bits + ((ulong)row + 1) * Golden));
        bits = Mix(unchecked(bits + ((ulong)step + 1) * Golden));
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The finaliser of SplitMix64: a bijection of 64 bits.</summary>
    internal static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}

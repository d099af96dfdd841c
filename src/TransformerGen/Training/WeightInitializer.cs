using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>
/// Fresh weights. Every tensor has a stream of random numbers of its own, a function of (seed, its name): neither the order of tensors nor what else a
/// model has changes how a tensor starts.
/// </summary>
/// <remarks>
/// The stream's key is SplitMix64's mixer of the seed and of the name's FNV-1a hash (UTF-16 units); number i of it is Mix(key + (i + 1) · 0x9E3779B97F4A7C15).
/// A uniform number takes the upper 53 bits; a pair of normal ones takes two (Box and Muller 1958).
/// </remarks>
public static class WeightInitializer
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Fills all parameters as <see cref="ParameterInfo.Initialization"/> says, and derives the panels.</summary>
    /// <param name="weights">The weights to fill; padding stays zero.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="team">Who derives the panels; null computes on the calling thread.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static void Initialize(ModelWeights weights, ulong seed, Team? team = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        weights.ThrowIfDisposed();
        foreach (ParameterInfo parameter in weights.Info.Parameters)
        {
            Fill(new TensorView(weights.Values, parameter), seed);
        }

        weights.Pack(team ?? Team.Alone);
    }

    private static void Fill(TensorView tensor, ulong seed)
    {
        ParameterInfo parameter = tensor.Parameter;
        ulong key = Key(seed, parameter.Name);
        double bound = Math.Sqrt(6.0 / (parameter.Rows + parameter.Columns));
        for (int r = 0; r < parameter.Rows; r++)
        {
            Span<float> row = tensor.Writable(r);
            long first = (long)r * parameter.Columns;
            switch (parameter.Initialization)
            {
                case Initialization.Zeros:
                    row.Clear();
                    break;
                case Initialization.Ones:
                    row.Fill(1f);
                    break;
                case Initialization.XavierUniform:
                    for (int c = 0; c < row.Length; c++)
                    {
                        row[c] = (float)(((2 * Uniform(key, first + c)) - 1) * bound);
                    }

                    break;
                case Initialization.Normal:
                    for (int c = 0; c < row.Length; c++)
                    {
                        row[c] = (float)(Normal(key, first + c) * parameter.Deviation);
                    }

                    break;
                default:
                    throw new InvalidOperationException($"{parameter.Name} has the unknown initialisation {parameter.Initialization}.");
            }
        }
    }

    private static ulong Key(ulong seed, string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in name)
        {
            hash = unchecked((hash ^ c) * 0x100000001B3);
        }

        return SamplingRandom.Mix(hash ^ SamplingRandom.Mix(unchecked(seed + Golden)));
    }

    /// <summary>Number i of a stream, a multiple of 2^-53 in [0, 1).</summary>
    private static double Uniform(ulong key, long index) =>
        (SamplingRandom.Mix(unchecked(key + (((ulong)index + 1) * Golden))) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Elements 2k and 2k + 1 are the two numbers that one pair of uniform ones gives.</summary>
    private static double Normal(ulong key, long index)
    {
        long even = index & ~1L;
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(key, even)));
        double angle = 2 * Math.PI * Uniform(key, even + 1);
        return radius * (index == even ? Math.Cos(angle) : Math.Sin(angle));
    }
}

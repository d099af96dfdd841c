using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>
/// Fresh weights. Every tensor has a stream of random numbers of its own, a function of (seed, its name): neither the order of tensors nor what else a
/// model has changes how a tensor starts, nor how it lies in memory.
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
            Fill(weights, parameter, seed);
        }

        weights.Pack(team ?? Team.Alone);
    }

    /// <summary>Fills one tensor. Numbers go to the elements in the checkpoint's order, so its layout in memory changes nothing.</summary>
    internal static void Fill(ModelWeights weights, ParameterInfo parameter, ulong seed)
    {
        StoredTensor tensor = new TensorView(weights.Values, parameter).Stored();
        ulong key = Key(seed, parameter.Name);
        double bound = parameter.Initialization == Initialization.KaimingUniform
            ? 1 / Math.Sqrt(parameter.Columns)
            : Math.Sqrt(6.0 / ((parameter.Rows / Math.Max(1, parameter.Layout.Experts)) + parameter.Columns));
        tensor.Chunks((first, chunk) =>
        {
            Fill(parameter, key, bound, first, chunk);
            tensor.Write(first, chunk);
        });
        GC.KeepAlive(weights);
    }

    private static void Fill(ParameterInfo parameter, ulong key, double bound, long first, Span<float> chunk)
    {
        switch (parameter.Initialization)
        {
            case Initialization.Zeros:
                chunk.Clear();
                break;
            case Initialization.Ones:
                chunk.Fill(1f);
                break;
            case Initialization.XavierUniform or Initialization.KaimingUniform:
                for (int i = 0; i < chunk.Length; i++)
                {
                    chunk[i] = (float)(((2 * Uniform(key, first + i)) - 1) * bound);
                }

                break;
            case Initialization.Normal:
                for (int i = 0; i < chunk.Length; i++)
                {
                    chunk[i] = (float)(Normal(key, first + i) * parameter.Deviation);
                }

                break;
            case Initialization.Sinusoids or Initialization.SinesThenCosines:
                for (int i = 0; i < chunk.Length; i++)
                {
                    chunk[i] = Position(parameter, first + i);
                }

                break;
            default:
                throw new InvalidOperationException($"{parameter.Name} has the unknown initialisation {parameter.Initialization}.");
        }
    }

    /// <summary>An element of a table of sinusoids, which may be of an odd width: then a sine more than cosines.</summary>
    private static float Position(ParameterInfo parameter, long index)
    {
        int width = parameter.Columns, column = (int)(index % width), sines = (width + 1) / 2;
        bool byTurns = parameter.Initialization == Initialization.Sinusoids, isSine = byTurns ? column % 2 == 0 : column < sines;
        int pair = byTurns ? column / 2 : isSine ? column : column - sines;
        double angle = index / width / Math.Pow(10000, 2.0 * pair / width);
        return (float)(isSine ? Math.Sin(angle) : Math.Cos(angle));
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

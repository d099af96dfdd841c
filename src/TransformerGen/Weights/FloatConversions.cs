using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransformerGen.Weights;

/// <summary>
/// Between the float types of a file (little-endian bytes, at any alignment) and <see cref="float"/>. Widening is exact, payloads of
/// NaN included; narrowing rounds to nearest, ties to even, overflows to infinity and keeps NaN a (quiet) NaN.
/// </summary>
internal static class FloatConversions
{
    /// <summary>One 16-bit format: how a vector of its bit patterns becomes binary32 and back.</summary>
    private interface ISixteenBits
    {
        /// <summary>Patterns in the low 16 bits of each lane to binary32 patterns.</summary>
        static abstract Vector<uint> ToSingle(Vector<uint> bits);

        /// <summary>Binary32 patterns to patterns in the low 16 bits of each lane.</summary>
        static abstract Vector<uint> FromSingle(Vector<uint> bits);
    }

    /// <summary>Converts a run of elements to <see cref="float"/>.</summary>
    /// <param name="type">F32, F16, BF16 or F64.</param>
    /// <param name="source">Exactly as many bytes as <paramref name="destination"/> has elements of <paramref name="type"/>.</param>
    /// <param name="destination">Where the floats go.</param>
    public static void ToSingle(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.F16:
                Widen<Binary16>(source, destination);
                break;
            case TensorType.BF16:
                Widen<BFloat16>(source, destination);
                break;
            case TensorType.F64:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)MemoryMarshal.Read<double>(source[(i * sizeof(double))..]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only F32, F16, BF16 and F64 convert to float.");
        }
    }

    /// <summary>Converts a run of floats to the bytes of a file.</summary>
    /// <param name="type">F32, F16, BF16 or F64.</param>
    /// <param name="source">The floats.</param>
    /// <param name="destination">Exactly as many bytes as <paramref name="source"/> has elements of <paramref name="type"/>.</param>
    public static void FromSingle(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case TensorType.F16:
                Narrow<Binary16>(source, destination);
                break;
            case TensorType.BF16:
                Narrow<BFloat16>(source, destination);
                break;
            case TensorType.F64:
                for (int i = 0; i < source.Length; i++)
                    MemoryMarshal.Write(destination[(i * sizeof(double))..], (double)source[i]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only F32, F16, BF16 and F64 convert from float.");
        }
    }

    private static void Widen<TFormat>(ReadOnlySpan<byte> source, Span<float> destination)
        where TFormat : ISixteenBits
    {
        int step = Vector<ushort>.Count;
        int i = 0;
        for (; i <= destination.Length - step; i += step)
            WidenVector<TFormat>(source.Slice(2 * i, 2 * step), destination.Slice(i, step));
        if (i < destination.Length)
        {
            Span<byte> tail = stackalloc byte[2 * step];
            Span<float> widened = stackalloc float[step];
            source[(2 * i)..].CopyTo(tail);
            WidenVector<TFormat>(tail, widened);
            widened[..(destination.Length - i)].CopyTo(destination[i..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WidenVector<TFormat>(ReadOnlySpan<byte> source, Span<float> destination)
        where TFormat : ISixteenBits
    {
        Vector.Widen(MemoryMarshal.Read<Vector<ushort>>(source), out Vector<uint> low, out Vector<uint> high);
        Vector.AsVectorSingle(TFormat.ToSingle(low)).CopyTo(destination);
        Vector.AsVectorSingle(TFormat.ToSingle(high)).CopyTo(destination[Vector<float>.Count..]);
    }

    private static void Narrow<TFormat>(ReadOnlySpan<float> source, Span<byte> destination)
        where TFormat : ISixteenBits
    {
        int step = Vector<ushort>.Count;
        int i = 0;
        for (; i <= source.Length - step; i += step)
            NarrowVector<TFormat>(source.Slice(i, step), destination.Slice(2 * i, 2 * step));
        if (i < source.Length)
        {
            Span<float> tail = stackalloc float[step];
            Span<byte> narrowed = stackalloc byte[2 * step];
            source[i..].CopyTo(tail);
            NarrowVector<TFormat>(tail, narrowed);
            narrowed[..(2 * (source.Length - i))].CopyTo(destination[(2 * i)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void NarrowVector<TFormat>(ReadOnlySpan<float> source, Span<byte> destination)
        where TFormat : ISixteenBits
    {
        var low = new Vector<float>(source);
        var high = new Vector<float>(source[Vector<float>.Count..]);
        Vector<ushort> bits = Vector.Narrow(TFormat.FromSingle(Vector.AsVectorUInt32(low)), TFormat.FromSingle(Vector.AsVectorUInt32(high)));
        MemoryMarshal.Write(destination, bits);
    }

    private readonly struct BFloat16 : ISixteenBits
    {
        public static Vector<uint> ToSingle(Vector<uint> bits) => bits << 16;

        public static Vector<uint> FromSingle(Vector<uint> bits)
        {
            // Half of the last kept bit, less one when that bit is even: ties go to even. A carry runs into the exponent, as it should.
            Vector<uint> rounded = (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
            Vector<uint> quiet = (bits >> 16) | new Vector<uint>(0x0040);
            Vector<int> nan = Vector.GreaterThan(Vector.AsVectorInt32(bits & new Vector<uint>(0x7FFF_FFFF)), new Vector<int>(0x7F80_0000));
            return Vector.ConditionalSelect(Vector.AsVectorUInt32(nan), quiet, rounded);
        }
    }

    private readonly struct Binary16 : ISixteenBits
    {
        private const uint BiasDifference = (127 - 15) << 23;

        public static Vector<uint> ToSingle(Vector<uint> bits)
        {
            Vector<uint> sign = (bits & new Vector<uint>(0x8000)) << 16;
            Vector<int> magnitude = Vector.AsVectorInt32(bits & new Vector<uint>(0x7FFF));
            Vector<uint> normal = (Vector.AsVectorUInt32(magnitude) << 13) + new Vector<uint>(BiasDifference);

            // Infinity and NaN: the exponent's 31 has to become 255, which is the difference once more.
            Vector<int> special = Vector.GreaterThan(magnitude, new Vector<int>(0x7BFF));
            normal += Vector.AsVectorUInt32(special) & new Vector<uint>(BiasDifference);

            // Below 2^-14 the pattern counts units of 2^-24; integer and product are exact.
            Vector<float> small = Vector.ConvertToSingle(magnitude) * new Vector<float>(1f / (1 << 24));
            Vector<int> subnormal = Vector.LessThan(magnitude, new Vector<int>(0x0400));
            return sign | Vector.ConditionalSelect(Vector.AsVectorUInt32(subnormal), Vector.AsVectorUInt32(small), normal);
        }

        public static Vector<uint> FromSingle(Vector<uint> bits)
        {
            Vector<uint> sign = (bits >> 16) & new Vector<uint>(0x8000);
            Vector<uint> pattern = bits & new Vector<uint>(0x7FFF_FFFF);
            Vector<int> magnitude = Vector.AsVectorInt32(pattern);

            // Ties to even as above; what rounds past 65504 carries into the exponent of infinity by itself.
            Vector<uint> result = (pattern - new Vector<uint>(BiasDifference) + new Vector<uint>(0x0FFF) + ((pattern >> 13) & Vector<uint>.One)) >> 13;

            // Below 2^-14: one unit of a sum near 0.5 is 2^-24, so the addition itself rounds to the format's smallest unit.
            Vector<float> half = new(0.5f);
            Vector<uint> small = Vector.AsVectorUInt32(Vector.AsVectorSingle(pattern) + half) - Vector.AsVectorUInt32(half);
            Vector<int> subnormal = Vector.LessThan(magnitude, new Vector<int>(113 << 23));
            result = Vector.ConditionalSelect(Vector.AsVectorUInt32(subnormal), small, result);

            Vector<int> overflow = Vector.GreaterThan(magnitude, new Vector<int>((143 << 23) - 1));
            result = Vector.ConditionalSelect(Vector.AsVectorUInt32(overflow), new Vector<uint>(0x7C00), result);

            Vector<int> nan = Vector.GreaterThan(magnitude, new Vector<int>(0x7F80_0000));
            Vector<uint> quiet = new Vector<uint>(0x7E00) | ((pattern >> 13) & new Vector<uint>(0x03FF));
            return sign | Vector.ConditionalSelect(Vector.AsVectorUInt32(nan), quiet, result);
        }
    }
}

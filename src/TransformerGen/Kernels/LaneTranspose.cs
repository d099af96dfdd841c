using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerGen.Kernels;

/// <summary>Transposes a square of 4, 8 or 16 floats a side in registers: destination[j, i] = source[i, j].</summary>
internal static unsafe class LaneTranspose
{
    /// <summary>4 × 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four(float* source, int sourceStride, float* destination, int destinationStride)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + sourceStride);
            Vector128<float> c = Vector128.Load(source + (2 * sourceStride)), d = Vector128.Load(source + (3 * sourceStride));
            Vector128<float> abLow = Sse.UnpackLow(a, b), abHigh = Sse.UnpackHigh(a, b), cdLow = Sse.UnpackLow(c, d), cdHigh = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(abLow, cdLow).Store(destination);
            Sse.MoveHighToLow(cdLow, abLow).Store(destination + destinationStride);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(destination + (2 * destinationStride));
            Sse.MoveHighToLow(cdHigh, abHigh).Store(destination + (3 * destinationStride));
            return;
        }

        for (int j = 0; j < 4; j++)
        {
            Vector128.Create(source[j], source[sourceStride + j], source[(2 * sourceStride) + j], source[(3 * sourceStride) + j])
                .Store(destination + (j * destinationStride));
        }
    }

    /// <summary>8 × 8; needs AVX.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Eight(float* source, int sourceStride, float* destination, int destinationStride)
    {
        Quad256(source, sourceStride, out Vector256<float> a0, out Vector256<float> a1, out Vector256<float> a2, out Vector256<float> a3);
        Quad256(source + (4 * sourceStride), sourceStride, out Vector256<float> b0, out Vector256<float> b1, out Vector256<float> b2, out Vector256<float> b3);
        Pair(a0, b0, destination, destinationStride);
        Pair(a1, b1, destination + destinationStride, destinationStride);
        Pair(a2, b2, destination + (2 * destinationStride), destinationStride);
        Pair(a3, b3, destination + (3 * destinationStride), destinationStride);
    }

    /// <summary>16 × 16; needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sixteen(float* source, int sourceStride, float* destination, int destinationStride)
    {
        Quad512(source, sourceStride, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
        Quad512(source + (4 * sourceStride), sourceStride, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
        Quad512(source + (8 * sourceStride), sourceStride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
        Quad512(source + (12 * sourceStride), sourceStride, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        Four512(a0, b0, c0, d0, destination, destinationStride);
        Four512(a1, b1, c1, d1, destination + destinationStride, destinationStride);
        Four512(a2, b2, c2, d2, destination + (2 * destinationStride), destinationStride);
        Four512(a3, b3, c3, d3, destination + (3 * destinationStride), destinationStride);
    }

    /// <summary>4 rows of 8: lane L (128 bits) of result j is column 4L + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad256(float* source, int stride, out Vector256<float> r0, out Vector256<float> r1, out Vector256<float> r2, out Vector256<float> r3)
    {
        Vector256<float> a = Vector256.Load(source), b = Vector256.Load(source + stride);
        Vector256<float> c = Vector256.Load(source + (2 * stride)), d = Vector256.Load(source + (3 * stride));
        Vector256<double> abLow = Avx.UnpackLow(a, b).AsDouble(), abHigh = Avx.UnpackHigh(a, b).AsDouble();
        Vector256<double> cdLow = Avx.UnpackLow(c, d).AsDouble(), cdHigh = Avx.UnpackHigh(c, d).AsDouble();
        r0 = Avx.UnpackLow(abLow, cdLow).AsSingle();
        r1 = Avx.UnpackHigh(abLow, cdLow).AsSingle();
        r2 = Avx.UnpackLow(abHigh, cdHigh).AsSingle();
        r3 = Avx.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    /// <summary>4 rows of 16: lane L (128 bits) of result j is column 4L + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad512(float* source, int stride, out Vector512<float> r0, out Vector512<float> r1, out Vector512<float> r2, out Vector512<float> r3)
    {
        Vector512<float> a = Vector512.Load(source), b = Vector512.Load(source + stride);
        Vector512<float> c = Vector512.Load(source + (2 * stride)), d = Vector512.Load(source + (3 * stride));
        Vector512<double> abLow = Avx512F.UnpackLow(a, b).AsDouble(), abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
        Vector512<double> cdLow = Avx512F.UnpackLow(c, d).AsDouble(), cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
        r0 = Avx512F.UnpackLow(abLow, cdLow).AsSingle();
        r1 = Avx512F.UnpackHigh(abLow, cdLow).AsSingle();
        r2 = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
        r3 = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    /// <summary>Stores columns j and 4 + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(Vector256<float> a, Vector256<float> b, float* destination, int stride)
    {
        Avx.Permute2x128(a, b, 0x20).Store(destination);
        Avx.Permute2x128(a, b, 0x31).Store(destination + (4 * stride));
    }

    /// <summary>Stores columns j, 4 + j, 8 + j and 12 + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four512(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* destination, int stride)
    {
        Vector512<float> abLow = Avx512F.Shuffle4x128(a, b, 0x44), abHigh = Avx512F.Shuffle4x128(a, b, 0xEE);
        Vector512<float> cdLow = Avx512F.Shuffle4x128(c, d, 0x44), cdHigh = Avx512F.Shuffle4x128(c, d, 0xEE);
        Avx512F.Shuffle4x128(abLow, cdLow, 0x88).Store(destination);
        Avx512F.Shuffle4x128(abLow, cdLow, 0xDD).Store(destination + (4 * stride));
        Avx512F.Shuffle4x128(abHigh, cdHigh, 0x88).Store(destination + (8 * stride));
        Avx512F.Shuffle4x128(abHigh, cdHigh, 0xDD).Store(destination + (12 * stride));
    }
}

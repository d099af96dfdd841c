using System.Runtime.InteropServices;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>Every 16-bit pattern, every rounding boundary, bit for bit against scalar references.</summary>
public sealed class FloatConversionTests
{
    private static readonly ushort[] AllPatterns = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];

    [Fact]
    public void Widening_F16_is_exact_for_every_pattern()
    {
        float[] widened = Widen(TensorType.F16, AllPatterns);
        foreach (ushort bits in AllPatterns)
        {
            uint expected = BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf(bits));
            if (Half.IsNaN(BitConverter.UInt16BitsToHalf(bits)))
                expected = ((bits & 0x8000u) << 16) | 0x7F80_0000 | ((bits & 0x03FFu) << 13);
            Assert.Equal(expected, BitConverter.SingleToUInt32Bits(widened[bits]));
        }
    }

    [Fact]
    public void Widening_BF16_is_exact_for_every_pattern()
    {
        float[] widened = Widen(TensorType.BF16, AllPatterns);
        foreach (ushort bits in AllPatterns)
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(widened[bits]));
    }

    [Fact]
    public void Narrowing_undoes_widening_for_every_number()
    {
        foreach (TensorType type in new[] { TensorType.F16, TensorType.BF16 })
        {
            float[] widened = Widen(type, AllPatterns);
            ushort[] narrowed = Narrow(type, widened);
            foreach (ushort bits in AllPatterns)
            {
                // A signalling NaN comes back quiet; all else comes back as it was.
                int quiet = float.IsNaN(widened[bits]) ? (type == TensorType.F16 ? 0x0200 : 0x0040) : 0;
                Assert.Equal(bits | quiet, narrowed[bits]);
            }
        }
    }

    [Fact]
    public void Narrowing_to_F16_rounds_to_nearest_even_at_every_boundary()
    {
        float[] values = Boundaries(TensorType.F16);
        ushort[] narrowed = Narrow(TensorType.F16, values);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)values[i]), narrowed[i]);
    }

    [Fact]
    public void Narrowing_to_BF16_rounds_to_nearest_even_at_every_boundary()
    {
        float[] values = Boundaries(TensorType.BF16);
        ushort[] narrowed = Narrow(TensorType.BF16, values);
        for (int i = 0; i < values.Length; i++)
        {
            // The reference decides by distance, in exact arithmetic: neighbours below and above, the even one on a tie.
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            uint remainder = bits & 0xFFFF;
            uint below = bits >> 16;
            uint expected = remainder > 0x8000 || (remainder == 0x8000 && (below & 1) == 1) ? below + 1 : below;
            Assert.Equal(expected, narrowed[i]);
        }
    }

    [Theory]
    [InlineData(65519.99f, 0x7BFF)]
    [InlineData(65520f, 0x7C00)]
    [InlineData(-1e30f, 0xFC00)]
    [InlineData(float.PositiveInfinity, 0x7C00)]
    [InlineData(2.9802322e-8f, 0x0000)]
    [InlineData(2.9802326e-8f, 0x0001)]
    [InlineData(-0f, 0x8000)]
    [InlineData(float.Epsilon, 0x0000)]
    [InlineData(1.00048828125f, 0x3C00)]
    [InlineData(1.00146484375f, 0x3C02)]
    public void Narrowing_to_F16_at_known_values(float value, int expected) =>
        Assert.Equal((ushort)expected, Narrow(TensorType.F16, [value])[0]);

    [Theory]
    [InlineData(float.MaxValue, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    [InlineData(1.00390625f, 0x3F80)]
    [InlineData(1.01171875f, 0x3F82)]
    [InlineData(float.Epsilon, 0x0000)]
    public void Narrowing_to_BF16_at_known_values(float value, int expected) =>
        Assert.Equal((ushort)expected, Narrow(TensorType.BF16, [value])[0]);

    [Fact]
    public void A_NaN_whose_payload_is_all_in_the_lost_bits_stays_a_NaN()
    {
        float nan = BitConverter.UInt32BitsToSingle(0xFF80_0001);
        Assert.Equal(0xFE00, Narrow(TensorType.F16, [nan])[0]);
        Assert.Equal(0xFFC0, Narrow(TensorType.BF16, [nan])[0]);
    }

    [Fact]
    public void Every_length_across_the_vector_tails_gives_the_same_and_touches_nothing_beyond()
    {
        foreach (TensorType type in new[] { TensorType.F16, TensorType.BF16, TensorType.F32, TensorType.F64 })
        {
            int size = type.BitSize() / 8;
            for (int length = 0; length <= 67; length++)
            {
                float[] values = [.. Enumerable.Range(0, length).Select(i => (i - 20) * 0.25f)];

                // One byte in, so that no element is aligned; sentinels on both sides.
                byte[] bytes = new byte[(length * size) + 2];
                bytes[0] = bytes[^1] = 0xA5;
                FloatConversions.FromSingle(type, values, bytes.AsSpan(1, length * size));
                Assert.Equal(0xA5, bytes[0]);
                Assert.Equal(0xA5, bytes[^1]);
                float[] back = new float[length + 2];
                back[0] = back[^1] = 77;
                FloatConversions.ToSingle(type, bytes.AsSpan(1, length * size), back.AsSpan(1, length));
                Assert.Equal([77, .. values, 77], back);
            }
        }
    }

    [Fact]
    public void F64_rounds_to_nearest()
    {
        double[] values = [1 + 1e-12, 1.0 / 3, 1e300, -1e-300, double.NaN, double.NegativeInfinity, 16777217];
        float[] narrowed = new float[values.Length];
        FloatConversions.ToSingle(TensorType.F64, MemoryMarshal.AsBytes<double>(values), narrowed);
        Assert.Equal([1f, 1f / 3f, float.PositiveInfinity, -0f, float.NaN, float.NegativeInfinity, 16777216f], narrowed);
    }

    /// <summary>For every finite pattern: the value, the midpoint to the next one, and the floats on either side of both.</summary>
    private static float[] Boundaries(TensorType type)
    {
        float[] exact = Widen(type, AllPatterns);
        uint ulp = type == TensorType.F16 ? 1u << 13 : 1u << 16;
        var values = new List<float>();
        foreach (float value in exact.Where(float.IsFinite))
        {
            values.AddRange([MathF.BitDecrement(value), value, MathF.BitIncrement(value)]);
            float middle = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) + (ulp / 2));
            values.AddRange([MathF.BitDecrement(middle), middle, MathF.BitIncrement(middle)]);
        }

        // Midpoints of F16's subnormals lie at odd multiples of 2^-25.
        for (int i = 0; i <= 2048; i++)
        {
            float middle = i * (1f / (1 << 25));
            values.AddRange([MathF.BitDecrement(middle), middle, MathF.BitIncrement(middle), -middle]);
        }

        return [.. values.Where(float.IsFinite)];
    }

    private static float[] Widen(TensorType type, ushort[] patterns)
    {
        float[] widened = new float[patterns.Length];
        FloatConversions.ToSingle(type, MemoryMarshal.AsBytes<ushort>(patterns), widened);
        return widened;
    }

    private static ushort[] Narrow(TensorType type, float[] values)
    {
        ushort[] narrowed = new ushort[values.Length];
        FloatConversions.FromSingle(type, values, MemoryMarshal.AsBytes(narrowed.AsSpan()));
        return narrowed;
    }
}

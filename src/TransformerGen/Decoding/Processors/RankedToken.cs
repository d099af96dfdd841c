namespace TransformerGen.Decoding;

/// <summary>A token with a weight that is not negative, packed so that sorting the integers sorts by weight, then by index.</summary>
internal static class RankedToken
{
    // The bits of floats that are not negative rise with their values.
    public static ulong Pack(float weight, int token) => (ulong)BitConverter.SingleToUInt32Bits(weight) << 32 | (uint)token;

    public static int Token(ulong packed) => (int)(uint)packed;

    public static float Weight(ulong packed) => BitConverter.UInt32BitsToSingle((uint)(packed >> 32));
}

namespace TransformerGen.Model;

/// <summary>Rows of floats, and panels of keys, are whole multiples of 16: one cache line, and the widest vector.</summary>
internal static class Padding
{
    /// <summary>Floats that rows are padded to multiples of.</summary>
    public const int Floats = 16;

    /// <summary>The next multiple of 16 from a number on.</summary>
    public static int RoundUp(int count) => (count + Floats - 1) / Floats * Floats;
}

namespace TransformerGen.Weights;

/// <summary>What the format says about each <see cref="TensorType"/>: its name in a header and its size.</summary>
public static class TensorTypes
{
    private static readonly (TensorType Type, string Name, int Bits)[] Table =
    [
        (TensorType.F32, "F32", 32),
        (TensorType.F16, "F16", 16),
        (TensorType.BF16, "BF16", 16),
        (TensorType.F64, "F64", 64),
        (TensorType.I64, "I64", 64),
        (TensorType.I32, "I32", 32),
        (TensorType.I16, "I16", 16),
        (TensorType.I8, "I8", 8),
        (TensorType.U64, "U64", 64),
        (TensorType.U32, "U32", 32),
        (TensorType.U16, "U16", 16),
        (TensorType.U8, "U8", 8),
        (TensorType.Bool, "BOOL", 8),
        (TensorType.C64, "C64", 64),
        (TensorType.F8E4M3, "F8_E4M3", 8),
        (TensorType.F8E5M2, "F8_E5M2", 8),
        (TensorType.F8E8M0, "F8_E8M0", 8),
        (TensorType.F6E2M3, "F6_E2M3", 6),
        (TensorType.F6E3M2, "F6_E3M2", 6),
        (TensorType.F4, "F4", 4),
    ];

    /// <summary>All types.</summary>
    internal static TensorType[] All { get; } = [.. Table.Select(row => row.Type)];

    /// <summary>All header names, for error messages.</summary>
    internal static string AllNames { get; } = string.Join(", ", Table.Select(row => row.Name));

    /// <summary>The name that stands in a file's header, for example <c>F8_E4M3</c>.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>The header name.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="type"/> is not a member of the enumeration.</exception>
    public static string HeaderName(this TensorType type) => Row(type).Name;

    /// <summary>The size of one element in bits: 4 and 6 for the packed types, a multiple of 8 for all others.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>Bits per element.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="type"/> is not a member of the enumeration.</exception>
    public static int BitSize(this TensorType type) => Row(type).Bits;

    /// <summary>Whether <see cref="TensorReader.ReadFloats(string, Span{float})"/> and the float sources of <see cref="TensorSource"/> convert this type: F32, F16, BF16 and F64.</summary>
    /// <param name="type">The element type.</param>
    /// <returns><see langword="true"/> for the four convertible float types.</returns>
    public static bool ConvertsToFloat(this TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F64;

    /// <summary>Finds the type that a header names; names are case-sensitive.</summary>
    /// <param name="headerName">The name as it stands in the file.</param>
    /// <param name="type">The type found.</param>
    /// <returns><see langword="false"/> when the format has no such name.</returns>
    public static bool TryParse(string headerName, out TensorType type)
    {
        foreach (var row in Table)
        {
            if (row.Name == headerName)
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The bytes that a tensor takes, or <see langword="null"/> when its bits do not fill whole bytes or the size overflows.</summary>
    internal static long? ByteLength(this TensorType type, long elements)
    {
        Int128 bits = (Int128)elements * type.BitSize();
        return bits % 8 != 0 || bits / 8 > long.MaxValue ? null : (long)(bits / 8);
    }

    /// <summary>The product of a shape's entries, or <see langword="null"/> when an entry is negative or the product overflows 63 bits.</summary>
    internal static long? ElementCount(IReadOnlyList<long> shape)
    {
        long count = 1;
        for (int i = 0; i < shape.Count; i++)
        {
            long extent = shape[i];
            if (extent < 0 || (extent != 0 && count > long.MaxValue / extent))
                return null;
            count *= extent;
        }

        return count;
    }

    private static (TensorType Type, string Name, int Bits) Row(TensorType type) =>
        (uint)type < (uint)Table.Length
            ? Table[(int)type]
            : throw new ArgumentOutOfRangeException(nameof(type), type, "Not a tensor type of the safetensors format.");
}

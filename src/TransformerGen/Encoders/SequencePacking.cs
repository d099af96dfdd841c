using TransformerGen.Model;

namespace TransformerGen.Encoders;

/// <summary>Sequences with their token types, end to end.</summary>
internal static class SequencePacking
{
    /// <summary>Lays sequences end to end.</summary>
    /// <param name="sequences">Tokens of each.</param>
    /// <param name="types">Types of each's tokens; null for none.</param>
    /// <exception cref="ArgumentException">There are types, but not as many as tokens.</exception>
    public static (int[] Tokens, int[] Lengths, int[] Types) Pack(IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types)
    {
        (int[] tokens, int[] lengths) = PackedRows.Pack(sequences);
        if (types is null)
        {
            return (tokens, lengths, []);
        }

        (int[] packed, int[] counts) = PackedRows.Pack(types);
        return counts.AsSpan().SequenceEqual(lengths)
            ? (tokens, lengths, packed)
            : throw new ArgumentException("The types are not as many as the tokens. Expected one per token of each sequence, or null for type 0 everywhere.", nameof(types));
    }
}

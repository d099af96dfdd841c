namespace TransformerGen.Model;

/// <summary>
/// How a checkpoint stores a tensor, when not as it is held in memory. In memory, a matrix has one row per output of its product, and what a fused
/// projection computes lies together: all heads' queries, then all keys, then all values. The parts combine; <see cref="Transposed"/> and
/// <see cref="Experts"/> say nothing about vectors.
/// </summary>
public sealed record TensorLayout
{
    /// <summary>Stored as held: [Rows, Columns], or [Columns] for a vector.</summary>
    public static TensorLayout Plain { get; } = new();

    /// <summary>Stored with rows and columns exchanged: [Columns, Rows] (GPT-2's Conv1D).</summary>
    public bool Transposed { get; init; }

    /// <summary>Groups (heads) of rows that are stored one after the other; 0 when the rows are stored in the order in which they are held.</summary>
    public int Groups { get; init; }

    /// <summary>
    /// Rows that each group has of each part, empty without groups. Stored: the first group's part 0, its part 1 and so on, then the second group's; held: part 0 of all
    /// groups, then part 1 of all groups. Bloom and GPT-NeoX have a group per head and the parts [K, K, K], Falcon's new decoder a group per key head and
    /// [g · K, K, K]. Of a vector, its elements are the rows.
    /// </summary>
    public IReadOnlyList<int> Parts { get; init; } = [];

    /// <summary>Experts that are stored in one tensor [Experts, Rows / Experts, Columns] and held one below the other; 0 for a tensor of two dimensions.</summary>
    public int Experts { get; init; }

    /// <summary>A vector that is stored [1, Columns].</summary>
    public bool IsRow { get; init; }

    /// <summary>Whether stored and held elements have the same order.</summary>
    public bool IsPlain => !Transposed && Groups == 0;

    /// <inheritdoc/>
    public bool Equals(TensorLayout? other) =>
        other is not null && Transposed == other.Transposed && Groups == other.Groups && Experts == other.Experts && IsRow == other.IsRow && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Transposed, Groups, Experts, IsRow, Parts.Count);
}

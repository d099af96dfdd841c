namespace TransformerGen.Weights;

/// <summary>One entry of a safetensors header. Equal when all parts are equal, the shape entry by entry.</summary>
/// <param name="Name">The tensor's name, unique in its file.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The extents, outermost first; empty for a scalar. An extent may be zero.</param>
/// <param name="Offset">Bytes from the start of the file's data (which follows the header) to the first element.</param>
/// <param name="ByteLength">Bytes that the elements take.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The number of elements: the product of <see cref="Shape"/>, 1 for a scalar.</summary>
    /// <exception cref="InvalidOperationException">The shape has a negative extent or overflows; never for an entry read from a file.</exception>
    public long ElementCount =>
        TensorTypes.ElementCount(Shape) ?? throw new InvalidOperationException($"Tensor '{Name}' has the impossible shape {Describe(Shape)}.");

    /// <inheritdoc/>
    public bool Equals(TensorInfo? other) =>
        other is not null && Name == other.Name && Type == other.Type && Offset == other.Offset
        && ByteLength == other.ByteLength && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Offset, ByteLength, Shape.Count);

    /// <summary>A line for people: name, type and shape.</summary>
    /// <returns>For example <c>shared.weight F32 [64, 32]</c>.</returns>
    public override string ToString() => $"{Name} {Type.HeaderName()} {Describe(Shape)}";

    internal static string Describe(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}

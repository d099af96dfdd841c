using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Spec;

/// <summary>One tensor of a checkpoint: rows of a product's weight, or of its bias.</summary>
internal sealed record TensorSpec(string Name, int Rows)
{
    public TensorLayout Layout { get; init; } = TensorLayout.Plain;
}

/// <summary>x·Wᵀ + b with the tensors that W and b are made of, one below the other.</summary>
internal sealed record ProjectionSpec(EquatableList<TensorSpec> Weights, EquatableList<TensorSpec>? Biases)
{
    /// <summary>Columns of what it gives.</summary>
    public int Width => Weights.Sum(tensor => tensor.Rows);

    /// <summary>Products named name.weight and name.bias, one below the other.</summary>
    public static ProjectionSpec Of(bool bias, params (string Name, int Rows)[] products) => new(
        new EquatableList<TensorSpec>(products.Select(p => new TensorSpec(p.Name + ".weight", p.Rows))),
        bias ? new EquatableList<TensorSpec>(products.Select(p => new TensorSpec(p.Name + ".bias", p.Rows))) : null);

    /// <summary>A product that the checkpoint stores in another layout.</summary>
    public static ProjectionSpec Of(bool bias, string name, int rows, TensorLayout layout) => new(
        new EquatableList<TensorSpec>([new TensorSpec(name + ".weight", rows) { Layout = layout }]),
        bias ? new EquatableList<TensorSpec>([new TensorSpec(name + ".bias", rows) { Layout = layout with { Transposed = false } }]) : null);
}

using System;
using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// How a checkpoint stores a tensor of ours; the runtime's TensorLayout of the same members does the copying. Ours are the tensor's rows, or for a
/// vector its elements.
/// </summary>
internal sealed record TensorLayout
{
    /// <summary>As ours: [rows, columns], or [columns] for a vector.</summary>
    public static TensorLayout Plain { get; } = new();

    /// <summary>Stored [columns, rows] (GPT-2's Conv1D). Says nothing about vectors.</summary>
    public bool Transposed { get; init; }

    /// <summary>Groups of rows in the checkpoint; 0 when they are in our order.</summary>
    public int Groups { get; init; }

    /// <summary>Rows that a group has of each part. Stored: group 0's part 0, part 1 ..., then group 1's; ours: part 0 of all groups, then part 1 of all groups.</summary>
    public EquatableList<int> Parts { get; init; } = EquatableList<int>.Empty;

    /// <summary>Experts of a tensor of three dimensions [experts, rows / experts, columns]; 0 for one of two.</summary>
    public int Experts { get; init; }

    /// <summary>A vector stored [1, columns].</summary>
    public bool IsRow { get; init; }

    /// <summary>Whether the checkpoint's order is ours.</summary>
    public bool IsPlain => this == Plain;

    /// <summary>Stored rows are, for each of the groups (heads), the first part's, the second's ...: fused queries, keys and values of Bloom, GPT-NeoX, Falcon.</summary>
    public static TensorLayout Grouped(int groups, params int[] parts) => new() { Groups = groups, Parts = new EquatableList<int>(parts) };

    /// <summary>One tensor [experts, rows / experts, columns].</summary>
    public static TensorLayout Stacked(int experts) => new() { Experts = experts };

    /// <summary>The shape in the checkpoint of a tensor that is ours as rows · columns.</summary>
    public int[] Shape(int rows, int columns, bool isVector) =>
        isVector ? IsRow ? [1, columns] : [columns]
        : Experts > 0 ? Transposed ? [Experts, columns, rows / Experts] : [Experts, rows / Experts, columns]
        : Transposed ? [columns, rows] : [rows, columns];

    /// <summary>Refuses a layout that does not cover the tensor exactly.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public void Check(Tensor tensor)
    {
        int rows = tensor.Rank == 1 ? tensor.Columns : tensor.Rows, experts = Math.Max(1, Experts);
        bool fits = rows % experts == 0 && (Groups > 0 ? rows / experts == Groups * Parts.Sum() : Parts.Count == 0)
            && (tensor.Rank == 1 ? !Transposed && Experts == 0 : !IsRow);
        if (!fits)
        {
            throw new InvalidOperationException($"The tensor {tensor.Name} [{tensor.Rows}, {tensor.Columns}] of rank {tensor.Rank} cannot be stored as {this}.");
        }
    }
}

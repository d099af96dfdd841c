namespace TransformerGen.Generator.Graph;

/// <summary>A dimension that is known only when a batch arrives. Everything else is a constant.</summary>
internal enum Symbol
{
    /// <summary>Tokens of all source sequences, end to end.</summary>
    SourceRows,

    /// <summary>Tokens of all target sequences, end to end.</summary>
    TargetRows,

    /// <summary>Rows whose next token is predicted.</summary>
    LabelRows,

    /// <summary>Sequences of the source side.</summary>
    SourceSequences,

    /// <summary>Sequences of the target side.</summary>
    TargetSequences,

    /// <summary>Copies of the source rows that go through experts, grouped by expert.</summary>
    SourceExpertRows,

    /// <summary>Copies of the target rows that go through experts, grouped by expert.</summary>
    TargetExpertRows,

    /// <summary>One row, whatever the batch.</summary>
    Once,
}

/// <summary>An activation: [rows, width], row-major. Rows is a symbol; width a constant.</summary>
internal sealed class Value(Stage stage, string role, Symbol rows, int width)
{
    /// <summary>Where it is made.</summary>
    public Stage Stage { get; } = stage;

    /// <summary>What it is in its stage, such as Qkv; stage and role together name it.</summary>
    public string Role { get; } = role;

    public Symbol Rows { get; } = rows;

    public int Width { get; } = width;

    /// <summary>Floats from one row to the next: the width rounded up to a whole number of the widest vectors.</summary>
    public int Stride => Padding.Of(Width);

    /// <summary>Its life lasts to the end of the plan: an output, or a captured state.</summary>
    public bool IsKept { get; set; }

    public string Name => Stage.Name + Role;

    public override string ToString() => $"{Name} [{Rows}, {Width}]";
}

/// <summary>Rows of values and matrices start on 64-byte boundaries: 16 floats.</summary>
internal static class Padding
{
    public const int Floats = 16;

    public static int Of(int width) => (width + Floats - 1) / Floats * Floats;
}

/// <summary>A part of the model that becomes one method: an embedding, a layer, the output.</summary>
/// <param name="Name">Prefix of its values and parameters, such as Encoder1; a method's name.</param>
/// <param name="Title">For the reader: Encoder layer 1 of 2.</param>
/// <param name="Formula">What it computes, in the paper's notation.</param>
internal sealed record Stage(string Name, string Title, string Formula);

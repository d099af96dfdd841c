using System;
using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Graph;

/// <summary>How a tensor starts; the names are those of the runtime's Initialization.</summary>
internal enum InitialValue
{
    Zeros,
    Ones,
    XavierUniform,
    Normal,
    Sinusoids,
    SinesThenCosines,
}

/// <summary>One tensor of the checkpoint inside a parameter: its rows, or for a vector its columns.</summary>
/// <param name="Rank">1 for a vector, 2 for a matrix, as the graph uses it; how the checkpoint stores it is its layout's business.</param>
internal sealed record Tensor(string Name, int Rows, int Columns, int Rank, InitialValue Initial, float Deviation = 0f, bool IsBuffer = false)
{
    /// <summary>How the checkpoint stores it.</summary>
    public TensorLayout Layout { get; init; } = TensorLayout.Plain;

    /// <summary>Whether a checkpoint may lack it, for it starts the same in every model.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>The shape in the checkpoint.</summary>
    public int[] StoredShape => Layout.Shape(Rows, Columns, Rank == 1);
}

/// <summary>
/// What an operation multiplies with: a matrix [rows, columns] of one or more tensors, one below the other, or a vector [columns] of tensors,
/// side by side. Row-major in the flat buffer at <see cref="Offset"/>.
/// </summary>
internal sealed class Parameter(string name, IReadOnlyList<Tensor> tensors, int offset)
{
    /// <summary>A name for generated constants, such as Encoder1SelfQkv.</summary>
    public string Name { get; } = name;

    public IReadOnlyList<Tensor> Tensors { get; } = tensors;

    public int Offset { get; } = offset;

    public bool IsVector => Tensors[0].Rank == 1;

    public int Rows => IsVector ? 1 : Tensors.Sum(t => t.Rows);

    public int Columns => IsVector ? Tensors.Sum(t => t.Columns) : Tensors[0].Columns;

    public int Stride => Padding.Of(Columns);

    public int Floats => checked(Rows * Stride);

    public override string ToString() => IsVector ? $"{Name} [{Columns}]" : $"{Name} [{Rows}, {Columns}]";
}

/// <summary>All parameters of a model in the order of the flat buffer. Asking twice for the same tensors gives the same parameter: that is tying.</summary>
internal sealed class ParameterTable
{
    private readonly Dictionary<string, Parameter> _byTensor = new(StringComparer.Ordinal);
    private readonly Dictionary<Parameter, int> _panels = [];
    private readonly Dictionary<Parameter, int> _transposedPanels = [];
    private readonly Dictionary<Parameter, int> _parts = [];
    private readonly HashSet<Parameter> _tables = [];
    private readonly List<Parameter> _all = [];

    public IReadOnlyList<Parameter> All => _all;

    /// <summary>Floats of the flat buffer.</summary>
    public int Floats { get; private set; }

    /// <summary>Floats of the panels that every product x·Wᵀ reads.</summary>
    public int PanelFloats { get; private set; }

    /// <summary>Floats of the panels that every product dy·W reads.</summary>
    public int TransposedPanelFloats { get; private set; }

    public IReadOnlyDictionary<Parameter, int> Panels => _panels;

    public IReadOnlyDictionary<Parameter, int> TransposedPanels => _transposedPanels;

    /// <summary>The parameter that begins with a tensor, null where there is none yet.</summary>
    public Parameter? Find(string tensor) => _byTensor.TryGetValue(tensor, out Parameter? parameter) ? parameter : null;

    public Parameter Get(string name, params Tensor[] tensors)
    {
        if (!_byTensor.TryGetValue(tensors[0].Name, out Parameter? parameter))
        {
            foreach (Tensor tensor in tensors)
            {
                tensor.Layout.Check(tensor);
            }

            parameter = new Parameter(name, tensors, Floats);
            Floats = checked(Floats + parameter.Floats);
            _byTensor.Add(tensors[0].Name, parameter);
            _all.Add(parameter);
        }

        if (!parameter.Tensors.SequenceEqual(tensors))
        {
            throw new InvalidOperationException($"The parameter {parameter} is used with other shapes under the same tensor name {tensors[0].Name}.");
        }

        return parameter;
    }

    /// <summary>Notes that rows of a matrix are looked up by token, whatever else is done with it.</summary>
    public Parameter Table(Parameter table)
    {
        _tables.Add(table);
        return table;
    }

    /// <summary>Whether a matrix is the weight of linear layers alone: multiplied with, and never looked up.</summary>
    public bool IsProjection(Parameter weight) => _panels.ContainsKey(weight) && !_tables.Contains(weight);

    /// <summary>Where the packed panels of a weight [N, K] for x·Wᵀ begin: K · pad(N) floats.</summary>
    public int Panel(Parameter weight, int parts = 1)
    {
        if (!_panels.TryGetValue(weight, out int offset))
        {
            _parts[weight] = parts;
            _panels.Add(weight, offset = PanelFloats);
            PanelFloats = checked(PanelFloats + (parts * Padding.Of(weight.Columns * Padding.Of(weight.Rows / parts))));
        }

        return offset;
    }

    /// <summary>Weights of separate products, one below the other, that a weight is made of: 1, or the experts.</summary>
    public int PartsOf(Parameter weight) => _parts[weight];

    /// <summary>Where the packed panels of a weight [N, K] for dy·W begin: N · pad(K) floats.</summary>
    public int TransposedPanel(Parameter weight, int parts = 1)
    {
        if (!_transposedPanels.TryGetValue(weight, out int offset))
        {
            _transposedPanels.Add(weight, offset = TransposedPanelFloats);
            TransposedPanelFloats = checked(TransposedPanelFloats + (parts * Padding.Of(weight.Rows / parts * Padding.Of(weight.Columns))));
        }

        return offset;
    }
}

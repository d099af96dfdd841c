using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle;

/// <summary>A model's numbers by the names of the checkpoint's tensors, running statistics included. A vector is a matrix of one row.</summary>
internal sealed class OracleParameters
{
    private readonly Dictionary<string, Matrix> _tensors = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Matrix> Tensors => _tensors;

    /// <summary>A tensor, for reading and for writing.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public Matrix this[string tensor]
    {
        get => _tensors.TryGetValue(tensor, out Matrix? matrix)
            ? matrix
            : throw new KeyNotFoundException($"The oracle has no tensor {tensor}; it has {string.Join(", ", _tensors.Keys.Order(StringComparer.Ordinal))}.");
        set => _tensors[tensor] = value;
    }

    /// <summary>The tensors of a safetensors file.</summary>
    public static OracleParameters FromFile(string path)
    {
        var parameters = new OracleParameters();
        foreach ((string name, StoredTensor tensor) in TensorFile.Read(path))
        {
            parameters[name] = tensor.ToMatrix();
        }

        return parameters;
    }

    /// <summary>The tensors of a checkpoint's folder: one file, or its shards.</summary>
    public static OracleParameters FromFolder(string folder)
    {
        var parameters = new OracleParameters();
        foreach ((string name, StoredTensor tensor) in Directory.GetFiles(folder, "model*.safetensors").SelectMany(TensorFile.Read))
        {
            parameters[name] = tensor.ToMatrix();
        }

        return parameters;
    }

    /// <summary>
    /// Numbers for every parameter of a table, none at the value it starts training with, so that no gradient hides behind a zero or a one: matrices
    /// normal with deviation <paramref name="gain"/> / √columns, gains about 1, running variances in [0.5, 1.5], other vectors about 0.
    /// They are multiples of 2⁻²⁰ below 8, so a float holds them exactly.
    /// </summary>
    public static OracleParameters Random(ParameterTable table, int seed, double gain = 1.0)
    {
        var random = new Random(seed);
        var parameters = new OracleParameters();
        foreach (Parameter parameter in table.All)
        {
            foreach (Tensor tensor in parameter.Tensors)
            {
                Matrix matrix = StoredOrder.Empty(tensor);
                for (int i = 0; i < matrix.Data.Length; i++)
                {
                    double x = tensor.Initial == InitialValue.Ones && tensor.IsBuffer ? 0.5 + random.NextDouble()
                        : tensor.Initial == InitialValue.Ones ? 1 + (0.3 * Normal(random))
                        : tensor.Rank == 1 ? 0.3 * Normal(random)
                        : gain * Normal(random) / Math.Sqrt(tensor.Columns);
                    matrix.Data[i] = Math.Round(x * 1048576) / 1048576;
                }

                parameters[tensor.Name] = matrix;
            }
        }

        return parameters;
    }

    public OracleParameters Copy()
    {
        var copy = new OracleParameters();
        foreach ((string name, Matrix matrix) in _tensors)
        {
            copy[name] = matrix.Copy();
        }

        return copy;
    }

    /// <summary>The same numbers, one tensor apart; the others are shared.</summary>
    public OracleParameters With(string tensor, Matrix value)
    {
        var other = new OracleParameters();
        foreach ((string name, Matrix matrix) in _tensors)
        {
            other[name] = matrix;
        }

        other[tensor] = value;
        return other;
    }

    /// <summary>A graph's parameter put together from its tensors: matrices one below the other, vectors side by side.</summary>
    public Matrix Assemble(Parameter parameter)
    {
        var whole = new Matrix(parameter.Rows, parameter.Columns);
        int at = 0;
        foreach (Tensor tensor in parameter.Tensors)
        {
            double[] part = StoredOrder.ToHeld(tensor, this[tensor.Name]);
            part.CopyTo(whole.Data, at);
            at += part.Length;
        }

        return whole;
    }

    /// <summary>The inverse of <see cref="Assemble"/>: a parameter's gradient (or new value) as its tensors.</summary>
    public static IEnumerable<(string Tensor, Matrix Part)> Split(Parameter parameter, Matrix whole)
    {
        int at = 0;
        foreach (Tensor tensor in parameter.Tensors)
        {
            int length = tensor.Rows * tensor.Columns;
            yield return (tensor.Name, StoredOrder.FromHeld(tensor, whole.Data.AsSpan(at, length)));
            at += length;
        }
    }

    // Box and Muller 1958.
    private static double Normal(Random random) =>
        Math.Clamp(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()), -4, 4);
}

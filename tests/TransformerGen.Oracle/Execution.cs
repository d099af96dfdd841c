using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Kernels;

namespace TransformerGen.Oracle;

/// <summary>The state of one pass: what has been computed so far, and what the rules ask for.</summary>
internal sealed class Execution(OracleBatch batch, OracleParameters parameters, OracleCache cache, float mainDropout)
{
    private readonly Dictionary<Value, Matrix> _values = [];
    private readonly Dictionary<string, Value> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<Value, Operation> _replaced = [];
    private readonly Dictionary<Parameter, Matrix> _parameters = [];

    public OracleBatch Batch { get; } = batch;

    public OracleCache Cache { get; } = cache;

    public PackedRows Sources { get; } = new(batch.Sources);

    public PackedRows Targets { get; } = new(batch.Targets);

    public Dictionary<Parameter, Matrix> Gradients { get; } = [];

    public Dictionary<Parameter, Matrix> Buffers { get; } = [];

    public Dictionary<int, OracleProbabilities> Probabilities { get; } = [];

    public double Loss { get; set; }

    /// <summary>See <see cref="OracleResult.Squares"/>.</summary>
    public Dictionary<string, Matrix> Squares { get; } = new(StringComparer.Ordinal);

    /// <summary>Experts that a row goes through; the router sets it.</summary>
    public int Choices { get; set; }

    /// <summary>See <see cref="OracleResult.Margin"/>.</summary>
    public double Margin { get; private set; } = double.PositiveInfinity;

    /// <summary>Dropout at a site: the pass's own rate, or the site's.</summary>
    public DropoutKey DropoutAt(DropoutSite site) => site.Rate == mainDropout ? Batch.Dropout : Batch.Dropout.At(site.Rate);

    /// <summary>Notes how far a number is from where it would be decided otherwise.</summary>
    public void Decide(double distance) => Margin = Math.Min(Margin, Math.Abs(distance));

    /// <summary>What each row's loss is multiplied with.</summary>
    public double Scale => Batch.Scale ?? (Batch.LabelRows.Count == 0 ? 0 : 1.0 / Batch.LabelRows.Count);

    public IReadOnlyDictionary<string, Matrix> ByName => _names.ToDictionary(pair => pair.Key, pair => _values[pair.Value], StringComparer.Ordinal);

    /// <summary>The rows of a side, for values of the source or the target.</summary>
    public PackedRows Side(Symbol rows) => rows switch
    {
        Symbol.SourceRows => Sources,
        Symbol.TargetRows => Targets,
        _ => throw new InvalidOperationException($"{rows} are not the tokens of a side."),
    };

    /// <summary>The side and row of the token behind a row; label rows are rows of the targets where there are any.</summary>
    public (PackedRows Side, int Row) Token(Symbol rows, int row) => rows == Symbol.LabelRows
        ? (Targets.Count > 0 ? Targets : Sources, Batch.LabelRows[row])
        : (Side(rows), row);

    public int Count(Symbol rows) => rows switch
    {
        Symbol.SourceRows => Sources.Count,
        Symbol.TargetRows => Targets.Count,
        Symbol.LabelRows => Batch.LabelRows.Count,
        Symbol.SourceSequences => Batch.Sources.Count,
        Symbol.TargetSequences => Batch.Targets.Count,
        Symbol.SourceExpertRows => Sources.Count * Choices,
        Symbol.TargetExpertRows => Targets.Count * Choices,
        Symbol.Once => 1,
        _ => throw new InvalidOperationException($"The oracle does not know how many {rows} there are."),
    };

    /// <summary>The contents of a value that an operation reads.</summary>
    /// <exception cref="InvalidOperationException">Nothing has written it, or another operation has taken its place.</exception>
    public Matrix Read(Value value)
    {
        if (_replaced.TryGetValue(value, out Operation? by))
        {
            throw new InvalidOperationException($"{value} is read after {by.GetType().Name} in {by.Stage.Name} has written its result in the value's place.");
        }

        return _values.TryGetValue(value, out Matrix? matrix) ? matrix : throw new InvalidOperationException($"{value} is read before it is written.");
    }

    /// <summary>Zeros in the shape of a value, for its operation to fill.</summary>
    /// <exception cref="InvalidOperationException">It has been written already, or another value has its name.</exception>
    public Matrix Write(Value value)
    {
        if (!_names.TryAdd(value.Name, value))
        {
            throw new InvalidOperationException($"{value} is written twice, or two values have this name.");
        }

        var matrix = new Matrix(Count(value.Rows), value.Width);
        _values.Add(value, matrix);
        return matrix;
    }

    /// <summary>Notes which values an operation has replaced, so that a later reader fails.</summary>
    public void Replace(Operation operation)
    {
        foreach ((Value input, Value _) in operation.InPlace)
        {
            _replaced[input] = operation;
        }
    }

    /// <summary>A parameter's numbers, [rows, columns].</summary>
    public Matrix Of(Parameter parameter)
    {
        if (!_parameters.TryGetValue(parameter, out Matrix? matrix))
        {
            _parameters.Add(parameter, matrix = parameters.Assemble(parameter));
        }

        return matrix;
    }

    /// <summary>The gradient of a parameter, to add to.</summary>
    public Matrix GradientOf(Parameter parameter)
    {
        if (!Gradients.TryGetValue(parameter, out Matrix? matrix))
        {
            Gradients.Add(parameter, matrix = new Matrix(parameter.Rows, parameter.Columns));
        }

        return matrix;
    }
}

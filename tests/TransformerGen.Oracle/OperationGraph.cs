using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle;

/// <summary>
/// The smallest real graph around an operation. Its inputs are rows of tables, so that the gradient of an input is the gradient of a table; its output goes through
/// a random projection to the cross-entropy, so that the gradient that reaches it has no symmetry to hide behind.
/// </summary>
internal sealed class OperationGraph
{
    /// <summary>Rows of the table of an input.</summary>
    public const int Tokens = 9;

    /// <summary>Rows of a table of token types.</summary>
    public const int Types = 3;

    private const int Classes = 5;

    private int _inputs;
    private int _parameters;

    /// <summary>Rows of a table of learned positions.</summary>
    public int Positions { get; init; } = 8;

    /// <summary>Statistics are kept, and the backward pass appended.</summary>
    public bool IsTraining { get; init; } = true;

    public ParameterTable Table { get; } = new();

    public ModelGraph Graph { get; } = new();

    public Stage Stage { get; } = new("Test", "The operation under test", "");

    /// <summary>An input: a row of its own table for each token.</summary>
    public Value Input(int width, Symbol rows = Symbol.TargetRows)
    {
        string name = $"input{++_inputs}";
        var y = new Value(new Stage(name, name, ""), $"X{_inputs}", rows, width);
        Graph.Add(new Embed(y.Stage, Parameter(name, Tokens, width), 1f, PositionKind.None, null, null, y));
        return y;
    }

    public Value Output(string role, Value like, int? width = null) => new(Stage, role, like.Rows, width ?? like.Width);

    public Parameter Parameter(string name, int rows, int columns) => Table.Get(Naming.Pascal(name), new Tensor(name, rows, columns, 2, InitialValue.Normal));

    public Parameter Vector(string name, int columns, InitialValue initial = InitialValue.Zeros, bool isBuffer = false) =>
        Table.Get(Naming.Pascal(name), new Tensor(name, 1, columns, 1, initial, 0f, isBuffer));

    /// <summary>A norm's numbers; the gain of a unit offset is drawn about 0.</summary>
    public NormParameters Norm(NormKind kind, int width, bool hasShift = true, bool unitOffset = false)
    {
        string name = $"norm{++_parameters}.";
        Parameter gain = Vector(name + "gain", width, unitOffset ? InitialValue.Zeros : InitialValue.Ones);
        Parameter? shift = hasShift ? Vector(name + "shift", width) : null;
        return kind != NormKind.Batch
            ? new NormParameters(kind, 1e-3f, unitOffset, gain, shift, null, null)
            : new NormParameters(kind, 1e-3f, unitOffset, gain, shift, Vector(name + "mean", width, isBuffer: true), Vector(name + "variance", width, InitialValue.Ones, isBuffer: true));
    }

    /// <summary>A layer norm without parameters.</summary>
    public static NormParameters BareNorm() => new(NormKind.Layer, 1e-3f, UnitOffset: false, null, null, null, null);

    /// <summary>Projects, selects the label rows, takes the loss, and appends the backward pass.</summary>
    public OperationGraph Finish(Value y)
    {
        var stage = new Stage("Output", "Output", "");
        var projected = new Value(stage, "Projected", y.Rows, Classes);
        Parameter projection = Parameter("projection", Classes, y.Width);
        Table.Panel(projection);
        Graph.Add(new Linear(stage, y, projection, null, ActivationKind.None, projected, null));
        var logits = new Value(stage, "Logits", Symbol.LabelRows, Classes);
        Graph.Add(new Select(stage, projected, logits));
        if (!IsTraining)
        {
            Graph.Keep("Logits", logits);
            Graph.ForwardCount = Graph.Operations.Count;
            GraphVerifier.Verify(Graph);
            return this;
        }

        var losses = new Value(stage, "Losses", Symbol.LabelRows, 1);
        Graph.Add(new CrossEntropy(stage, logits, losses, new Value(stage, "DLogits", Symbol.LabelRows, Classes)));
        Graph.Keep("Losses", losses);
        Graph.ForwardCount = Graph.Operations.Count;
        Differentiation.Append(GraphVerifier.Verify(Graph), Table);
        return this;
    }

    /// <summary>Sequences of 7, 1 and 4 targets and 5, 3 and 2 sources; all target rows but two are labelled.</summary>
    public static OracleBatch Batch(int seed, double dropout) => Batch(seed, dropout, 7, 1, 4);

    /// <summary>Sequences of some lengths; all target rows but two are labelled. Targets have token types.</summary>
    public static OracleBatch Batch(int seed, double dropout, params ReadOnlySpan<int> targets)
    {
        var random = new Random(seed);
        int[] Sequence(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(Tokens))];
        int[][] sources = [Sequence(5), Sequence(3), Sequence(2)];
        var drawn = new int[targets.Length][];
        int rows = 0;
        for (int s = 0; s < targets.Length; s++)
        {
            drawn[s] = Sequence(targets[s]);
            rows += targets[s];
        }

        int?[] labels = [.. Enumerable.Range(0, rows).Select(row => row is 2 or 9 ? (int?)null : random.Next(Classes))];
        OracleBatch batch = OracleBatch.Of(sources, drawn, labels);
        return batch with
        {
            Targets = [.. batch.Targets.Select(sequence => sequence with { Types = [.. sequence.Tokens.Select(_ => random.Next(Types))] })],
            Smoothing = 0.1,
            Training = true,
            Scale = 0.3,
            Dropout = Kernels.DropoutKey.Create((ulong)seed, 3, 1, dropout),
        };
    }
}

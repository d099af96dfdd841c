using System.Reflection;
using TransformerGen.Generated.Tests.Specs;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Testing;

namespace TransformerGen.Generated.Tests.Operations;

/// <summary>One small graph in generated code, against the oracle.</summary>
internal sealed unsafe class OperationRun
{
    private readonly OperationGraph _graph;
    private readonly string _name;
    private readonly MemoryPlan[] _plans;

    /// <summary>Emits a graph twice: with and without shared memory.</summary>
    /// <param name="name">A name for classes.</param>
    /// <param name="graph">The finished graph.</param>
    /// <param name="emitted">Takes the two classes.</param>
    public OperationRun(string name, OperationGraph graph, EmittedGraphs emitted)
    {
        (_name, _graph) = (name, graph);
        _plans =
        [
            emitted.Add(name + "Unshared", graph.Graph, graph.Table, share: false, graph.Positions),
            emitted.Add(name + "Shared", graph.Graph, graph.Table, share: true, graph.Positions),
        ];
    }

    /// <summary>Runs the compiled classes on one batch.</summary>
    public void Check(Assembly assembly, OracleBatch batch, SpecReport report)
    {
        OracleParameters parameters = OracleParameters.Random(_graph.Table, 1);
        OracleResult expected = Interpreter.Run(_graph.Graph, _graph.Table, batch, parameters);
        using var two = new Team(2);
        Result unshared = Run(assembly, 0, Team.Alone, batch, parameters);
        Values(unshared, expected, report);
        foreach ((Result other, string how) in ((Result, string)[])[(Run(assembly, 0, two, batch, parameters), "at 2 threads"), (Run(assembly, 1, two, batch, parameters), "with shared memory")])
        {
            report.Same("gradients " + how, other.Gradients, unshared.Gradients);
            foreach (string name in _graph.Graph.Outputs.Keys)
            {
                report.Same($"{name} {how}", other.Outputs[name], unshared.Outputs[name]);
            }
        }
    }

    private void Values(Result actual, OracleResult expected, SpecReport report)
    {
        HashSet<Value> replaced = [.. _graph.Graph.Operations.SelectMany(o => o.InPlace).Select(pair => pair.Input)];
        foreach ((Value value, float[] contents) in actual.Values.Where(pair => !replaced.Contains(pair.Key)))
        {
            Matrix matrix = expected.Values[value.Name];
            var inner = new float[matrix.Data.Length];
            bool isPadded = true;
            for (int r = 0; r < matrix.Rows; r++)
            {
                contents.AsSpan(r * value.Stride, value.Width).CopyTo(inner.AsSpan(r * value.Width));
                isPadded &= contents.AsSpan((r * value.Stride) + value.Width, value.Stride - value.Width).IndexOfAnyExcept(0f) < 0;
            }

            report.Near("value " + value.Name, inner, matrix, 0.01);
            report.Check($"padding of {value.Name} is zero", isPadded || value.Role.EndsWith("Statistics", StringComparison.Ordinal) || value.Role == "Losses");
        }

        double least = 0.01 * expected.Gradients.Values.SelectMany(gradient => gradient.Data).Select(Math.Abs).DefaultIfEmpty().Max();
        foreach (Parameter parameter in _graph.Table.All.Where(p => expected.Gradients.ContainsKey(p.Tensors[0].Name)))
        {
            Matrix matrix = expected.Gradients[parameter.Tensors[0].Name];
            var inner = new float[matrix.Data.Length];
            for (int r = 0; r < matrix.Rows; r++)
            {
                actual.Gradients.AsSpan(parameter.Offset + (r * parameter.Stride), matrix.Columns).CopyTo(inner.AsSpan(r * matrix.Columns));
            }

            report.Near("gradient of " + parameter.Name, inner, matrix, least);
        }
    }

    private Result Run(Assembly assembly, int which, Team team, OracleBatch batch, OracleParameters parameters)
    {
        Type type = assembly.GetType($"{EmittedGraphs.ClassName}+{_name}{(which == 0 ? "Unshared" : "Shared")}", throwOnError: true)!;
        using var weights = new ModelWeights(Info(), type.GetMethod("Pack")!.CreateDelegate<Action<ModelWeights, int, int>>());
        foreach (Parameter parameter in _graph.Table.All)
        {
            Matrix matrix = parameters.Assemble(parameter);
            for (int r = 0; r < matrix.Rows; r++)
            {
                for (int c = 0; c < matrix.Columns; c++)
                {
                    weights.Values.Start[parameter.Offset + (r * parameter.Stride) + c] = (float)matrix[r, c];
                }
            }
        }

        weights.Pack(team);
        weights.EnableTraining(team);
        using var gradients = new NativeBuffer(_graph.Table.Floats);
        using var s = new Workspace(weights, team)
        {
            Gradients = gradients.Start,
            Dropout = batch.Dropout,
            Smoothing = (float)batch.Smoothing,
            LossScale = (float)(batch.Scale ?? 1),
        };
        foreach (OracleSequence sequence in batch.Targets)
        {
            s.Target.Add([.. sequence.Tokens], types: sequence.Types is null ? [] : [.. sequence.Types]);
        }

        for (int i = 0; i < batch.LabelRows.Count; i++)
        {
            s.Labels.Add(batch.LabelRows[i], batch.Labels[i]);
        }

        Action<Workspace> forward = type.GetMethod("Forward")!.CreateDelegate<Action<Workspace>>(), backward = type.GetMethod("Backward")!.CreateDelegate<Action<Workspace>>();
        forward(s);

        // Again on memory that holds anything but zeros: whatever is read has been written in this pass.
        foreach ((Symbol symbol, int floats) in _plans[which].Sizes)
        {
            new Span<float>(Arena(s, symbol)[0], floats * Count(s, symbol)).Fill(float.NaN);
        }

        gradients.Span.Fill(float.NaN);
        forward(s);
        backward(s);
        foreach (Parameter parameter in _graph.Table.All.Where(p => !_graph.Graph.Operations.SelectMany(o => o.ParameterGradients).Contains(p)))
        {
            new Span<float>(gradients.Start + parameter.Offset, parameter.Floats).Clear();
        }

        float[] Contents(Value value) => new Span<float>(Arena(s, value.Rows)[_plans[which].Offset(value)], value.Stride * Count(s, value.Rows)).ToArray();
        return new Result(
            gradients.Span.ToArray(),
            _plans[which].Values.ToDictionary(value => value, Contents),
            _graph.Graph.Outputs.ToDictionary(output => output.Key, output => Contents(output.Value)));
    }

    private static Region Arena(Workspace s, Symbol symbol) => symbol switch
    {
        Symbol.TargetRows => s.TargetArena,
        Symbol.LabelRows => s.LabelArena,
        Symbol.TargetExpertRows => s.TargetExpertArena,
        Symbol.Once => s.OnceArena,
        _ => throw new InvalidOperationException($"These graphs have no {symbol}."),
    };

    private static int Count(Workspace s, Symbol symbol) => symbol switch
    {
        Symbol.TargetRows => s.Target.Count,
        Symbol.TargetExpertRows => s.TargetExpertArena.Count,
        Symbol.Once => 1,
        _ => s.Labels.Count,
    };

    private ModelInfo Info() => new()
    {
        Name = _name,
        ModelType = "operation",
        ConfigJson = "{}",
        Vocabulary = OperationGraph.Tokens,
        Width = 1,
        MaxLength = _graph.Positions,
        PadId = 0,
        BeginId = 0,
        EndIds = [],
        HasEncoder = false,
        HasDecoder = true,
        HasBatchNorm = false,
        Dropout = 0,
        ValueFloats = _graph.Table.Floats,
        PanelFloats = _graph.Table.PanelFloats,
        TrainingPanelFloats = _graph.Table.TransposedPanelFloats,
        SelfCacheLayers = [],
        CrossCacheFloats = 0,
        Parameters = [.. _graph.Table.All.Select(p => new Model.ParameterInfo(p.Name, p.Rows, p.Columns, 2, p.Offset, p.Stride, Initialization.Zeros))],
    };

    private sealed record Result(float[] Gradients, Dictionary<Value, float[]> Values, Dictionary<string, float[]> Outputs);
}

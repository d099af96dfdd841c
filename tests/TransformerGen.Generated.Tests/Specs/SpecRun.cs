using System.Reflection;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Testing;
using TransformerGen.Training;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>A random spec with its numbers, its graphs and what the oracle says about them.</summary>
internal sealed class SpecRun
{
    // A ReLU's input or a top-k score nearer than this to where it decides is decided by rounding; then other numbers are drawn.
    private const double LeastMargin = 1e-5;
    private const int Draws = 200;

    private SpecRun(RandomSpec spec, ModelSpec model)
    {
        Spec = spec;
        Model = model;
        Unshared = new CompiledModel(model with { Options = model.Options with { ShareMemory = false } });
        EvaluationGraph = GraphBuilder.Evaluation(model, Unshared.Parameters, Unshared.Caches);
        OracleBatch batch;
        for (int draw = 0; ; draw++)
        {
            int seed = unchecked(spec.Seed + (draw * 7919));
            var random = new Random(seed);
            Sources = spec.Config.HasEncoder ? Tokens(random, spec.Sources) : [];
            Targets = spec.Config.HasDecoder ? Tokens(random, spec.Targets) : [];
            Labels = [.. Rows.Select(row => row.Select((_, i) => i > 0 && random.Next(4) == 0 ? TrainingBatch.Ignored : random.Next(spec.Config.Vocab)).ToArray())];
            Parameters = OracleParameters.Random(Unshared.Parameters, seed);
            batch = OracleBatch.Of(Sources, Targets, [.. Labels.SelectMany(l => l).Select(l => l == TrainingBatch.Ignored ? (int?)null : l)]) with
            {
                Training = true,
                Smoothing = spec.Smoothing,
                Dropout = Dropout,
            };
            Evaluation = Interpreter.Run(EvaluationGraph, Unshared.Parameters, OracleBatch.Of(Sources, Targets), Parameters);
            Training = Interpreter.Run(Unshared.Training!.Graph, Unshared.Parameters, batch, Parameters);
            if (Math.Min(Evaluation.Margin, Training.Margin) >= LeastMargin)
            {
                break;
            }

            if (draw == Draws)
            {
                throw new InvalidOperationException($"No draw of {Draws} keeps clear of every ReLU's kink and every top-k tie: make the model or the batch smaller.");
            }
        }

        OracleParameters rounded = Rounded(Parameters, spec.Seed);
        RoundedEvaluation = new(() => Interpreter.Run(EvaluationGraph, Unshared.Parameters, OracleBatch.Of(Sources, Targets), rounded));
        RoundedTraining = new(() => Interpreter.Run(Unshared.Training!.Graph, Unshared.Parameters, batch, rounded));
    }

    public RandomSpec Spec { get; }

    public ModelSpec Model { get; }

    /// <summary>The model as compiled without sharing memory: where each value stands, and the graph that both builds compute.</summary>
    public CompiledModel Unshared { get; }

    public ModelGraph EvaluationGraph { get; }

    public IReadOnlyList<int[]> Sources { get; }

    public IReadOnlyList<int[]> Targets { get; }

    /// <summary>The sequences whose rows are labelled.</summary>
    public IReadOnlyList<int[]> Rows => Spec.Config.HasDecoder ? Targets : Sources;

    public IReadOnlyList<int[]> Labels { get; }

    public OracleParameters Parameters { get; }

    public OracleResult Evaluation { get; }

    public OracleResult Training { get; }

    /// <summary>The evaluation with every parameter changed by at most half a unit in its last place as a float.</summary>
    public Lazy<OracleResult> RoundedEvaluation { get; }

    /// <summary>The training pass with every parameter changed by at most half a unit in its last place as a float.</summary>
    public Lazy<OracleResult> RoundedTraining { get; }

    /// <summary>As the trainer draws it for its first step.</summary>
    public DropoutKey Dropout => Model.Dropout > 0 ? DropoutKey.Create((ulong)Spec.Seed, 0, 0, Model.Dropout) : DropoutKey.None;

    public TrainerOptions Options => new() { Seed = (ulong)Spec.Seed, LabelSmoothing = Spec.Smoothing };

    /// <summary>Emits, compiles, runs and compares.</summary>
    public static SpecReport Check(RandomSpec spec)
    {
        ModelSpec model = spec.Model();
        Assembly assembly = Compile(("Shared", model), ("Unshared", model with { Options = model.Options with { ShareMemory = false } }));
        var report = new SpecReport();
        typeof(SpecChecks<,>).MakeGenericType(assembly.GetType("Shared", true)!, assembly.GetType("Unshared", true)!).GetMethod("Run")!
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [new SpecRun(spec, model), report], null);
        return report;
    }

    /// <summary>Emits models into one assembly.</summary>
    public static Assembly Compile(params ReadOnlySpan<(string Name, ModelSpec Spec)> models)
    {
        var sources = new List<string>();
        foreach ((string name, ModelSpec spec) in models)
        {
            sources.Add($"public sealed partial class {name};");
            sources.AddRange(ModelWriter.Write(new ModelTarget("", name, new EquatableList<string>([]), "public", spec)).Select(file => file.Text));
        }

        return InMemoryCompiler.Load(InMemoryCompiler.Create("Spec" + Guid.NewGuid().ToString("N"), [.. sources]));
    }

    /// <summary>A model with the drawn parameters.</summary>
    public TModel Create<TModel>(Team team)
        where TModel : class, ITransformer<TModel>
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        foreach (TransformerGen.Model.ParameterInfo parameter in TModel.Info.Parameters)
        {
            new TensorView(weights.Values, parameter).Write([.. Parameters[parameter.Name].Data.Select(x => (float)x)]);
        }

        weights.Pack(team);
        return TModel.Wrap(weights);
    }

    /// <summary>The batch as the trainer takes it.</summary>
    public TrainingBatch Batch(ModelInfo info)
    {
        var batch = new TrainingBatch(info);
        for (int s = 0; s < Rows.Count; s++)
        {
            if (info is { HasEncoder: true, HasDecoder: true })
            {
                batch.AddPair(Sources[s], Targets[s], Labels[s]);
            }
            else
            {
                batch.Add(Rows[s], Labels[s]);
            }
        }

        return batch;
    }

    private static OracleParameters Rounded(OracleParameters parameters, int seed)
    {
        const double HalfUnit = 1.0 / (1 << 24);
        var random = new Random(seed);
        OracleParameters copy = parameters.Copy();
        foreach (Matrix matrix in copy.Tensors.Values)
        {
            for (int i = 0; i < matrix.Data.Length; i++)
            {
                matrix.Data[i] *= 1 + (HalfUnit * ((2 * random.NextDouble()) - 1));
            }
        }

        return copy;
    }

    private int[][] Tokens(Random random, IReadOnlyList<int> lengths) =>
        [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(Spec.Config.Vocab)).ToArray())];
}

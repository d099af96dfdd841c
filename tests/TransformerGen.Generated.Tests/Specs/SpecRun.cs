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

    public SpecRun(SpecCase spec)
    {
        (Spec, Model) = (spec, spec.Model);
        Unshared = new CompiledModel(Model with { Options = Model.Options with { ShareMemory = false } });
        EvaluationGraph = GraphBuilder.Evaluation(Model, Unshared.Parameters, Unshared.Caches);
        OracleBatch training;
        for (int draw = 0; ; draw++)
        {
            int seed = unchecked(spec.Seed + (draw * 7919));
            var random = new Random(seed);
            Sources = Model.Encoder is null ? [] : Tokens(random, Model.Encoder, spec.Sources);
            if (Model.Head.Rows == HeadRows.End)
            {
                foreach (int[] tokens in Sources)
                {
                    tokens[random.Next(tokens.Length)] = Model.EndIds[0];
                }
            }

            Targets = Model.Decoder is null ? [] : Mirrors ? [.. Sources.Select(Shifted)] : Tokens(random, Model.Decoder, spec.Targets);
            Labels = new SpecLabels(Model, Rows, random) { Ends = [.. Sources.Select(tokens => Model.EndIds.Count == 0 ? -1 : Array.LastIndexOf(tokens, Model.EndIds[0]))] };
            Types = Model.Encoder?.Embedding.Types is { } types ? [.. Sources.Select(tokens => tokens.Select(_ => random.Next(types.Rows)).ToArray())] : null;
            int oneOf = random.Next(2) == 0 ? 3 : int.MaxValue;
            Globals = HasGlobals ? [.. Sources.Select(tokens => tokens.Select(_ => random.Next(oneOf) == 0).ToArray())] : null;
            Parameters = OracleParameters.Random(Unshared.Parameters, seed);
            training = Trained();
            Evaluation = Interpreter.Run(EvaluationGraph, Unshared.Parameters, Evaluated(), Parameters);
            Training = Interpreter.Run(Unshared.Training!.Graph, Unshared.Parameters, training, Parameters);
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
        RoundedEvaluation = new(() => Interpreter.Run(EvaluationGraph, Unshared.Parameters, Evaluated(), rounded));
        RoundedTraining = new(() => Interpreter.Run(Unshared.Training!.Graph, Unshared.Parameters, training, rounded));
    }

    public SpecCase Spec { get; }

    public ModelSpec Model { get; }

    /// <summary>The model as compiled without sharing memory: where each value stands, and the graph that both builds compute.</summary>
    public CompiledModel Unshared { get; }

    public ModelGraph EvaluationGraph { get; }

    public IReadOnlyList<int[]> Sources { get; }

    public IReadOnlyList<int[]> Targets { get; }

    /// <summary>The decoder is fed the source.</summary>
    public bool Mirrors => Model.Head.Targets != TransformerGen.Generator.Spec.TargetOrigin.Given;

    /// <summary>The sequences as a caller gives them, one for each of <see cref="Rows"/>.</summary>
    public IReadOnlyList<int[]> Given => Mirrors ? Sources : Rows;

    /// <summary>The sequences whose rows are labelled.</summary>
    public IReadOnlyList<int[]> Rows => Model.Decoder is null ? Sources : Targets;

    /// <summary>Types of the sources' tokens; null where the model has none.</summary>
    public IReadOnlyList<int[]>? Types { get; }

    public SpecLabels Labels { get; }

    /// <summary>Which tokens of the sources see everything and are seen by all; null where the model has no such.</summary>
    public IReadOnlyList<bool[]>? Globals { get; }

    public OracleParameters Parameters { get; }

    public OracleResult Evaluation { get; }

    public OracleResult Training { get; }

    /// <summary>The evaluation with every parameter changed by at most half a unit in its last place as a float.</summary>
    public Lazy<OracleResult> RoundedEvaluation { get; }

    /// <summary>The training pass with every parameter changed by at most half a unit in its last place as a float.</summary>
    public Lazy<OracleResult> RoundedTraining { get; }

    /// <summary>As the trainer draws it for its first step.</summary>
    public DropoutKey Dropout => Model.Dropout > 0 ? DropoutKey.Create((ulong)Spec.Seed, 0, 0, Model.Dropout) : DropoutKey.None;

    /// <summary>Where a model gives hidden states the loss is the sum of their sines, times this.</summary>
    public double GivenFactor => 1.0 / Rows.Sum(tokens => tokens.Length);

    public TrainerOptions Options => new() { Seed = (ulong)Spec.Seed, LabelSmoothing = Spec.Smoothing };

    /// <summary>Emits, compiles, runs and compares.</summary>
    public static SpecReport Check(RandomSpec spec) => Check(spec.Case());

    /// <summary>Emits, compiles, runs and compares.</summary>
    public static SpecReport Check(SpecCase spec) => Check(spec, Compile([.. Builds(spec, "")]), "");

    /// <summary>Runs and compares what is compiled.</summary>
    /// <param name="spec">The model and its batch.</param>
    /// <param name="assembly">Where its <see cref="Builds"/> are.</param>
    /// <param name="suffix">Behind their names.</param>
    public static SpecReport Check(SpecCase spec, Assembly assembly, string suffix)
    {
        var report = new SpecReport();
        typeof(SpecChecks<,>).MakeGenericType(assembly.GetType("Shared" + suffix, true)!, assembly.GetType("Unshared" + suffix, true)!).GetMethod("Run")!
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [new SpecRun(spec), report], null);
        return report;
    }

    /// <summary>The classes that a spec is checked with.</summary>
    public static IEnumerable<(string Name, ModelSpec Spec)> Builds(SpecCase spec, string suffix) =>
        [("Shared" + suffix, spec.Model), ("Unshared" + suffix, spec.Model with { Options = spec.Model.Options with { ShareMemory = false } })];

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
            Labels.Add(batch, s, Given[s], info is { HasEncoder: true, HasDecoder: true } && !Mirrors ? Sources[s] : null, Types?[s], Globals?[s]);
        }

        return batch;
    }

    /// <summary>What the head answers in evaluation: logits, or hidden states and where there is a pooler its vectors.</summary>
    public static IReadOnlyList<Matrix> Answers(ModelSpec model, OracleResult result) => model.Head switch
    {
        { Kind: not HeadKind.Hidden } => [result.Logits],
        { Steps.Count: 0 } => [result.Outputs[OutputNames.Hidden]],
        _ => [result.Outputs[OutputNames.Hidden], result.Outputs[OutputNames.Pooled]],
    };

    private bool HasGlobals => Model.Encoder is { } encoder && encoder.Layers.SelectMany(layer => layer.Sublayers).Any(sublayer => sublayer is AttentionSpec { Global: not null });

    /// <summary>Gradients of what is trained: a product may have stored numbers for its bias.</summary>
    public Dictionary<string, Matrix> Trained(OracleResult result)
    {
        HashSet<string> buffers = [.. Unshared.Parameters.All.SelectMany(parameter => parameter.Tensors).Where(tensor => tensor.IsBuffer).Select(tensor => tensor.Name)];
        return result.Gradients.Where(pair => !buffers.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
    }

    private OracleBatch Evaluated()
    {
        OracleBatch batch = OracleBatch.Of(Sources, Targets);
        return batch with
        {
            LabelRows = Labels.Rows,
            Sources = [.. batch.Sources.Select((sequence, s) => sequence with
            {
                Types = Types?[s],
                Globals = Globals is null ? [] : Enumerable.Range(0, Globals[s].Length).Where(i => Globals[s][i]).ToHashSet(),
            })],
        };
    }

    private OracleBatch Trained() => Labels.For(Evaluated()) with
    {
        Training = true,
        Smoothing = Spec.Smoothing,
        Dropout = Dropout,
        Given = (x => Math.Sin(x) * GivenFactor, x => Math.Cos(x) * GivenFactor),
    };

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

    /// <summary>What a decoder is fed of a source: one place to the right, behind the begin token or the source's own n-th token, where n of its tokens are no padding.</summary>
    private int[] Shifted(int[] tokens)
    {
        int first = Model.BeginId;
        if (Model.Head.Targets == TransformerGen.Generator.Spec.TargetOrigin.Last)
        {
            int real = tokens.Count(token => token != Model.PadId);
            if (real == 0)
            {
                tokens[0] = (Model.PadId + 1) % Model.Vocabulary;
                real = 1;
            }

            first = tokens[real - 1];
        }

        return [first, .. tokens[..^1]];
    }

    // Rows of padding get no gradient through the embedding: they have to be there.
    private int[][] Tokens(Random random, StackSpec stack, IReadOnlyList<int> lengths)
    {
        int padding = stack.Embedding.PaddingRow, only = random.Next(Model.Vocabulary);
        int Token() => Spec.SameToken ? only : padding >= 0 && random.Next(6) == 0 ? padding : random.Next(Model.Vocabulary);
        return [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => Token()).ToArray())];
    }
}

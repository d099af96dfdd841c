using TransformerGen.Conformance;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Training;
using AttentionOperation = TransformerGen.Generator.Graph.Operations.Attention;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Every value that a pass in training computes, where it stands.</summary>
/// <typeparam name="TModel">A model where no value shares memory with another.</typeparam>
internal static unsafe class ValueChecks<TModel>
    where TModel : class, ITrainable<TModel>
{
    /// <summary>Every value of the training graph, forward and backward, where it stands after the pass: no other one has taken its memory, but those that are replaced on purpose.</summary>
    public static void Run(SpecRun run, SpecReport report)
    {
        TModel model = run.Create<TModel>(Team.Alone);
        model.Weights.EnableTraining(Team.Alone);
        using var gradients = new NativeBuffer(TModel.Info.ValueFloats);
        TrainingBatch batch = run.Batch(TModel.Info);
        using var workspace = new Workspace(model.Weights, Team.Alone)
        {
            Gradients = gradients.Start,
            Dropout = run.Dropout,
            Smoothing = run.Spec.Smoothing,
            LossScale = (float)(1.0 / batch.CountedLabels),
            StartWeight = (float)(batch.CountedLabels / (2.0 * Math.Max(batch.CountedStarts, 1))),
            EndWeight = (float)(batch.CountedLabels / (2.0 * Math.Max(batch.CountedEnds, 1))),
        };
        batch.Load(workspace);
        TModel.Forward(workspace);
        if (TModel.Info.Output == OutputKind.HiddenStates)
        {
            SineLoss.Of(new HiddenOutputs(workspace, TModel.Info), run.GivenFactor);
        }

        TModel.Backward(workspace);

        (ModelGraph graph, MemoryPlan plan) = run.Unshared.Training!;
        HashSet<Value> replaced = [.. graph.Operations.SelectMany(o => o.InPlace).Select(pair => pair.Input)];
        HashSet<Value> forward = [.. graph.Operations.Take(graph.ForwardCount).SelectMany(o => o.Outputs)];

        // As for parameters: what is small among the gradients is measured against the others.
        double least = 0.01 * plan.Values.Where(v => !forward.Contains(v)).SelectMany(v => run.Training.Values[v.Name].Data).Select(Math.Abs).DefaultIfEmpty().Max();
        foreach (Value value in plan.Values.Where(v => !replaced.Contains(v)))
        {
            Matrix expected = run.Training.Values[value.Name];
            float* start = ArenaOf(workspace, value.Rows)[plan.Offset(value)];
            var actual = new float[expected.Data.Length];
            for (int r = 0; r < expected.Rows; r++)
            {
                new ReadOnlySpan<float>(start + ((long)r * value.Stride), value.Width).CopyTo(actual.AsSpan(r * value.Width));
            }

            Translate(graph, value, actual);
            report.Near("value " + value.Name, actual, expected, forward.Contains(value) ? 0.1 : Math.Max(least, GradientTerms.OfValue(run.Training, value)), () => run.RoundedTraining.Value.Values[value.Name]);
        }
    }

    /// <summary>What the kernels keep for their own use as the graph defines it.</summary>
    private static void Translate(ModelGraph graph, Value value, float[] actual)
    {
        if (graph.Operations.OfType<AttentionOperation>().Any(attention => attention.LogSumExp == value) || graph.Operations.OfType<GlobalAttention>().Any(attention => attention.LogSumExp == value))
        {
            // Kernels keep log2 Σ 2^(log2(e) · score), and plus infinity where there is no key, so that every probability is 0.
            for (int i = 0; i < actual.Length; i++)
            {
                actual[i] = float.IsPositiveInfinity(actual[i]) ? float.NegativeInfinity : (float)(actual[i] * Math.Log(2));
            }
        }
        else if (value.Rows == Symbol.Once && graph.Operations.OfType<AddNorm>().FirstOrDefault(norm => norm.Statistics == value) is { } batchNorm)
        {
            // The padding between means and deviations, and behind them.
            int width = batchNorm.X.Width, stride = batchNorm.X.Stride;
            actual.AsSpan(width, stride - width).Clear();
            actual.AsSpan(stride + width, stride - width).Clear();
        }
    }

    private static Region ArenaOf(Workspace workspace, Symbol rows) => rows switch
    {
        Symbol.SourceRows => workspace.SourceArena,
        Symbol.TargetRows => workspace.TargetArena,
        Symbol.LabelRows => workspace.LabelArena,
        Symbol.SourceExpertRows => workspace.SourceExpertArena,
        Symbol.TargetExpertRows => workspace.TargetExpertArena,
        Symbol.SourceSequences => workspace.SourceSequenceArena,
        Symbol.TargetSequences => workspace.TargetSequenceArena,
        _ => workspace.OnceArena,
    };
}

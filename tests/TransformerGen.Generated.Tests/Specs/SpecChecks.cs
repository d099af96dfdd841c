using TransformerGen.Decoding;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Training;
using AttentionOperation = TransformerGen.Generator.Graph.Operations.Attention;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>What must hold for the generated code of any spec.</summary>
/// <typeparam name="TShared">The class as a user gets it.</typeparam>
/// <typeparam name="TUnshared">The same model where no value shares memory with another.</typeparam>
internal static unsafe class SpecChecks<TShared, TUnshared>
    where TShared : class, ITrainable<TShared>
    where TUnshared : class, ITrainable<TUnshared>
{
    /// <summary>Every check.</summary>
    public static void Run(SpecRun run, SpecReport report)
    {
        using var two = new Team(2);
        float[][] packed = Forward(run.Create<TShared>(two), run.Sources, run.Targets);
        report.Near("logits", packed.SelectMany(x => x).ToArray(), run.Evaluation.Logits, 0.1, () => run.RoundedEvaluation.Value.Logits);
        Sequences(run, report, packed);
        if (TShared.Info.HasDecoder)
        {
            Cached(run, report, two);
        }

        Gradients alone = Differentiate<TShared>(run, Team.Alone), together = Differentiate<TShared>(run, two), unshared = Differentiate<TUnshared>(run, Team.Alone);
        Compare(run, report, alone);
        Same(report, "at 2 threads", together, alone);
        Same(report, "without sharing memory", unshared, alone);
        Values(run, report);
    }

    private static float[][] Forward<TModel>(TModel model, IReadOnlyList<int[]> sources, IReadOnlyList<int[]> targets)
        where TModel : class, ITransformer<TModel> =>
        TModel.Info is { HasEncoder: true, HasDecoder: true } ? model.Forward(sources, targets) : model.Forward(TModel.Info.HasDecoder ? targets : sources);

    /// <summary>One thread, one sequence at a time, and padded on either side: the same bits.</summary>
    private static void Sequences(SpecRun run, SpecReport report, float[][] packed)
    {
        TShared model = run.Create<TShared>(Team.Alone);
        for (int s = 0; s < packed.Length; s++)
        {
            report.Same($"logits of sequence {s} alone", Forward(model, [.. run.Sources.Skip(s).Take(1)], [.. run.Targets.Skip(s).Take(1)])[0], packed[s]);
        }

        Padded source = Padded.Of(run.Sources, left: true), target = Padded.Of(run.Targets, left: false), rows = TShared.Info.HasDecoder ? target : source;
        float[] padded = TShared.Info is { HasEncoder: true, HasDecoder: true } ? model.ForwardPadded(source.Batch, target.Batch) : model.ForwardPadded(rows.Batch);
        int vocabulary = TShared.Info.Vocabulary;
        for (int s = 0; s < packed.Length; s++)
        {
            report.Same($"padded logits of sequence {s}", padded.AsSpan(((s * rows.Columns) + rows.First[s]) * vocabulary, packed[s].Length), packed[s]);
        }
    }

    /// <summary>Token by token, and in ragged pieces of which some sequences take none.</summary>
    private static void Cached(SpecRun run, SpecReport report, Team two)
    {
        double largest = Math.Max(0.1, run.Evaluation.Logits.Data.Max(Math.Abs));
        TShared model = run.Create<TShared>(two);
        foreach (bool ragged in (bool[])[false, true])
        {
            var random = new Random(run.Spec.Seed);
            using var session = new DecodingSession<TShared>(model, ragged ? two : Team.Alone);
            if (TShared.Info.HasEncoder)
            {
                session.Encode(run.Sources);
            }

            session.Begin([.. Enumerable.Range(0, run.Targets.Count)]);
            int[] past = new int[run.Targets.Count], counts = new int[run.Targets.Count];
            while (Enumerable.Range(0, past.Length).Any(s => past[s] < run.Targets[s].Length))
            {
                var tokens = new List<int>();
                for (int s = 0; s < past.Length; s++)
                {
                    counts[s] = Math.Min(run.Targets[s].Length - past[s], ragged ? random.Next(12) : 1);
                    tokens.AddRange(run.Targets[s].AsSpan(past[s], counts[s]));
                    past[s] += counts[s];
                }

                session.Step(tokens.ToArray(), counts);
                for (int s = 0; s < past.Length; s++)
                {
                    if (counts[s] > 0)
                    {
                        int row = run.Targets.Take(s).Sum(target => target.Length) + past[s] - 1;
                        Matrix Row(OracleResult result) => new(1, result.Logits.Columns, result.Logits.Row(row).ToArray());
                        report.Near(
                            $"cached logits of sequence {s} behind {past[s] - counts[s]} + {counts[s]} tokens", session.Logits(s), Row(run.Evaluation), largest,
                            () => Row(run.RoundedEvaluation.Value));
                    }
                }
            }
        }
    }

    private static Gradients Differentiate<TModel>(SpecRun run, Team team)
        where TModel : class, ITrainable<TModel>
    {
        TModel model = run.Create<TModel>(team);
        using var trainer = new Trainer<TModel>(model, run.Options, team);
        double loss = trainer.ForwardBackward(run.Batch(TModel.Info));
        return new Gradients(
            loss,
            TModel.Info.Parameters.Where(p => !p.IsBuffer).ToDictionary(p => p.Name, p => trainer.Gradient(p.Name).ToArray(), StringComparer.Ordinal),
            TModel.Info.Parameters.Where(p => p.IsBuffer).ToDictionary(p => p.Name, p => model.Weights.View(p.Name).ToArray(), StringComparer.Ordinal));
    }

    private static void Compare(SpecRun run, SpecReport report, Gradients actual)
    {
        OracleResult expected = run.Training;
        report.Near("loss", [(float)actual.Loss], new Matrix(1, 1, [expected.Loss]), 1);
        report.Check("the generated code and the oracle have gradients of other tensors", actual.ByTensor.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(expected.Gradients.Keys));

        // A gradient that is small beside the others is the sum of terms that are not: a hundredth of the largest stands for their size.
        Dictionary<string, double> sums = GradientTerms.Of(run);
        double least = 0.01 * expected.Gradients.Values.SelectMany(g => g.Data).Max(Math.Abs);
        foreach ((string name, Matrix gradient) in expected.Gradients)
        {
            report.Near("gradient of " + name, actual.ByTensor[name], gradient, Math.Max(least, sums.GetValueOrDefault(name)), () => run.RoundedTraining.Value.Gradients[name]);
        }

        foreach ((string name, Matrix buffer) in expected.Buffers)
        {
            report.Near(name + " after the pass", actual.Buffers[name], buffer, 0.1, () => run.RoundedTraining.Value.Buffers[name]);
        }
    }

    private static void Same(SpecReport report, string how, Gradients actual, Gradients expected)
    {
        report.Check("loss " + how, BitConverter.DoubleToInt64Bits(actual.Loss) == BitConverter.DoubleToInt64Bits(expected.Loss));
        foreach ((string name, float[] gradient) in expected.ByTensor)
        {
            report.Same($"gradient of {name} {how}", actual.ByTensor[name], gradient);
        }

        foreach ((string name, float[] buffer) in expected.Buffers)
        {
            report.Same($"{name} {how}", actual.Buffers[name], buffer);
        }
    }

    /// <summary>Every value of the training graph, forward and backward, where it stands after the pass: no other one has taken its memory, but those that are replaced on purpose.</summary>
    private static void Values(SpecRun run, SpecReport report)
    {
        TUnshared model = run.Create<TUnshared>(Team.Alone);
        model.Weights.EnableTraining(Team.Alone);
        using var gradients = new NativeBuffer(TUnshared.Info.ValueFloats);
        TrainingBatch batch = run.Batch(TUnshared.Info);
        using var workspace = new Workspace(model.Weights, Team.Alone)
        {
            Gradients = gradients.Start,
            Dropout = run.Dropout,
            Smoothing = run.Spec.Smoothing,
            LossScale = (float)(1.0 / batch.CountedLabels),
        };
        batch.Load(workspace);
        TUnshared.Forward(workspace);
        TUnshared.Backward(workspace);

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
            report.Near("value " + value.Name, actual, expected, forward.Contains(value) ? 0.1 : least, () => run.RoundedTraining.Value.Values[value.Name]);
        }
    }

    /// <summary>What the kernels keep for their own use as the graph defines it.</summary>
    private static void Translate(ModelGraph graph, Value value, float[] actual)
    {
        if (graph.Operations.OfType<AttentionOperation>().Any(attention => attention.LogSumExp == value))
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

    private sealed record Gradients(double Loss, Dictionary<string, float[]> ByTensor, Dictionary<string, float[]> Buffers);

    /// <summary>Sequences in one width, with padding in front or behind.</summary>
    private sealed record Padded(int[] Ids, bool[] Valid, int[] First, int Columns)
    {
        public PaddedBatch Batch => new(Ids, Valid, First.Length);

        public static Padded Of(IReadOnlyList<int[]> sequences, bool left)
        {
            int columns = sequences.Select(s => s.Length).DefaultIfEmpty().Max() + 1;
            var padded = new Padded(new int[sequences.Count * columns], new bool[sequences.Count * columns], new int[sequences.Count], columns);
            for (int s = 0; s < sequences.Count; s++)
            {
                padded.First[s] = left ? columns - sequences[s].Length : 0;
                sequences[s].CopyTo(padded.Ids, (s * columns) + padded.First[s]);
                padded.Valid.AsSpan((s * columns) + padded.First[s], sequences[s].Length).Fill(true);
            }

            return padded;
        }
    }
}

using TransformerGen.Conformance;
using TransformerGen.Decoding;
using TransformerGen.Encoders;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Training;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>What must hold for the generated code of any spec.</summary>
/// <typeparam name="TShared">The class as a user gets it.</typeparam>
/// <typeparam name="TUnshared">The same model where no value shares memory with another.</typeparam>
internal static class SpecChecks<TShared, TUnshared>
    where TShared : class, ITrainable<TShared>
    where TUnshared : class, ITrainable<TUnshared>
{
    /// <summary>Every check.</summary>
    public static void Run(SpecRun run, SpecReport report)
    {
        using var two = new Team(2);
        float[][][] packed = Forward(run.Create<TShared>(two), run, 0, run.Rows.Count);
        IReadOnlyList<Matrix> expected = SpecRun.Answers(run.Model, run.Evaluation);
        for (int i = 0; i < packed.Length; i++)
        {
            int answer = i;
            report.Near("logits", packed[i].SelectMany(x => x).ToArray(), expected[i], 0.1, () => SpecRun.Answers(run.Model, run.RoundedEvaluation.Value)[answer]);
        }

        Sequences(run, report, packed);
        if (TShared.Info is { HasDecoder: true, Output: OutputKind.Language })
        {
            Cached(run, report, two);
        }

        Gradients alone = Differentiate<TShared>(run, Team.Alone), together = Differentiate<TShared>(run, two), unshared = Differentiate<TUnshared>(run, Team.Alone);
        Compare(run, report, alone);
        Same(report, "at 2 threads", together, alone);
        Same(report, "without sharing memory", unshared, alone);
        ValueChecks<TUnshared>.Run(run, report);
    }

    /// <summary>What the head answers for some of the sequences, one array each; hidden states, and where there is a pooler its vectors.</summary>
    private static float[][][] Forward<TModel>(TModel model, SpecRun run, int first, int count)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        int[][] rows = [.. run.Given.Skip(first).Take(count)], sources = [.. run.Sources.Skip(first).Take(count)];
        if (info is { HasEncoder: true, HasDecoder: true } && !run.Mirrors)
        {
            return [info.Output == OutputKind.HiddenStates ? model.HiddenStates(sources, rows) : model.Forward(sources, rows)];
        }

        int[] tokens = [.. rows.SelectMany(row => row)], lengths = [.. rows.Select(row => row.Length)], types = [.. run.Types?.Skip(first).Take(count).SelectMany(row => row) ?? []];
        bool[] globals = [.. run.Globals?.Skip(first).Take(count).SelectMany(row => row) ?? []];
        if (info.Output != OutputKind.HiddenStates)
        {
            int[] answers = [.. Enumerable.Range(first, count).Select(run.Labels.Answers)];
            var logits = new float[answers.Sum() * info.Classes];
            model.Forward(tokens, lengths, types, globals, logits);
            return [Split(logits, answers, info.Classes)];
        }

        var hidden = new float[tokens.Length * info.HiddenWidth];
        model.HiddenStates(tokens, lengths, hidden, types, globals);
        if (info.PooledWidth == 0)
        {
            return [Split(hidden, lengths, info.HiddenWidth)];
        }

        var pooled = new float[count * info.PooledWidth];
        model.Embed(tokens, lengths, pooled, Pooling.Pooler, normalize: false, types, globals);
        return [Split(hidden, lengths, info.HiddenWidth), Split(pooled, [.. lengths.Select(_ => 1)], info.PooledWidth)];
    }

    private static float[][] Split(float[] numbers, int[] rows, int width) =>
        [.. rows.Select((count, i) => numbers.AsSpan(rows.Take(i).Sum() * width, count * width).ToArray())];

    /// <summary>One thread, one sequence at a time, and padded on either side: the same bits.</summary>
    private static void Sequences(SpecRun run, SpecReport report, float[][][] packed)
    {
        TShared model = run.Create<TShared>(Team.Alone);
        for (int s = 0; s < run.Rows.Count; s++)
        {
            float[][][] alone = Forward(model, run, s, 1);
            for (int i = 0; i < packed.Length; i++)
            {
                report.Same($"answer {i} of sequence {s} alone", alone[i][0], packed[i][s]);
            }
        }

        ModelInfo info = TShared.Info;
        if (info.Output == OutputKind.HiddenStates)
        {
            return;
        }

        Padded source = Padded.Of(run.Sources, left: true), target = Padded.Of(run.Targets, left: false), rows = info.HasDecoder && !run.Mirrors ? target : source;
        int[] types = run.Types is null ? [] : Padded.Of(run.Types, left: true).Ids;
        bool[] globals = run.Globals is null ? [] : [.. Padded.Of([.. run.Globals.Select(marks => marks.Select(mark => mark ? 1 : 0).ToArray())], left: true).Ids.Select(mark => mark == 1)];
        float[] padded = info is { HasEncoder: true, HasDecoder: true } && !run.Mirrors
            ? model.ForwardPadded(source.Batch, target.Batch)
            : model.ForwardPadded(new PaddedBatch(rows.Ids, rows.Valid, rows.First.Length, types, globals));
        for (int s = 0; s < run.Rows.Count; s++)
        {
            int from = info.Rows == OutputRows.All ? ((s * rows.Columns) + rows.First[s]) * info.Classes : s * info.Classes;
            report.Same($"padded logits of sequence {s}", padded.AsSpan(from, packed[0][s].Length), packed[0][s]);
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
        TrainingBatch batch = run.Batch(TModel.Info);
        double loss = TModel.Info.Output == OutputKind.HiddenStates
            ? trainer.ForwardBackward((in HiddenOutputs outputs) => SineLoss.Of(outputs, run.GivenFactor), batch)
            : trainer.ForwardBackward(batch);
        return new Gradients(
            loss,
            TModel.Info.Parameters.Where(p => !p.IsBuffer).ToDictionary(p => p.Name, p => trainer.Gradient(p.Name).ToArray(), StringComparer.Ordinal),
            TModel.Info.Parameters.Where(p => p.IsBuffer).ToDictionary(p => p.Name, p => model.Weights.View(p.Name).ToArray(), StringComparer.Ordinal));
    }

    private static void Compare(SpecRun run, SpecReport report, Gradients actual)
    {
        OracleResult expected = run.Training;
        report.Near("loss", [(float)actual.Loss], new Matrix(1, 1, [expected.Loss]), 1);
        Dictionary<string, Matrix> gradients = run.Trained(expected);
        report.Check("the generated code and the oracle have gradients of other tensors", actual.ByTensor.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(gradients.Keys));

        // A gradient that is small beside the others is the sum of terms that are not: a hundredth of the largest stands for their size.
        Dictionary<string, double> sums = GradientTerms.Of(run);
        double least = 0.01 * gradients.Values.SelectMany(g => g.Data).Max(Math.Abs);
        foreach ((string name, Matrix gradient) in gradients)
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

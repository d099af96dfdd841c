using TransformerGen.Conformance;
using TransformerGen.Encoders;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>What must hold for the generated code of any head.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
internal static class HeadChecks<TModel>
    where TModel : class, ITrainable<TModel>
{
    public static void Run(HeadCase head, SpecReport report)
    {
        var compiled = new CompiledModel(head.Spec);
        OracleParameters parameters = OracleParameters.Random(compiled.Parameters, 3);
        OracleBatch evaluation = head.Batch with { Training = false, Dropout = DropoutKey.None };
        using var two = new Team(2);
        TModel model = Create(parameters, two);
        OracleResult said = Interpreter.Run(compiled.Encoding!.Graph, compiled.Parameters, evaluation, parameters);
        if (TModel.Info.Output == OutputKind.HiddenStates)
        {
            Hidden(head, report, model, said);
        }
        else
        {
            Logits(head, report, model, said);
        }

        OracleResult trained = Interpreter.Run(compiled.Training!.Graph, compiled.Parameters, head.Batch, parameters);
        Training(head, report, parameters, trained, two);
        if (TModel.Info.Output != OutputKind.HiddenStates)
        {
            Evaluation(head, report, model, evaluation, Interpreter.Run(compiled.Training.Graph, compiled.Parameters, evaluation, parameters, backward: false));
        }
    }

    private static void Logits(HeadCase head, SpecReport report, TModel model, OracleResult said)
    {
        (int[] tokens, int[] lengths, int[] types) = Packed(head);
        ModelInfo info = TModel.Info;
        var logits = new float[said.Logits.Data.Length];
        model.Forward(tokens, lengths, types, logits);
        report.Near("logits", logits, said.Logits, 0.1);

        // One sequence at a time, and padded: the same bits.
        int at = 0;
        for (int s = 0; s < lengths.Length; s++)
        {
            int rows = info.Rows == OutputRows.All ? lengths[s] : 1;
            var alone = new float[rows * info.Classes];
            model.Forward(head.Rows[s], [lengths[s]], head.Types[s], alone);
            report.Same($"logits of sequence {s} alone", alone, logits.AsSpan(at, alone.Length));
            at += alone.Length;
        }

        int columns = lengths.Max() + 1;
        int[] Pad(int[][] rows) => [.. rows.SelectMany(row => Enumerable.Repeat(0, columns - row.Length).Concat(row))];
        bool[] valid = [.. lengths.SelectMany(length => Enumerable.Repeat(false, columns - length).Concat(Enumerable.Repeat(true, length)))];
        float[] padded = model.ForwardPadded(new PaddedBatch(Pad(head.Rows), valid, lengths.Length, Pad(head.Types)));
        if (info.Rows == OutputRows.All)
        {
            padded = [.. padded.Chunk(info.Classes).Where((_, i) => valid[i]).SelectMany(row => row)];
        }

        report.Same("padded logits", padded, logits);
        Answers(head, report, model, said);
    }

    private static void Hidden(HeadCase head, SpecReport report, TModel model, OracleResult said)
    {
        (int[] tokens, int[] lengths, int[] types) = Packed(head);
        Matrix hidden = said.Outputs["Hidden"], pooled = said.Outputs["Pooled"];
        var actual = new float[hidden.Data.Length];
        model.HiddenStates(tokens, lengths, actual, types);
        report.Near("hidden states", actual, hidden, 0.1);
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            foreach (bool normalize in (bool[])[false, true])
            {
                var expected = new Matrix(lengths.Length, hidden.Columns);
                for (int s = 0, row = 0; s < lengths.Length; row += lengths[s++])
                {
                    for (int c = 0; c < hidden.Columns; c++)
                    {
                        expected[s, c] = pooling switch
                        {
                            Pooling.Mean => Enumerable.Range(row, lengths[s]).Average(r => hidden[r, c]),
                            Pooling.Cls => hidden[row, c],
                            Pooling.LastToken => hidden[row + lengths[s] - 1, c],
                            _ => pooled[s, c],
                        };
                    }

                    double norm = normalize ? Math.Sqrt(expected.Row(s).ToArray().Sum(x => x * x)) : 1;
                    for (int c = 0; c < hidden.Columns; c++)
                    {
                        expected[s, c] /= norm;
                    }
                }

                var embeddings = new float[expected.Data.Length];
                model.Embed(tokens, lengths, embeddings, pooling, normalize, types);
                report.Near($"embeddings, {pooling}{(normalize ? ", normalised" : "")}", embeddings, expected, 0.1);
                report.Same("embeddings of lists", model.Embed(head.Rows, pooling, normalize, head.Types).SelectMany(x => x).ToArray(), embeddings);
            }
        }

        Assert.Throws<NotSupportedException>(() => model.Forward(head.Rows));
        Assert.Throws<ArgumentException>(() => model.Embed([[1, TModel.Info.Vocabulary]]));
        Assert.Throws<ArgumentException>(() => model.Embed([[1, 2]], types: [[0, 2]]));
        Assert.Throws<ArgumentException>(() => model.Embed([[1, 2]], types: [[0]]));
    }

    /// <summary>What users ask for instead of logits.</summary>
    private static void Answers(HeadCase head, SpecReport report, TModel model, OracleResult said)
    {
        ModelInfo info = TModel.Info;
        (int[] tokens, int[] lengths, int[] types) = Packed(head);
        Matrix logits = said.Logits;
        if (info.Output == OutputKind.Spans)
        {
            Range[] texts = [2..7, 0..1, 3..];
            var answers = new AnswerSpan[lengths.Length];
            model.FindSpans(tokens, lengths, texts, answers, maxTokens: 2, types);
            for (int s = 0, row = 0; s < lengths.Length; row += lengths[s++])
            {
                (int first, int count) = texts[s].GetOffsetAndLength(lengths[s]);
                double[] Softmax(int column) => [.. Enumerable.Range(row + first, count).Select(r => Math.Exp(logits[r, column]) / Enumerable.Range(row + first, count).Sum(i => Math.Exp(logits[i, column])))];
                double[] starts = Softmax(0), ends = Softmax(1);
                (double Probability, int Start, int End) best = Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(i, Math.Min(2, count - i)).Select(j => (starts[i] * ends[j], first + i, first + j))).Max();
                report.Check($"answer {s}", (answers[s].Start, answers[s].End) == (best.Start, best.End));
                report.Near($"probability of answer {s}", [answers[s].Probability], new Matrix(1, 1, [best.Probability]), 0.1);
                report.Check("one answer", model.FindSpan(head.Rows[s], texts[s], 2, head.Types[s]) == answers[s]);
            }

            Assert.Throws<ArgumentException>(() => model.FindSpan([1, 2, 3], 2..2));
            return;
        }

        if (info.Output != OutputKind.Classes || info.Loss == OutputLoss.Regression)
        {
            Assert.Throws<NotSupportedException>(() => model.Classify(head.Rows));
            return;
        }

        var expected = new Matrix(logits.Rows, logits.Columns);
        for (int r = 0; r < logits.Rows; r++)
        {
            double sum = logits.Row(r).ToArray().Sum(Math.Exp);
            for (int c = 0; c < logits.Columns; c++)
            {
                expected[r, c] = info.Loss == OutputLoss.MultiLabel ? 1 / (1 + Math.Exp(-logits[r, c])) : Math.Exp(logits[r, c]) / sum;
            }
        }

        var probabilities = new float[expected.Data.Length];
        model.ClassProbabilities(tokens, lengths, probabilities, types);
        report.Near("probabilities", probabilities, expected, 0.1);
        ClassPrediction[] best1 = info.Rows == OutputRows.All ? [.. model.ClassifyTokens(head.Rows, head.Types).SelectMany(x => x)] : model.Classify(head.Rows, head.Types);
        for (int r = 0; r < expected.Rows; r++)
        {
            int most = Array.IndexOf(expected.Row(r).ToArray(), expected.Row(r).ToArray().Max());
            report.Check($"best class of row {r}", best1[r].Class == most && best1[r].Name == "LABEL_" + most && best1[r].Probability.Equals(probabilities[(r * info.Classes) + most]));
        }
    }

    private static void Training(HeadCase head, SpecReport report, OracleParameters parameters, OracleResult expected, Team two)
    {
        (double loss, Dictionary<string, float[]> gradients) = Differentiate(head, parameters, Team.Alone);
        (double again, Dictionary<string, float[]> together) = Differentiate(head, parameters, two);
        report.Near("loss", [(float)loss], new Matrix(1, 1, [expected.Loss]), 1);
        report.Check("loss at 2 threads", loss.Equals(again));
        double least = 0.01 * expected.Gradients.Values.SelectMany(g => g.Data).Max(Math.Abs);
        report.Check("gradients of other tensors", gradients.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(expected.Gradients.Keys));
        foreach ((string name, Matrix gradient) in expected.Gradients)
        {
            report.Near("gradient of " + name, gradients[name], gradient, least);
            report.Same($"gradient of {name} at 2 threads", together[name], gradients[name]);
        }
    }

    // With a batch that was put together from another one, a sequence at a time.
    private static (double, Dictionary<string, float[]>) Differentiate(HeadCase head, OracleParameters parameters, Team team)
    {
        TModel model = Create(parameters, team);
        using var trainer = new Trainer<TModel>(model, null, team);
        TrainingBatch first = Batch(head), copy = new(TModel.Info);
        for (int s = 0; s < first.Sequences; s++)
        {
            copy.AddFrom(first, s);
        }

        double loss = TModel.Info.Output == OutputKind.HiddenStates ? trainer.ForwardBackward(Sines, copy) : trainer.ForwardBackward(copy);
        return (loss, TModel.Info.Parameters.Where(p => !p.IsBuffer).ToDictionary(p => p.Name, p => trainer.Gradient(p.Name).ToArray(), StringComparer.Ordinal));
    }

    private static void Evaluation(HeadCase head, SpecReport report, TModel model, OracleBatch batch, OracleResult expected)
    {
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { Optimizer = Optimizer.Sgd(), Schedule = LearningRateSchedule.Constant(1e-3) });
        TrainingBatch whole = Batch(head);
        report.Near("loss in evaluation", [(float)trainer.Evaluate(whole)], new Matrix(1, 1, [expected.Loss]), 1);
        report.Near("loss of a source", [(float)trainer.Evaluate(new ShuffledSource(whole, 2))], new Matrix(1, 1, [expected.Loss]), 1);
        report.Check("a step", double.IsFinite(trainer.Step(whole).Loss));
        Assert.Throws<InvalidOperationException>(() => whole.AddSequence([1, 2]));
        Assert.Throws<InvalidOperationException>(() => trainer.ForwardBackward(Sines, whole));
    }

    private static double Sines(in HiddenOutputs outputs)
    {
        Assert.Equal(outputs.Hidden.Count, outputs.Start(outputs.Sequences));
        return SineLoss.Of(outputs);
    }

    private static TrainingBatch Batch(HeadCase head)
    {
        var batch = new TrainingBatch(TModel.Info);
        for (int s = 0, row = 0; s < head.Rows.Length; row += head.Rows[s++].Length)
        {
            int[] tokens = head.Rows[s], types = head.Types[s];
            switch (TModel.Info)
            {
                case { Output: OutputKind.HiddenStates }:
                    batch.AddSequence(tokens, types: types);
                    break;
                case { Output: OutputKind.Spans }:
                    batch.AddSpan(tokens, head.Answers[s].Start, head.Answers[s].End, types: types);
                    break;
                case { Output: OutputKind.Classes, Loss: not OutputLoss.CrossEntropy }:
                    batch.AddTargets(tokens, [.. head.Numbers[s].Select(x => (float)x)], types: types);
                    break;
                case { Output: OutputKind.Classes, Rows: not OutputRows.All }:
                    batch.AddLabelled(tokens, head.Labels[s], types: types);
                    break;
                default:
                    batch.Add(tokens, [.. head.Labels.Skip(row).Take(tokens.Length)], types: types);
                    break;
            }
        }

        return batch;
    }

    private static (int[] Tokens, int[] Lengths, int[] Types) Packed(HeadCase head) =>
        ([.. head.Rows.SelectMany(row => row)], [.. head.Rows.Select(row => row.Length)], [.. head.Types.SelectMany(row => row)]);

    private static TModel Create(OracleParameters parameters, Team team)
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        foreach (TransformerGen.Model.ParameterInfo parameter in TModel.Info.Parameters)
        {
            new TensorView(weights.Values, parameter).Write([.. parameters[parameter.Name].Data.Select(x => (float)x)]);
        }

        weights.Pack(team);
        return TModel.Wrap(weights);
    }
}

using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Conformance;

/// <summary>Compares what a user of the generated class gets with a case: logits, loss, gradients, a training run, generated sequences.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
internal static class CaseRunner<TModel>
    where TModel : class, ITrainable<TModel>
{
    /// <summary>Runs everything that the case holds.</summary>
    public static void Run(ReferenceCase reference, Comparison comparison)
    {
        using var team = new Team(2);
        TModel model = ModelFiles.Load<TModel>(reference.Folder, team);
        Logits(reference, comparison, model);
        GenerationCases.Run(reference, comparison, model);
        Gradients(reference, comparison, model, team);

        if (reference.WithTraining)
        {
            // Training starts again from the stored weights: the gradients' pass has moved batch norm's running statistics.
            Train(reference, comparison, ModelFiles.Load<TModel>(reference.Folder, team), team);
        }
    }

    private static void Logits(ReferenceCase reference, Comparison comparison, TModel model)
    {
        var batch = new CaseBatch(reference, "input", TModel.Info);
        float[] expected = reference.Floats("logits");
        PaddedBatch Padded(int[][] rows) => new(Filled(rows), Valid(rows), rows.Length);
        float[] logits = TModel.Info is { HasEncoder: true, HasDecoder: true }
            ? model.ForwardPadded(Padded(batch.Source), Padded(batch.Target))
            : model.ForwardPadded(Padded(batch.Rows));
        comparison.Add("logits", logits, expected, Math.Max(2e-5, 8 * reference.Float32Error("logits")));
    }

    private static int[] Filled(int[][] rows) => [.. rows.SelectMany(row => row.Concat(Enumerable.Repeat(0, rows.Max(r => r.Length) - row.Length)))];

    private static bool[] Valid(int[][] rows) => [.. rows.SelectMany(row => row.Select(_ => true).Concat(Enumerable.Repeat(false, rows.Max(r => r.Length) - row.Length)))];

    private static void Gradients(ReferenceCase reference, Comparison comparison, TModel model, Team team)
    {
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { LabelSmoothing = Smoothing(reference), Dropout = 0 }, team);
        double loss = trainer.ForwardBackward(new CaseBatch(reference, "input", TModel.Info).ForTraining());
        comparison.Add("loss", Math.Abs(loss - reference.Json.GetProperty("loss").GetDouble()), Math.Max(2e-5, 8 * reference.Float32Error("loss")));

        string[] names = [.. reference.Expected.Tensors.Keys.Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
        double largest = names.Max(n => reference.Floats(n).Max(MathF.Abs));
        double allowed = Math.Max(2e-5, 8 * reference.Float32Error("grad"));
        foreach (string name in names)
        {
            float[] expected = reference.Floats(name);
            comparison.Add(name, trainer.Gradient(name["grad.".Length..]).ToArray(), expected, allowed * Math.Max(expected.Max(MathF.Abs), 0.01 * largest));
        }
    }

    private static void Train(ReferenceCase reference, Comparison comparison, TModel model, Team team)
    {
        if (!reference.Json.TryGetProperty("train", out var train))
        {
            return;
        }

        double[] betas = [.. train.GetProperty("betas").EnumerateArray().Select(b => b.GetDouble())];
        double epsilon = train.GetProperty("eps").GetDouble();
        TrainerOptions options = reference.IsPaper
            ? new TrainerOptions
            {
                Optimizer = Optimizer.Adam(betas[0], betas[1], epsilon),
                Schedule = LearningRateSchedule.Noam(TModel.Info.Width, train.GetProperty("warmup").GetInt32(), train.GetProperty("factor").GetDouble()),
                LabelSmoothing = Smoothing(reference),
            }
            : new TrainerOptions
            {
                Optimizer = Optimizer.AdamW(betas[0], betas[1], epsilon, train.GetProperty("weight_decay").GetDouble()),
                Schedule = LearningRateSchedule.Constant(train.GetProperty("lr").GetDouble(), train.GetProperty("warmup_steps").GetInt64()),
                ClipNorm = train.GetProperty("clip_global_norm").GetDouble(),
                Dropout = 0,
            };
        using var trainer = new Trainer<TModel>(model, options, team);
        TrainingBatch odd = new CaseBatch(reference, "input", TModel.Info).ForTraining();
        TrainingBatch even = reference.IsPaper ? new CaseBatch(reference, "input2", TModel.Info).ForTraining() : odd;
        double error = 0;
        int step = 1;
        foreach (double expected in train.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble()))
        {
            double loss = trainer.Step(step++ % 2 == 1 ? odd : even).Loss;
            error = Math.Max(error, Math.Abs(loss - expected) / Math.Abs(expected));
        }

        comparison.Add("train.losses", error, Math.Max(1e-4, 8 * reference.Float32Error("train_losses")));
        double allowed = Math.Max(1e-4, 8 * reference.Float32Error("trained"));
        foreach (string name in reference.Expected.Tensors.Keys.Where(n => n.StartsWith("trained.", StringComparison.Ordinal)))
        {
            comparison.Add(name, model.Weights.View(name["trained.".Length..]).ToArray(), reference.Floats(name), allowed);
        }
    }

    private static double Smoothing(ReferenceCase reference) => reference.IsPaper ? reference.Json.GetProperty("label_smoothing").GetDouble() : 0;
}

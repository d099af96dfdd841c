using TransformerGen.Encoders;
using TransformerGen.Kernels;
using TransformerGen.Lora;
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
        TModel model = ModelFiles.Load<TModel>(reference.ModelFolder, team);
        using LoraAdapter? adapter = reference.IsAdapter ? LoraAdapter.Load(reference.Folder, model.Weights) : null;
        adapter?.Merge(team);
        Outputs(reference, comparison, model);
        GenerationCases.Run(reference, comparison, model);
        Gradients(reference, comparison, model, team, adapter);

        if (reference.WithTraining)
        {
            // Training starts again from the stored weights: the gradients' pass has moved batch norm's running statistics.
            Train(reference, comparison, ModelFiles.Load<TModel>(reference.ModelFolder, team), team);
        }
    }

    private static void Outputs(ReferenceCase reference, Comparison comparison, TModel model)
    {
        var batch = new CaseBatch(reference, "input", TModel.Info);
        ModelInfo info = TModel.Info;
        void Compare(string name, float[] actual) => comparison.Add(name, actual, reference.Floats(name), Math.Max(2e-5, 8 * reference.Float32Error(name)));
        if (info.Output == OutputKind.HiddenStates)
        {
            int[] tokens = [.. batch.Rows.SelectMany(row => row)], lengths = [.. batch.Rows.Select(row => row.Length)];
            int[] types = batch.Types is null || info.TokenTypes == 0 ? [] : [.. batch.Types.SelectMany(row => row)];
            bool[] globals = batch.Globals is null ? [] : [.. batch.Globals.SelectMany(row => row)];
            var hidden = new float[tokens.Length * info.HiddenWidth];
            model.HiddenStates(tokens, lengths, hidden, types, globals);
            Compare("last_hidden_state", CaseBatch.Pad(hidden, batch.Rows, batch.Rows.Max(row => row.Length), info.HiddenWidth));
            if (info.PooledWidth > 0)
            {
                var pooled = new float[lengths.Length * info.PooledWidth];
                model.Embed(tokens, lengths, pooled, Pooling.Pooler, normalize: false, types, globals);
                Compare("pooler_output", pooled);
            }

            return;
        }

        float[] logits = info is { HasEncoder: true, HasDecoder: true }
            ? model.ForwardPadded(batch.Padded(batch.Source), batch.Padded(batch.Target))
            : model.ForwardPadded(batch.Padded(batch.Rows));
        if (info.Output == OutputKind.Spans)
        {
            Compare("start_logits", [.. logits.Where((_, i) => i % 2 == 0)]);
            Compare("end_logits", [.. logits.Where((_, i) => i % 2 == 1)]);
            return;
        }

        Compare("logits", logits);
    }

    private static void Gradients(ReferenceCase reference, Comparison comparison, TModel model, Team team, LoraAdapter? adapter)
    {
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { LabelSmoothing = Smoothing(reference), Dropout = 0 }, team, adapter);
        TrainingBatch batch = new CaseBatch(reference, "input", TModel.Info).ForTraining();
        double loss = TModel.Info.Output == OutputKind.HiddenStates ? trainer.ForwardBackward((in HiddenOutputs outputs) => SineLoss.Of(outputs), batch) : trainer.ForwardBackward(batch);
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

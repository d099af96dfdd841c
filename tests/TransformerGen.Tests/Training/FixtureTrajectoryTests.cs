using System.Text.Json;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Training;
using TransformerGen.Weights;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Training;

/// <summary>The generated models train along the trajectories of the reference: losses of every step and weights after the last one.</summary>
public sealed class FixtureTrajectoryTests(ITestOutputHelper output)
{
    /// <summary>All fixtures of this project's own kind.</summary>
    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Repository.Fixtures, "paper*").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Training_follows_the_reference(string name)
    {
        string folder = Path.Combine(Repository.Fixtures, name);
        GeneratedCall.Run(GeneratedModel.FromConfig(File.ReadAllText(Path.Combine(folder, "config.json"))), new Trajectory(folder, output));
    }

    private sealed class Trajectory(string folder, ITestOutputHelper output) : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            JsonElement root = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
            using SafeTensorsFile expected = SafeTensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
            JsonElement train = root.GetProperty("train"), error = root.GetProperty("float32_error");
            double[] losses = [.. train.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble())];
            using var team = new Team(2);
            TModel model = ModelFiles.Load<TModel>(folder);
            using ModelWeights weights = model.Weights;
            double[] betas = [.. train.GetProperty("betas").EnumerateArray().Select(b => b.GetDouble())];
            using var trainer = new Trainer<TModel>(
                model,
                new TrainerOptions
                {
                    Optimizer = Optimizer.Adam(betas[0], betas[1], train.GetProperty("eps").GetDouble()),
                    Schedule = LearningRateSchedule.Noam(TModel.Info.Width, train.GetProperty("warmup").GetInt64(), train.GetProperty("factor").GetDouble()),
                    LabelSmoothing = root.GetProperty("label_smoothing").GetDouble(),
                    Dropout = 0,
                },
                team);

            TrainingBatch odd = Batch(TModel.Info, expected, "input."), even = Batch(TModel.Info, expected, "input2.");

            // The rules of the fixtures' README; the bounds are a small multiple of PyTorch's own float32 error on this case.
            double allowed = Math.Max(1e-4, 8 * error.GetProperty("train_losses").GetDouble()), worst = 0;
            for (int step = 1; step <= losses.Length; step++)
            {
                double loss = trainer.Step(step % 2 == 1 ? odd : even).Loss;
                worst = Math.Max(worst, Math.Abs(loss - losses[step - 1]) / losses[step - 1]);
            }

            output.WriteLine($"losses: worst relative error {worst:E2} of {allowed:E2}");
            Assert.True(worst <= allowed, $"A loss differs by {worst:E2}, allowed {allowed:E2}.");

            double allowedWeight = Math.Max(1e-4, 8 * error.GetProperty("trained").GetDouble()), worstWeight = 0;
            string worstName = "";
            int compared = 0;
            foreach (ParameterInfo parameter in TModel.Info.Parameters)
            {
                float[] trained = weights.View(parameter.Name).ToArray(), reference = new float[trained.Length];
                expected.ReadFloats("trained." + parameter.Name, reference);
                double difference = trained.Zip(reference, (a, b) => Math.Abs((double)a - b)).Max();
                if (!(difference <= worstWeight))
                {
                    (worstWeight, worstName) = (difference, parameter.Name);
                }

                compared++;
            }

            output.WriteLine($"weights: worst error {worstWeight:E2} of {allowedWeight:E2} in {worstName}; {compared} tensors");
            Assert.Equal(expected.Tensors.Keys.Count(k => k.StartsWith("trained.", StringComparison.Ordinal)), compared);
            Assert.True(worstWeight <= allowedWeight, $"{worstName} differs by {worstWeight:E2}, allowed {allowedWeight:E2}.");
        }

        private static TrainingBatch Batch(ModelInfo info, SafeTensorsFile file, string prefix)
        {
            var batch = new TrainingBatch(info);
            int[] labels = Read(file, prefix + "labels").Values;
            if (info.HasEncoder && info.HasDecoder)
            {
                batch.AddPadded(Padded(file, prefix + "src"), Padded(file, prefix + "tgt"), labels);
            }
            else
            {
                batch.AddPadded(Padded(file, prefix + (info.HasEncoder ? "src" : "tgt")), labels);
            }

            return batch;
        }

        private static PaddedBatch Padded(SafeTensorsFile file, string name)
        {
            (int[] ids, int columns) = Read(file, name);
            return new PaddedBatch(ids, Array.ConvertAll(Read(file, name + "_valid").Values, v => v != 0), ids.Length / columns);
        }

        private static (int[] Values, int Columns) Read(SafeTensorsFile file, string name)
        {
            TensorInfo tensor = file.Info(name);
            var values = new long[tensor.ElementCount];
            file.ReadInt64s(name, values);
            return ([.. values.Select(v => (int)v)], (int)tensor.Shape[^1]);
        }
    }
}

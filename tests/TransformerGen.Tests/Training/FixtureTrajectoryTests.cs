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
            using var weights = new ModelWeights(TModel.Info, TModel.Pack);
            LoadWeights(weights, Path.Combine(folder, "model.safetensors"));
            double[] betas = [.. train.GetProperty("betas").EnumerateArray().Select(b => b.GetDouble())];
            using var trainer = new Trainer<TModel>(
                TModel.Wrap(weights),
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
            output.WriteLine($"loss {trainer.ForwardBackward(odd)} expected {root.GetProperty("loss").GetDouble()}");
            double largest = TModel.Info.Parameters.Where(p => !p.IsBuffer).Max(p => Read32(expected, "grad." + p.Name).Max(Math.Abs));
            foreach (ParameterInfo parameter in TModel.Info.Parameters.Where(p => !p.IsBuffer))
            {
                float[] g = trainer.Gradient(parameter.Name).ToArray(), reference = Read32(expected, "grad." + parameter.Name);
                output.WriteLine($"{parameter.Name} {g.Zip(reference, (a, b) => Math.Abs((double)a - b)).Max() / Math.Max(reference.Max(Math.Abs), 0.01 * largest):E2}");
            }

            double allowed = Math.Max(1e-4, 8 * error.GetProperty("train_losses").GetDouble()), worst = 0;
            for (int step = 1; step <= losses.Length; step++)
            {
                double loss = trainer.Step(step % 2 == 1 ? odd : even).Loss;
                output.WriteLine($"step {step} loss {loss} expected {losses[step - 1]}");
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

        private static void LoadWeights(ModelWeights weights, string path)
        {
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            foreach (ParameterInfo parameter in weights.Info.Parameters)
            {
                var elements = new float[(long)parameter.Rows * parameter.Columns];
                file.ReadFloats(parameter.Name, elements);
                new TensorView(weights.Values, parameter).Write(elements);
            }

            weights.Pack(Team.Alone);
        }

        private static TrainingBatch Batch(ModelInfo info, SafeTensorsFile file, string prefix)
        {
            var batch = new TrainingBatch(info);
            (int[] labels, int columns) = Read(file, prefix + "labels");
            if (info.HasEncoder && info.HasDecoder)
            {
                (int[] source, int sourceColumns) = Read(file, prefix + "src");
                batch.AddPaddedPairs(source, Lengths(file, prefix + "src_valid"), sourceColumns, Read(file, prefix + "tgt").Values, Lengths(file, prefix + "tgt_valid"), labels, columns);
            }
            else
            {
                string side = info.HasEncoder ? "src" : "tgt";
                batch.AddPadded(Read(file, prefix + side).Values, Lengths(file, prefix + side + "_valid"), labels, columns);
            }

            return batch;
        }

        private static float[] Read32(SafeTensorsFile file, string name)
        {
            var values = new float[file.Info(name).ElementCount];
            file.ReadFloats(name, values);
            return values;
        }

        private static int[] Lengths(SafeTensorsFile file, string name)
        {
            (int[] valid, int columns) = Read(file, name);
            var lengths = new int[valid.Length / columns];
            TrainingBatch.LengthsOf(valid, columns, lengths);
            return lengths;
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

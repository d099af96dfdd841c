using System.Text.Json;
using TransformerGen.Kernels;
using TransformerGen.Lora;
using TransformerGen.Model;
using TransformerGen.Tests.Training;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Lora;

/// <summary>An adapter that PEFT has written, with what PEFT computes from it in double precision.</summary>
public sealed class LoraFixtureTests
{
    // The fixtures' own bound, absolute for outputs and relative to the largest entry for gradients.
    private const double Bound = 2e-5;

    [Fact]
    public void An_adapter_of_PEFT_has_its_logits_loss_and_gradients() => LoraModels.Run("llama", new Agreeing());

    private sealed class Agreeing : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using SafeTensorsFile expected = SafeTensorsFile.Open(Path.Combine(LoraModels.Adapter, "expected.safetensors"));
            int[] ids = Ints(expected, "input.input_ids"), mask = Ints(expected, "input.attention_mask"), labels = Ints(expected, "input.labels");
            int columns = (int)expected.Info("input.input_ids").Shape[1];
            var padded = new PaddedBatch(ids, Array.ConvertAll(mask, m => m != 0), ids.Length / columns);

            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            float[] bits = LoraModels.Bits(weights), plain = model.ForwardPadded(padded);
            using LoraAdapter adapter = LoraAdapter.Load(LoraModels.Adapter, weights);
            Assert.Equal(plain, model.ForwardPadded(padded));
            adapter.Merge();
            float[] reference = new float[expected.Info("logits").ElementCount], logits = model.ForwardPadded(padded);
            expected.ReadFloats("logits", reference);
            Assert.True(Apart(logits, reference) <= Bound, $"Logits differ by {Apart(logits, reference):E2}.");
            Assert.True(Apart(plain, reference) > 1e-2, "The adapter has no effect: the fixture says nothing.");

            using (var folder = new TemporaryFolder())
            {
                model.Save(folder.File("merged"));
                TModel merged = ModelFiles.Load<TModel>(folder.File("merged"));
                using ModelWeights loaded = merged.Weights;
                Assert.Equal(logits, merged.ForwardPadded(padded));
            }

            // A causal model shifts its labels itself.
            var batch = new TrainingBatch(TModel.Info);
            for (int row = 0; row < ids.Length; row += columns)
            {
                int length = mask.AsSpan(row, columns).Count(1);
                batch.Add(ids.AsSpan(row, length), [.. labels.AsSpan(row + 1, length - 1), TrainingBatch.Ignored]);
            }

            using (var team = new Team(2))
            using (var trainer = new Trainer<TModel>(model, new TrainerOptions { Dropout = 0 }, team, adapter))
            {
                double loss = JsonDocument.Parse(File.ReadAllText(Path.Combine(LoraModels.Adapter, "case.json"))).RootElement.GetProperty("loss").GetDouble();
                Assert.Equal(loss, trainer.ForwardBackward(batch), Bound);
                string[] names = [.. expected.Tensors.Keys.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)).Select(name => name[5..])];
                Assert.Equal(adapter.Weights.Info.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
                foreach (string name in names)
                {
                    var gradient = new float[expected.Info("grad." + name).ElementCount];
                    expected.ReadFloats("grad." + name, gradient);
                    double error = Apart(trainer.Gradient(name).ToArray(), gradient), allowed = Bound * gradient.Max(MathF.Abs);
                    Assert.True(error <= allowed, $"The gradient of {name} differs by {error:E2}, allowed {allowed:E2}.");
                }
            }

            adapter.Unmerge();
            Assert.Equal(bits, LoraModels.Bits(weights));
            Assert.Equal(plain, model.ForwardPadded(padded));
        }

        private static double Apart(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();

        private static int[] Ints(SafeTensorsFile file, string name)
        {
            var values = new long[file.Info(name).ElementCount];
            file.ReadInt64s(name, values);
            return [.. values.Select(v => (int)v)];
        }
    }
}

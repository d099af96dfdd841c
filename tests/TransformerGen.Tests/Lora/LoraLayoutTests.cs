using TransformerGen.Lora;
using TransformerGen.Model;
using TransformerGen.Tests.Training;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Lora;

/// <summary>Products and gradients by the checkpoint's rows and columns, however memory holds them: plain, transposed (Conv1D), head by head.</summary>
public sealed class LoraLayoutTests
{
    [Theory]
    [InlineData("llama", "q_proj", "v_proj", "o_proj", "gate_proj", "down_proj", "lm_head")]
    [InlineData("gpt2", "c_attn", "c_proj", "c_fc")]
    [InlineData("bloom", "query_key_value", "dense")]
    [InlineData("falcon-new-decoder", "query_key_value", "dense_4h_to_h")]
    public void Merging_is_the_product_and_gradients_are_its_derivatives(string fixture, params string[] modules) => LoraModels.Run(fixture, new Comparing(fixture, modules));

    private sealed class Comparing(string fixture, string[] modules) : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            TModel model = LoraModels.Load<TModel>(fixture), whole = LoraModels.Load<TModel>(fixture);
            using ModelWeights weights = model.Weights, other = whole.Weights;
            var options = new LoraOptions { TargetModules = modules, Rank = 3, Alpha = 5, RankPattern = [new(modules[0], 18)] };
            using LoraAdapter adapter = LoraAdapter.Create(weights, options, seed: 4);
            LoraModels.FillB(adapter, 5);
            adapter.Merge();

            int adapted = 0;
            foreach (ParameterInfo parameter in TModel.Info.Parameters)
            {
                float[] before = other.View(parameter.Name).ToArray(), after = weights.View(parameter.Name).ToArray();
                string module = parameter.Name[..^".weight".Length];
                if (!modules.Any(m => parameter.Name.EndsWith("." + m + ".weight", StringComparison.Ordinal) || parameter.Name == m + ".weight"))
                {
                    Assert.Equal(before, after);
                    continue;
                }

                adapted++;
                var (a, b, rank) = Factors(adapter, module);
                double scale = 5.0 / rank;
                Assert.Equal(module.EndsWith(modules[0], StringComparison.Ordinal) ? 18 : 3, rank);
                int inputs = parameter.Columns, outputs = parameter.Rows;
                for (int o = 0; o < outputs; o++)
                {
                    for (int i = 0; i < inputs; i++)
                    {
                        double product = 0;
                        for (int r = 0; r < rank; r++)
                        {
                            product += (double)b[(o * rank) + r] * a[(r * inputs) + i];
                        }

                        // A few roundings of numbers below 10.
                        int at = parameter.Layout.Transposed ? (i * outputs) + o : (o * inputs) + i;
                        Assert.Equal(before[at] + (scale * product), after[at], 5e-6);
                    }
                }
            }

            Assert.True(adapted >= modules.Length);
            CompareGradients(model, whole, adapter);
        }

        private static (float[] A, float[] B, int Rank) Factors(LoraAdapter adapter, string module)
        {
            TensorView a = adapter.Weights.View($"base_model.model.{module}.lora_A.weight");
            return (a.ToArray(), adapter.Weights.View($"base_model.model.{module}.lora_B.weight").ToArray(), (int)a.Shape[0]);
        }

        private static void CompareGradients<TModel>(TModel model, TModel whole, LoraAdapter adapter)
            where TModel : class, ITrainable<TModel>
        {
            foreach (ParameterInfo parameter in TModel.Info.Parameters)
            {
                whole.Weights.Set(parameter.Name, model.Weights.View(parameter.Name).ToArray());
            }

            TrainingBatch first = LoraModels.Texts(TModel.Info, 6, 5), second = LoraModels.Texts(TModel.Info, 7, 4);
            double? dropout = TModel.Info.Dropout > 0 ? 0 : null;
            using var full = new Trainer<TModel>(whole, new TrainerOptions { Dropout = dropout });
            using var trainer = new Trainer<TModel>(model, new TrainerOptions { Dropout = dropout }, adapter: adapter);
            Assert.Equal(full.ForwardBackward(first, second), trainer.ForwardBackward(first, second));
            foreach (ParameterInfo parameter in adapter.Weights.Info.Parameters.Where(p => p.Name.EndsWith("lora_A.weight", StringComparison.Ordinal)))
            {
                string module = parameter.Name["base_model.model.".Length..^".lora_A.weight".Length];
                var (a, b, rank) = Factors(adapter, module);
                ParameterInfo weight = TModel.Info.Parameters.Single(p => p.Name == module + ".weight");
                float[] dw = full.Gradient(weight.Name).ToArray();
                int inputs = weight.Columns, outputs = weight.Rows;
                var da = new double[a.Length];
                var db = new double[b.Length];
                for (int o = 0; o < outputs; o++)
                {
                    for (int i = 0; i < inputs; i++)
                    {
                        double g = 5.0 / rank * dw[weight.Layout.Transposed ? (i * outputs) + o : (o * inputs) + i];
                        for (int r = 0; r < rank; r++)
                        {
                            da[(r * inputs) + i] += g * b[(o * rank) + r];
                            db[(o * rank) + r] += g * a[(r * inputs) + i];
                        }
                    }
                }

                Near(da, trainer.Gradient(parameter.Name).ToArray(), parameter.Name);
                Near(db, trainer.Gradient($"base_model.model.{module}.lora_B.weight").ToArray(), module + ".lora_B");
            }
        }

        // Sums of at most a few hundred floats: roundings of the largest entry.
        private static void Near(double[] expected, float[] actual, string name)
        {
            Assert.Equal(expected.Length, actual.Length);
            double largest = expected.Max(Math.Abs), error = expected.Zip(actual, (x, y) => Math.Abs(x - y)).Max();
            Assert.True(largest > 0 && error <= 1e-5 * largest, $"The gradient of {name} differs by {error:E2} where its largest entry is {largest:E2}.");
        }
    }
}

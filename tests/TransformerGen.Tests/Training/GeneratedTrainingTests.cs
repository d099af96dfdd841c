using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

/// <summary>The trainer's promises on a real model, an encoder-decoder with dropout, through the code that the generator writes.</summary>
public sealed class GeneratedTrainingTests
{
    private static readonly Lazy<Type> s_model = new(() => GeneratedModel.Load(
        "using TransformerGen;\n\n[TransformerModel(dModel: 24, heads: 3, layers: 2, vocab: 37, Architecture = Architecture.EncoderDecoder, FeedForward = 40, MaxLength = 16, Dropout = 0.1f)]\npublic sealed partial class Model;"));

    [Fact]
    public void A_resumed_run_has_the_bits_of_an_uninterrupted_one_at_any_number_of_threads() => GeneratedCall.Run(s_model.Value, new Resuming());

    [Fact]
    public void Accumulated_batches_are_one_large_batch() => GeneratedCall.Run(s_model.Value, new Accumulating());

    [Fact]
    public void Evaluation_through_the_caches_has_the_loss_of_training_without_dropout() => GeneratedCall.Run(s_model.Value, new Evaluating());

    [Fact]
    public void Nothing_is_allocated_on_any_thread() => GeneratedCall.Run(s_model.Value, new Allocating());

    [Fact]
    public void Gradients_of_frozen_matrices_are_left_out_and_the_others_keep_their_bits() => GeneratedCall.Run(s_model.Value, new Freezing());

    private static TrainerOptions Options { get; } = new()
    {
        Optimizer = Optimizer.AdamW(0.9, 0.98, 1e-9),
        Schedule = LearningRateSchedule.Noam(24, 20),
        LabelSmoothing = 0.1,
        ClipNorm = 1,
        Seed = 3,
        AccumulationSteps = 2,
        Groups = [new ParameterGroup("encoder.layers.0") { Frozen = true }, new ParameterGroup("*layer_norm*") { LearningRateFactor = 0.5 }],
    };

    private static TModel Create<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        WeightInitializer.Initialize(weights, 5);
        return TModel.Wrap(weights);
    }

    private static TrainingBatch Batch(ModelInfo info, int seed, int pairs)
    {
        var random = new Random(seed);
        int[] Tokens() => [.. Enumerable.Range(0, random.Next(1, 14)).Select(_ => random.Next(3, info.Vocabulary))];
        var batch = new TrainingBatch(info);
        for (int i = 0; i < pairs; i++)
        {
            batch.AddTranslation(Tokens(), Tokens());
        }

        return batch;
    }

    private sealed class Freezing : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            // Of the decoder's fused projection one part is frozen, of its last layer the bias alone is trained: both products are still needed.
            ParameterGroup[] groups =
            [
                new("encoder.layers.0") { Frozen = true }, new("shared") { Frozen = true }, new("decoder.layers.1.self_attn.k_proj") { Frozen = true }, new("decoder.layers.0.fc2.weight") { Frozen = true },
            ];
            TrainingBatch batch = Batch(TModel.Info, 1, 6);
            using var whole = new Trainer<TModel>(Create<TModel>(), Options with { Groups = [] });
            using var partly = new Trainer<TModel>(Create<TModel>(), Options with { Groups = groups });
            Assert.Equal(whole.ForwardBackward(batch, batch), partly.ForwardBackward(batch, batch));
            int left = 0;
            foreach (ParameterInfo parameter in TModel.Info.Parameters)
            {
                float[] gradient = partly.Gradient(parameter.Name).ToArray();
                if (parameter.Name.StartsWith("encoder.layers.0.", StringComparison.Ordinal) && parameter.IsProjection)
                {
                    left++;
                    Assert.All(gradient, g => Assert.Equal(0, g));
                }
                else if (!groups.Any(group => group.Matches(parameter.Name)))
                {
                    Assert.Equal(whole.Gradient(parameter.Name).ToArray(), gradient);
                }
            }

            Assert.Equal(6, left);
            Assert.All(partly.Gradient("shared.weight").ToArray(), g => Assert.Equal(0, g));
        }
    }

    private sealed class Resuming : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            using var team = new Team(2);
            ShuffledSource Source() => new(Batch(TModel.Info, 1, 15), 4, seed: 2);
            using var whole = new Trainer<TModel>(Create<TModel>(), Options);
            StepResult expected = whole.Fit(Source(), 3).Last;

            using var first = new Trainer<TModel>(Create<TModel>(), Options, team);
            float[] frozen = first.Model.Weights.View("encoder.layers.0.fc1.weight").ToArray();
            first.Fit(Source(), 1);
            first.Save(folder.File("checkpoint"));
            using var second = Trainer<TModel>.Resume(folder.File("checkpoint"), Options, team);
            StepResult result = second.Fit(Source(), 3).Last;
            Assert.Equal(6, result.Step);
            Assert.Equal(expected, result);
            Assert.True(whole.Model.Weights.Values.Span.SequenceEqual(second.Model.Weights.Values.Span), "The weights differ.");
            Assert.Equal(frozen, second.Model.Weights.View("encoder.layers.0.fc1.weight").ToArray());
            Assert.NotEqual(Create<TModel>().Weights.View("encoder.layers.1.fc1.weight").ToArray(), second.Model.Weights.View("encoder.layers.1.fc1.weight").ToArray());
        }
    }

    private sealed class Accumulating : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var trainer = new Trainer<TModel>(Create<TModel>(), Options with { Dropout = 0 });
            TrainingBatch large = Batch(TModel.Info, 1, 9), small = new(TModel.Info), rest = new(TModel.Info);
            for (int i = 0; i < 9; i++)
            {
                (i < 2 ? small : rest).AddFrom(large, i);
            }

            double loss = trainer.ForwardBackward(large);
            var gradients = TModel.Info.Parameters.ToDictionary(p => p.Name, p => trainer.Gradient(p.Name).ToArray());
            Assert.Equal(loss, trainer.ForwardBackward(small, rest), 1e-6);
            double largest = gradients.Values.Max(g => g.Max(Math.Abs));
            foreach ((string name, float[] expected) in gradients)
            {
                // Sums of about a hundred floats in another order: a few roundings of the largest gradient.
                double error = expected.Zip(trainer.Gradient(name).ToArray(), (a, b) => Math.Abs((double)a - b)).Max();
                Assert.True(error <= 1e-6 * largest, $"{name} differs by {error:E2}, the largest gradient being {largest:E2}.");
            }
        }
    }

    private sealed class Evaluating : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var trainer = new Trainer<TModel>(Create<TModel>(), Options with { Dropout = 0, LabelSmoothing = 0 });
            TrainingBatch[] batches = [Batch(TModel.Info, 1, 3), Batch(TModel.Info, 2, 8), Batch(TModel.Info, 3, 1)];
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(trainer.ForwardBackward(batches), trainer.Evaluate(batches), 2e-6);
                trainer.Step(batches);
            }
        }
    }

    private sealed unsafe class Allocating : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var team = new Team(2);
            using var trainer = new Trainer<TModel>(Create<TModel>(), Options, team);
            TrainingBatch[] batches = [Batch(TModel.Info, 1, 6), Batch(TModel.Info, 2, 16)];
            long[] before = new long[2], after = new long[2];
            for (int i = 0; i < 30; i++)
            {
                trainer.Step(batches);
                trainer.Evaluate(batches);
            }

            TrainerTests.Allocated(team, before);
            for (int i = 0; i < 20; i++)
            {
                trainer.Step(batches);
                trainer.Evaluate(batches);
            }

            TrainerTests.Allocated(team, after);
            Assert.Equal(before, after);
        }
    }
}

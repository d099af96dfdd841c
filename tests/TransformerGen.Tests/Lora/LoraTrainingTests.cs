using TransformerGen.Kernels;
using TransformerGen.Lora;
using TransformerGen.Model;
using TransformerGen.Tests.Training;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Lora;

/// <summary>Training an adapter: the base stays, the loss falls, a run can be interrupted.</summary>
public sealed class LoraTrainingTests
{
    private static readonly LoraOptions s_lora = new() { TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"], Rank = 4, Alpha = 8 };

    private static readonly TrainerOptions s_options = new()
    {
        Optimizer = Optimizer.AdamW(weightDecay: 0.01),
        Schedule = LearningRateSchedule.Constant(1e-2),
        ClipNorm = 1,
        AccumulationSteps = 2,
        Groups = [new ParameterGroup("*layers.0*k_proj*") { Frozen = true }, new ParameterGroup("*lora_B*") { LearningRateFactor = 2 }],
    };

    [Fact]
    public void The_adapter_alone_is_trained_and_the_loss_falls() => LoraModels.Run("llama", new Training());

    [Fact]
    public void A_resumed_run_has_the_bits_of_an_uninterrupted_one_at_any_number_of_threads() => LoraModels.Run("llama", new Resuming());

    [Fact]
    public void A_step_allocates_nothing() => LoraModels.Run("llama", new Allocating());

    [Fact]
    public void One_adapter_at_a_time() => LoraModels.Run("llama", new Excluding());

    private sealed class Training : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            float[] bits = LoraModels.Bits(weights);
            using LoraAdapter adapter = LoraAdapter.Create(weights, s_lora, seed: 1);
            float[] fresh = LoraModels.Bits(adapter.Weights);
            using var trainer = new Trainer<TModel>(model, s_options, adapter: adapter);
            Assert.True(adapter.IsMerged);

            // B is zero: a new adapter changes nothing.
            Assert.Equal(bits, LoraModels.Bits(weights));
            TrainingBatch batch = LoraModels.Texts(TModel.Info, 1, 4);
            double first = trainer.Step(batch).Loss, last = 0;
            for (int i = 0; i < 60; i++)
            {
                last = trainer.Step(batch).Loss;
            }

            Assert.True(last < 0.7 * first, $"The loss fell from {first} to {last}.");
            Assert.Equal(trainer.Evaluate(batch), trainer.ForwardBackward(batch), 1e-5);

            string[] changed = [.. TModel.Info.Parameters.Where(p => Changed(p)).Select(p => p.Name).Order(StringComparer.Ordinal)];
            string[] adapted = [.. TModel.Info.Parameters.Where(p => s_lora.TargetModules.Any(m => p.Name.EndsWith(m + ".weight", StringComparison.Ordinal)) && !p.Name.Contains("layers.0.self_attn.k_proj", StringComparison.Ordinal)).Select(p => p.Name).Order(StringComparer.Ordinal)];
            Assert.Equal(adapted, changed);
            Assert.False(fresh.SequenceEqual(LoraModels.Bits(adapter.Weights)));
            Assert.Throws<KeyNotFoundException>(() => trainer.Gradient("model.layers.0.self_attn.q_proj.weight"));

            // Twice the same product: merging is a function of base and adapter.
            float[] merged = LoraModels.Bits(weights);
            adapter.Unmerge();
            Assert.Equal(bits, LoraModels.Bits(weights));
            adapter.Merge();
            Assert.Equal(merged, LoraModels.Bits(weights));
            adapter.Unmerge();

            bool Changed(ParameterInfo parameter)
            {
                TModel other = LoraModels.Load<TModel>("llama");
                using ModelWeights original = other.Weights;
                return !original.View(parameter.Name).ToArray().SequenceEqual(weights.View(parameter.Name).ToArray());
            }
        }
    }

    private sealed class Resuming : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            using var team = new Team(2);
            ShuffledSource Source() => new(LoraModels.Texts(TModel.Info, 2, 15), 4, seed: 2);
            TModel one = LoraModels.Load<TModel>("llama"), two = LoraModels.Load<TModel>("llama"), three = LoraModels.Load<TModel>("llama");
            using ModelWeights first = one.Weights, second = two.Weights, third = three.Weights;
            using LoraAdapter whole = LoraAdapter.Create(first, s_lora, seed: 3), begun = LoraAdapter.Create(second, s_lora, seed: 3), resumed = LoraAdapter.Create(third, s_lora, seed: 9);
            using var uninterrupted = new Trainer<TModel>(one, s_options, adapter: whole);
            StepResult expected = uninterrupted.Fit(Source(), 3).Last;

            using (var trainer = new Trainer<TModel>(two, s_options, team, begun))
            {
                trainer.Fit(Source(), 1);
                trainer.Save(folder.File("checkpoint"));
            }

            InvalidDataException other = Assert.Throws<InvalidDataException>(() => Trainer<TModel>.Resume(folder.File("checkpoint"), three, resumed, s_options with { ClipNorm = 2 }));
            Assert.Contains("clip norm", other.Message, StringComparison.Ordinal);
            Assert.False(resumed.IsMerged);
            using LoraAdapter wrong = LoraAdapter.Create(third, s_lora with { Alpha = 9 });
            Assert.Contains("lora_alpha", Assert.Throws<InvalidDataException>(() => Trainer<TModel>.Resume(folder.File("checkpoint"), three, wrong, s_options)).Message, StringComparison.Ordinal);

            using Trainer<TModel> goesOn = Trainer<TModel>.Resume(folder.File("checkpoint"), three, resumed, s_options, team);
            Assert.Equal(expected, goesOn.Fit(Source(), 3).Last);
            Assert.Equal(LoraModels.Bits(whole.Weights), LoraModels.Bits(resumed.Weights));
            Assert.Equal(LoraModels.Bits(first), LoraModels.Bits(third));
        }
    }

    private sealed class Allocating : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            using LoraAdapter adapter = LoraAdapter.Create(weights, s_lora);
            using var trainer = new Trainer<TModel>(model, s_options, adapter: adapter);
            TrainingBatch batch = LoraModels.Texts(TModel.Info, 1, 4);
            trainer.Step(batch);
            trainer.Step(batch);
            long before = GC.GetAllocatedBytesForCurrentThread();
            trainer.Step(batch);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private sealed class Excluding : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            TModel model = LoraModels.Load<TModel>("llama"), stranger = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights, others = stranger.Weights;
            using LoraAdapter adapter = LoraAdapter.Load(LoraModels.Adapter, weights), second = LoraAdapter.Create(weights, s_lora);
            adapter.Merge();
            Assert.Throws<InvalidOperationException>(() => second.Merge());
            Assert.Throws<InvalidOperationException>(() => new Trainer<TModel>(model));
            Assert.Throws<InvalidOperationException>(() => new Trainer<TModel>(model, adapter: second));
            Assert.Throws<ArgumentException>(() => new Trainer<TModel>(stranger, adapter: adapter));
            const string Adapted = "model.layers.0.self_attn.q_proj.weight", Other = "model.norm.weight";
            Assert.Throws<InvalidOperationException>(() => weights.Set(Adapted, weights.View(Adapted).ToArray()));
            weights.Set(Other, weights.View(Other).ToArray());

            // Dropout acts on the adapter's input; what is merged has none.
            using LoraAdapter dropping = LoraAdapter.Create(others, s_lora with { Dropout = 0.1 });
            dropping.Merge();
            string refusal = Assert.Throws<ArgumentException>(() => new Trainer<TModel>(stranger, adapter: dropping)).Message;
            Assert.All((string[])["lora_dropout 0.1", LoraAdapter.ConfigName, "LoraOptions.Dropout"], part => Assert.Contains(part, refusal, StringComparison.Ordinal));

            // Disposing of an adapter keeps what it has made of the model.
            float[] merged = LoraModels.Bits(weights);
            adapter.Dispose();
            Assert.Equal(merged, LoraModels.Bits(weights));
            second.Merge();
            second.Unmerge();
            Assert.Equal(merged, LoraModels.Bits(weights));
            using var trainer = new Trainer<TModel>(model);
        }
    }
}

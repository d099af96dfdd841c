using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

public sealed unsafe class TrainerTests
{
    [Fact]
    public void Accumulated_batches_are_one_large_batch()
    {
        // Batches of different size: a mean of means would differ in the second digit.
        using var parts = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { Dropout = 0 });
        using var whole = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { Dropout = 0 });
        TrainingBatch[] batches = [Batch(1, 5), Batch(2, 1), Empty(), Batch(3, 3)];
        var large = new TrainingBatch(ToyModel.Info);
        foreach (TrainingBatch batch in batches)
        {
            for (int s = 0; s < batch.Sequences; s++)
            {
                large.AddFrom(batch, s);
            }
        }

        StepResult a = parts.Step(batches), b = whole.Step(large);
        Assert.Equal(b.Loss, a.Loss, 1e-12);
        Assert.Equal(b.GradientNorm, a.GradientNorm, 1e-6 * b.GradientNorm);
        Assert.Equal((b.Tokens, b.Labels, b.LearningRate), (a.Tokens, a.Labels, a.LearningRate));

        // Adam's first step is rate · g / |g|: it shows every sign. The gradients differ by the order of float sums.
        foreach (string name in (string[])["embed.weight", "out.weight", "out.bias"])
        {
            Close(whole.Gradient(name).ToArray(), parts.Gradient(name).ToArray(), 1e-7);
        }
    }

    [Fact]
    public void The_gradient_is_that_of_the_reported_loss()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options());
        TrainingBatch[] batches = [Batch(1, 2), Batch(2, 4)];
        trainer.ForwardBackward(batches);
        double slope = trainer.Gradient("out.weight").Row(5)[3];
        float* w = trainer.Model.Weights.Values.Start + ToyModel.Info.Parameters[1].Offset + (5 * ToyModel.Stride) + 3;
        float before = *w;
        *w = before + 0.01f;
        double up = trainer.ForwardBackward(batches);
        *w = before - 0.01f;
        double down = trainer.ForwardBackward(batches);

        // Central difference with step h: error h² times a third derivative below 1, and float logits' rounding over 2h.
        Assert.Equal((up - down) / 0.02, slope, 2e-5);
    }

    [Fact]
    public void Training_learns()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { Dropout = 0, LabelSmoothing = 0, Schedule = LearningRateSchedule.Constant(0.05) });
        var batch = new TrainingBatch(ToyModel.Info);
        batch.AddText([1, 5, 9, 4, 17, 2]);
        double first = trainer.Evaluate(batch);
        for (int i = 0; i < 100; i++)
        {
            trainer.Step(batch);
        }

        Assert.True(first > 2.5, $"An untrained model has a loss near ln 23, not {first}.");
        Assert.True(trainer.Evaluate(batch) < 0.05);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.05)]
    public void Two_threads_give_the_bits_of_one(double? clip)
    {
        using var team = new Team(2);
        using var one = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { ClipNorm = clip });
        using var two = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { ClipNorm = clip }, team);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(one.Step(Batch(i, 3), Batch(i + 50, 2)), two.Step(Batch(i, 3), Batch(i + 50, 2)));
        }

        Assert.True(one.Model.Weights.Values.Span.SequenceEqual(two.Model.Weights.Values.Span));
    }

    [Fact]
    public void Clipping_bounds_the_gradients_norm()
    {
        // SGD with rate 1: the weights move by exactly the clipped gradient.
        TrainerOptions options = Options() with { Optimizer = Optimizer.Sgd(), Schedule = LearningRateSchedule.Constant(1), ClipNorm = 0.125, Dropout = 0 };
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), options);
        float[] before = trainer.Model.Weights.Values.Span.ToArray();
        StepResult result = trainer.Step(Batch(1, 3));
        Assert.True(result.GradientNorm > 0.2, "The gradient is too small to be clipped.");
        float[] after = trainer.Model.Weights.Values.Span.ToArray();
        int trained = ToyModel.Info.Parameters[^1].Offset;
        double moved = Math.Sqrt(before.Zip(after).Take(trained).Sum(p => Math.Pow((double)p.First - p.Second, 2)));
        Assert.Equal(0.125, moved, 2e-6);
    }

    [Fact]
    public void Frozen_tensors_keep_their_bits_and_groups_have_their_rates()
    {
        TrainerOptions options = Options() with
        {
            Dropout = 0,
            Optimizer = Optimizer.Sgd(),
            Schedule = LearningRateSchedule.Constant(0.5),
            Groups = [new ParameterGroup("embed") { Frozen = true }, new ParameterGroup("*.bias") { LearningRateFactor = 0.25 }],
        };
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), options);
        ModelWeights weights = trainer.Model.Weights;
        float[] embed = weights.View("embed.weight").ToArray(), bias = weights.View("out.bias").ToArray(), output = weights.View("out.weight").ToArray();
        double norm = trainer.Step(Batch(1, 4)).GradientNorm;
        Assert.Contains(trainer.Gradient("embed.weight").ToArray(), g => g != 0);
        Assert.Equal(embed, weights.View("embed.weight").ToArray());
        Close([.. bias.Zip(trainer.Gradient("out.bias").ToArray(), (w, g) => w - (0.125f * g))], weights.View("out.bias").ToArray(), 1e-7);
        Close([.. output.Zip(trainer.Gradient("out.weight").ToArray(), (w, g) => w - (0.5f * g))], weights.View("out.weight").ToArray(), 1e-7);

        // As with requires_grad = False, what is frozen is not part of the norm.
        double expected = Math.Sqrt(trainer.Gradient("out.bias").ToArray().Concat(trainer.Gradient("out.weight").ToArray()).Sum(g => (double)g * g));
        Assert.Equal(expected, norm, 1e-6 * expected);
    }

    [Fact]
    public void Decay_acts_on_matrices_alone_and_never_on_running_statistics()
    {
        TrainerOptions options = Options() with
        {
            Dropout = 0,
            Optimizer = Optimizer.AdamW(weightDecay: 0.5),
            Schedule = LearningRateSchedule.Constant(0.1),
            Groups = [new ParameterGroup("embed.weight") { WeightDecay = 0 }],
        };
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), options);
        ModelWeights weights = trainer.Model.Weights;
        float[] unused = weights.View("unused.weight").ToArray();
        float[] row = weights.View("embed.weight").Row(22).ToArray();
        var batch = new TrainingBatch(ToyModel.Info);
        batch.AddText([1, 5, 6]);
        trainer.Step(batch);
        Close([.. unused.Select(w => w * 0.95f)], weights.View("unused.weight").ToArray(), 1e-7);
        Assert.Equal(row, weights.View("embed.weight").Row(22).ToArray());
        Assert.All(weights.View("running").ToArray(), w => Assert.Equal(0.9f, w));
    }

    [Fact]
    public void Evaluation_has_no_dropout_and_no_smoothing_and_changes_nothing()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { Dropout = 0.5 });
        using var plain = new Trainer<ToyModel>(ToyModel.Create(1), new TrainerOptions { Dropout = 0 });
        float[] before = trainer.Model.Weights.Values.Span.ToArray();
        TrainingBatch[] batches = [Batch(1, 2), Empty(), Batch(2, 5)];
        double loss = trainer.Evaluate(batches);
        Assert.Equal(before, trainer.Model.Weights.Values.Span.ToArray());
        Assert.Equal(plain.ForwardBackward(batches), loss, 1e-12);
        Assert.Equal(loss, trainer.Evaluate(new FixedSource(batches)), 1e-12);
        Assert.NotEqual(loss, trainer.ForwardBackward(batches));
    }

    [Fact]
    public void The_divergence_is_the_loss_without_the_entropy()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options());
        StepResult result = trainer.Step(Batch(1, 2));
        Assert.Equal(result.Loss - LabelSmoothing.Entropy(0.1, ToyModel.Vocabulary), result.Divergence);
        Assert.True(result.Divergence > 0);
    }

    [Fact]
    public void Dropout_differs_between_steps_micro_batches_and_seeds_only()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options());
        using var other = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { Seed = 8 });
        TrainingBatch batch = Batch(1, 2);
        double first = trainer.ForwardBackward(batch);
        Assert.Equal(first, trainer.ForwardBackward(batch));
        Assert.NotEqual(first, trainer.ForwardBackward(batch, batch));
        Assert.NotEqual(first, other.ForwardBackward(batch));
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_by_name()
    {
        ToyModel model = ToyModel.Create(1);
        using var trainer = new Trainer<ToyModel>(model);
        Assert.Throws<ArgumentException>(() => trainer.Step(Empty()));
        Assert.Throws<ArgumentException>(() => trainer.Step());
        Assert.Contains("no tensor of Toy", Refused(Options() with { Groups = [new ParameterGroup("encoder")] }), StringComparison.Ordinal);
        Assert.Contains("LabelSmoothing", Refused(Options() with { LabelSmoothing = 1 }), StringComparison.Ordinal);
        Assert.Contains("ClipNorm", Refused(Options() with { ClipNorm = 0 }), StringComparison.Ordinal);
        Assert.Contains("Dropout", Refused(Options() with { Dropout = double.NaN }), StringComparison.Ordinal);
        string Refused(TrainerOptions options) => Assert.ThrowsAny<ArgumentException>(() => new Trainer<ToyModel>(model, options)).Message;
    }

    [Fact]
    public void A_step_with_a_loss_that_is_not_finite_is_not_taken()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options());
        trainer.Step(Batch(1, 3));
        trainer.Model.Weights.Values.Start[ToyModel.Info.Parameters[2].Offset] = float.NaN;
        Refused(trainer, "Step 2 has a loss of NaN");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1.0)]
    public void A_step_with_gradients_that_are_not_finite_is_not_taken(double? clip)
    {
        // An embedding of zeros hides the output's huge weights from the loss; its own gradient is made of them, and the square of that is infinite.
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { ClipNorm = clip });
        trainer.Step(Batch(1, 3));
        float* values = trainer.Model.Weights.Values.Start;
        new Span<float>(values, ToyModel.Info.Parameters[1].Offset).Clear();
        values[ToyModel.Info.Parameters[1].Offset + (3 * ToyModel.Stride)] = 1e30f;
        Assert.True(double.IsFinite(trainer.ForwardBackward(Batch(2, 3))));
        Refused(trainer, "Step 2 has a norm of all gradients of ");

        // With sound weights training goes on.
        new Span<float>(values + ToyModel.Info.Parameters[1].Offset, ToyModel.Stride * ToyModel.Vocabulary).Fill(0.5f);
        Assert.Equal(2, trainer.Step(Batch(2, 3)).Step);
    }

    private static void Refused(Trainer<ToyModel> trainer, string beginning)
    {
        int parameters = ToyModel.Info.Parameters[^1].Offset;       // what follows are running statistics
        float[] before = trainer.Model.Weights.Values.Span[..parameters].ToArray();
        NotFiniteNumberException exception = Assert.Throws<NotFiniteNumberException>(() => trainer.Step(Batch(2, 3)));
        Assert.StartsWith(beginning, exception.Message, StringComparison.Ordinal);
        Assert.False(double.IsFinite(exception.OffendingNumber));
        Assert.Equal(before, trainer.Model.Weights.Values.Span[..parameters].ToArray());
        Assert.Equal(1, trainer.StepsDone);
    }

    [Fact]
    public void A_step_allocates_nothing_on_any_thread()
    {
        using var team = new Team(2);
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options() with { ClipNorm = 1 }, team);
        var source = new ShuffledSource(Batch(4, 20), 6, 1);
        TrainingBatch[] batches = [new TrainingBatch(ToyModel.Info), new TrainingBatch(ToyModel.Info)];
        int[] source1 = [1, 5, 7], labels = [5, -100, 7];
        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                batches[0].Clear();
                batches[1].Clear();
                source.Load(i, i % source.BatchesPerEpoch, batches[0]);
                batches[1].Add(source1, labels);
                batches[1].AddText(source1);
                trainer.Step(batches);
                trainer.Evaluate(batches);
            }
        }

        Steps(60);
        var before = new long[team.Threads];
        var after = new long[team.Threads];
        Allocated(team, before);
        Steps(40);
        Allocated(team, after);
        Assert.Equal(before, after);
    }

    internal static TrainerOptions Options() => new()
    {
        Optimizer = Optimizer.Adam(0.9, 0.98, 1e-9),
        Schedule = LearningRateSchedule.Noam(ToyModel.Width, 10),
        LabelSmoothing = 0.1,
        Seed = 7,
    };

    /// <summary>A batch of texts whose content is a function of the seed.</summary>
    internal static TrainingBatch Batch(int seed, int texts)
    {
        var random = new Random(seed);
        var batch = new TrainingBatch(ToyModel.Info);
        for (int s = 0; s < texts; s++)
        {
            batch.AddText([.. Enumerable.Range(0, random.Next(2, 12)).Select(_ => random.Next(ToyModel.Vocabulary))]);
        }

        return batch;
    }

    private static TrainingBatch Empty()
    {
        var batch = new TrainingBatch(ToyModel.Info);
        batch.Add([3, 4], [-100, -100]);
        return batch;
    }

    private static void Close(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }

    /// <summary>Bytes that each thread of a team has allocated: with as many units as threads, each does one.</summary>
    internal static void Allocated(Team team, long[] bytes)
    {
        fixed (long* first = bytes)
        {
            team.Run(team.Threads, &Measure, first);
        }
    }

    private static void Measure(int first, int end, void* state)
    {
        for (int i = first; i < end; i++)
        {
            ((long*)state)[i] = GC.GetAllocatedBytesForCurrentThread();
        }
    }
}

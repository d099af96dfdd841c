using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Training;

public sealed class CheckpointTests
{
    public static TheoryData<string, int> Runs => new()
    {
        { "adam", 1 }, { "adam", 2 }, { "adamw", 2 }, { "momentum", 1 }, { "sgd", 2 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_resumed_run_has_the_bits_of_an_uninterrupted_one(string kind, int threads)
    {
        using var folder = new TemporaryFolder();
        using var team = new Team(threads);
        TrainerOptions options = Options(kind);
        ShuffledSource Source() => new(TrainerTests.Batch(9, 23), 3, seed: 4);

        using var whole = new Trainer<ToyModel>(ToyModel.Create(1), options, team);
        var wholeResults = new List<StepResult>();
        whole.Fit(Source(), 3, new Collect(wholeResults));

        // Interrupted in the middle of the second epoch, and again right behind its end.
        var results = new List<StepResult>();
        using var first = new Trainer<ToyModel>(ToyModel.Create(1), options);
        using var cancel = new CancellationTokenSource();
        Assert.False(first.Fit(Source(), 3, new Collect(results, cancel), cancel.Token).Completed);
        first.Save(folder.File("a.safetensors"));
        using var second = Trainer<ToyModel>.Resume(folder.File("a.safetensors"), options, team);
        Assert.Equal(first.Position, second.Position);
        Assert.True(second.Fit(Source(), 2, new Collect(results)).Completed);
        second.Save(folder.File("a.safetensors"));
        using var third = Trainer<ToyModel>.Resume(folder.File("a.safetensors"), options, team);
        Assert.Equal(new DataPosition(2, 0), third.Position);
        third.Fit(Source(), 3, new Collect(results));

        Assert.Equal(12, wholeResults.Count);
        Assert.Equal(wholeResults, results);
        Assert.True(whole.Model.Weights.Values.Span.SequenceEqual(third.Model.Weights.Values.Span));
        whole.Save(folder.File("whole.safetensors"));
        third.Save(folder.File("third.safetensors"));
        Assert.Equal(File.ReadAllBytes(folder.File("whole.safetensors")), File.ReadAllBytes(folder.File("third.safetensors")));
        Assert.Equal(["a.safetensors", "third.safetensors", "whole.safetensors"], folder.Names());
    }

    [Fact]
    public void A_checkpoint_holds_weights_moments_and_state_by_name()
    {
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options("adam"));
        trainer.Step(TrainerTests.Batch(1, 2));
        trainer.Save(folder.File("a"));
        using SafeTensorsFile file = SafeTensorsFile.Open(folder.File("a"));
        Assert.Equal(5 + 8 + 1, file.Tensors.Count);
        Assert.Equal([23L, 20], file.Info("optimizer.v.embed.weight").Shape);
        Assert.Equal([20L], file.Info("running").Shape);
        Assert.False(file.Tensors.ContainsKey("optimizer.m.running"));
        var state = new long[3];
        file.ReadInt64s("trainer.state", state);
        Assert.Equal([1L, 0, 0], state);
        Assert.Equal("0.1", file.Metadata["option: label smoothing"]);
        var weights = new float[23 * 20];
        file.ReadFloats("embed.weight", weights);
        Assert.Equal(trainer.Model.Weights.View("embed.weight").ToArray(), weights);

        // As a file of weights it loads like any other.
        using ModelWeights loaded = ModelFiles.Load<ToyModel>(folder.File("a")).Weights;
        Assert.True(trainer.Model.Weights.Values.Span.SequenceEqual(loaded.Values.Span));
    }

    [Fact]
    public void Other_options_are_refused_by_name_unless_allowed()
    {
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options("adam"));
        trainer.Step(TrainerTests.Batch(1, 2));
        trainer.Save(folder.File("a"));
        TrainerOptions changed = Options("adam") with { Groups = [new ParameterGroup("embed") { Frozen = true }] };
        string message = Assert.Throws<InvalidDataException>(() => Trainer<ToyModel>.Resume(folder.File("a"), changed)).Message;
        Assert.Contains("another groups: '' there, 'embed frozen' here", message, StringComparison.Ordinal);
        using var resumed = Trainer<ToyModel>.Resume(folder.File("a"), changed, allowChangedOptions: true);
        Assert.Equal(1, resumed.StepsDone);
        float[] frozen = resumed.Model.Weights.View("embed.weight").ToArray();
        resumed.Step(TrainerTests.Batch(2, 2));
        Assert.Equal(frozen, resumed.Model.Weights.View("embed.weight").ToArray());
    }

    [Fact]
    public void Files_of_another_kind_are_refused()
    {
        using var folder = new TemporaryFolder();
        SafeTensorsWriter.Write(folder.File("weights"), [TensorSource.Floats("embed.weight", TensorType.F32, [1], new float[1])]);
        Assert.Contains("no checkpoint", Assert.Throws<InvalidDataException>(() => Trainer<ToyModel>.Resume(folder.File("weights"))).Message, StringComparison.Ordinal);
        using var plain = new Trainer<ToyModel>(ToyModel.Create(1), Options("sgd"));
        plain.Save(folder.File("sgd"));
        Assert.Contains("optimizer", Assert.Throws<SafeTensorsException>(() => Trainer<ToyModel>.Resume(folder.File("sgd"), Options("adam"), allowChangedOptions: true)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Trainer<ToyModel>.Resume(folder.File("none")));
    }

    [Fact]
    public void Fit_reports_every_step_and_ends_behind_the_one_in_which_it_is_cancelled()
    {
        using var trainer = new Trainer<ToyModel>(ToyModel.Create(1), Options("adam") with { AccumulationSteps = 1 });
        var source = new ShuffledSource(TrainerTests.Batch(9, 10), 4, seed: 4);
        var reports = new List<TrainingProgress>();
        using var cancel = new CancellationTokenSource();
        var report = new Told(p =>
        {
            reports.Add(p);
            if (p.Last.Step == 4)
            {
                cancel.Cancel();
            }
        });
        FitResult result = trainer.Fit(source, 2, report, cancel.Token);
        Assert.Equal((false, 4L, new DataPosition(1, 1)), (result.Completed, result.Steps, trainer.Position));
        Assert.Equal([1, 2, 3, 4], reports.Select(p => p.Last.Step));
        Assert.All(reports, p => Assert.Equal(6, p.TotalSteps));
        Assert.All(reports, p => Assert.True(p.TokensPerSecond > 0 && p.TimeLeft >= TimeSpan.Zero && p.Elapsed > TimeSpan.Zero));
        Assert.True(trainer.Fit(source, 2, report).Completed);
        Assert.Equal([4, 5, 6], reports.Skip(3).Select(p => p.Last.Step));
        Assert.Equal(2, reports[^1].TotalSteps);
        Assert.Equal(TimeSpan.Zero, reports[^1].TimeLeft);
        Assert.Equal(0, trainer.Fit(source, 2).Steps);
        Assert.Throws<ArgumentException>(() => Interrupted().Fit(new FixedSource(TrainerTests.Batch(1, 1)), 5));

        Trainer<ToyModel> Interrupted()
        {
            var other = new Trainer<ToyModel>(ToyModel.Create(1));
            using var soon = new CancellationTokenSource();
            other.Fit(source, 1, new Told(p => soon.Cancel()), soon.Token);
            return other;
        }
    }

    [Fact]
    public void Every_epoch_has_an_order_of_its_own_and_sees_everything_once()
    {
        var orders = new int[4][];
        for (int epoch = 0; epoch < 3; epoch++)
        {
            ShuffledSource.Shuffle(11, epoch, orders[epoch] = new int[100]);
            Assert.Equal(Enumerable.Range(0, 100), orders[epoch].Order());
        }

        ShuffledSource.Shuffle(12, 0, orders[3] = new int[100]);
        Assert.Equal(4, orders.Select(o => string.Join(' ', o)).Distinct().Count());

        // Where each item lands is spread over all places: 400 shuffles put item 0 into each half about equally (5 standard deviations).
        var order = new int[10];
        int early = 0;
        for (int epoch = 0; epoch < 400; epoch++)
        {
            ShuffledSource.Shuffle(1, epoch, order);
            early += Array.IndexOf(order, 0) < 5 ? 1 : 0;
        }

        Assert.InRange(early, 150, 250);
    }

    private static TrainerOptions Options(string kind) => TrainerTests.Options() with
    {
        AccumulationSteps = 2,
        ClipNorm = 0.5,
        Optimizer = kind switch { "adam" => Optimizer.Adam(), "adamw" => Optimizer.AdamW(), "momentum" => Optimizer.Sgd(0.9), _ => Optimizer.Sgd() },
    };

    private sealed class Told(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }

    /// <summary>Keeps the results; behind the sixth it cancels.</summary>
    private sealed class Collect(List<StepResult> results, CancellationTokenSource? cancel = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            results.Add(value.Last);
            if (results.Count == 6)
            {
                cancel?.Cancel();
            }
        }
    }
}

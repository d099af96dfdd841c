using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Tests.Decoding;
using TransformerGen.Tests.Training;
using TransformerGen.Training;
using Xunit;
using ToyModel = TransformerGen.Tests.Training.ToyModel;

namespace TransformerGen.Tests.Model;

/// <summary>Whoever uses a model that is disposed is told so by name, instead of reading at address 0.</summary>
public sealed class DisposedModelTests
{
    [Fact]
    public void A_disposed_model_generates_nothing_and_is_named()
    {
        ProbeModel model = ProbeModel.Create();
        model.Generate([[5, 6]], new GenerationOptions { MaxNewTokens = 3 });
        model.Weights.Dispose();
        Named("Probe", () => model.Generate([[5, 6]], new GenerationOptions { MaxNewTokens = 3 }));
        Named("Probe", () => model.Forward([[5, 6]], [[1, 2]]));
        Named("Probe", () => model.Sessions());
        Named("Probe", () => new Workspace(model.Weights, Team.Alone).Dispose());
        Named("Probe", () => model.Save(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }

    [Fact]
    public void Sessions_of_a_disposed_model_do_no_step()
    {
        ProbeModel model = ProbeModel.Create();
        using var session = new DecodingSession<ProbeModel>(model);
        using var pool = new SessionPool<ProbeModel>(model, Team.Alone);
        session.Encode([[5, 6, 7]]);
        session.Begin([0]);
        session.Step([1], [1]);
        model.Weights.Dispose();
        Named("Probe", () => session.Step([2], [1]));
        Named("Probe", () => session.Encode([[5]]));
        Named("Probe", () => session.Begin([0]));
        Named("Probe", () => pool.Rent());
    }

    [Fact]
    public void A_disposed_session_does_nothing()
    {
        var session = new DecodingSession<ProbeModel>(ProbeModel.Create());
        session.Dispose();
        session.Dispose();
        Named("Workspace", () => session.Encode([[5, 6, 7]]));
        Named("Workspace", () => session.Begin([]));
        Named("Workspace", () => session.Step([], []));
    }

    [Fact]
    public void What_the_models_pool_keeps_is_freed_with_the_model()
    {
        ProbeModel model = ProbeModel.Create();
        SessionPool<ProbeModel> pool = model.Sessions();
        Assert.Same(pool, model.Sessions());
        SessionLease<ProbeModel> used = pool.Rent();
        Workspace idle, late = used.Workspace;
        using (SessionLease<ProbeModel> lease = pool.Rent())
        {
            idle = lease.Workspace;
            lease.Session.Encode([[5, 6]]);
            lease.Session.Begin([0]);
            lease.Session.Step([1], [1]);
        }

        Assert.Equal(1, pool.Idle);
        Assert.True(idle.ArenaFloats > 0);
        model.Weights.Dispose();
        Assert.Equal((0, 0L), (pool.Idle, idle.ArenaFloats));

        // Who is using a workspace gives it back to a pool that frees it.
        used.Dispose();
        Assert.Equal(0, pool.Idle);
        unsafe
        {
            Assert.True(late.Source.Tokens == null);
        }
    }

    [Fact]
    public void What_is_registered_too_late_is_disposed_at_once()
    {
        ProbeModel model = ProbeModel.Create();
        using var pool = new SessionPool<ProbeModel>(model, Team.Alone);
        pool.RentWorkspace().Dispose();
        Assert.Equal(1, pool.Idle);
        model.Weights.Dispose();
        model.Weights.Register(pool);
        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void Tensors_of_a_disposed_model_cannot_be_read_or_written()
    {
        ProbeModel model = ProbeModel.Create();
        TensorView view = model.Weights.View("a.bias");
        model.Weights.Dispose();
        model.Weights.Dispose();
        Named("Probe", () => view.Row(0).Length.ToString());
        Named("Probe", () => view.ToArray());
        Named("Probe", () => model.Weights.View("a.bias"));
        Named("Probe", () => model.Weights.Set("a.bias", [1, 2, 3, 4, 5]));
        Named("Probe", () => model.Weights.Pack(Team.Alone));
        Named("Probe", () => model.Weights.EnableTraining(Team.Alone));
        Named("Probe", () => WeightInitializer.Initialize(model.Weights, 1));
    }

    [Fact]
    public void A_disposed_model_is_not_trained()
    {
        ToyModel model = ToyModel.Create(1);
        using var trainer = new Trainer<ToyModel>(model, TrainerTests.Options());
        trainer.Step(TrainerTests.Batch(1, 2));
        model.Weights.Dispose();
        Refuses("Toy", trainer);
        Named("Toy", () => new Trainer<ToyModel>(model).Dispose());
    }

    [Fact]
    public void A_disposed_trainer_does_not_train()
    {
        var trainer = new Trainer<ToyModel>(ToyModel.Create(1), TrainerTests.Options());
        trainer.Step(TrainerTests.Batch(1, 2));
        TensorView gradient = trainer.Gradient("out.bias");
        trainer.Dispose();
        Refuses("Workspace", trainer);
        Named("Trainer", () => gradient.ToArray());
    }

    private static void Refuses(string name, Trainer<ToyModel> trainer)
    {
        Named(name, () => trainer.Step(TrainerTests.Batch(1, 2)));
        Named(name, () => trainer.ForwardBackward(TrainerTests.Batch(1, 2)));
        Named(name, () => trainer.Evaluate(TrainerTests.Batch(1, 2)));
        Named(name, () => trainer.Save(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }

    private static void Named(string name, Action use) => Assert.Equal(name, Assert.Throws<ObjectDisposedException>(use).ObjectName);
}

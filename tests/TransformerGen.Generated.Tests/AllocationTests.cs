using System.Reflection;
using TransformerGen.Decoding;
using TransformerGen.Generated.Tests.Specs;
using TransformerGen.Generator.Families;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>Process-wide counters are compared, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>In steady state neither a training step nor a decoded token allocates, on any thread of the team, managed or native.</summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests
{
    private const int WarmUp = 3, Measured = 4;

    // Wide enough that every kind of step is shared with the second thread.
    private static readonly PaperConfig s_config = new()
    {
        DModel = 96,
        Heads = 4,
        EncoderLayers = 1,
        DecoderLayers = 1,
        FeedForward = 384,
        Vocab = 700,
        MaxLength = 64,
        Dropout = 0.1,
    };

    private static readonly Lazy<Type> s_model = new(() => SpecRun.Compile(("Model", PaperFamily.Build(s_config))).GetType("Model", true)!);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_training_step_allocates_nothing(int threads) => Call(nameof(Train), threads);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    public void A_decoded_token_allocates_nothing(int beams, int threads) => Call(nameof(Decode), beams, threads);

    private static void Call(string method, params object[] arguments) =>
        typeof(AllocationTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(s_model.Value).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static void Train<TModel>(int threads)
        where TModel : class, ITrainable<TModel>
    {
        using var team = new Team(threads);
        TModel model = TModel.Wrap(new ModelWeights(TModel.Info, TModel.Pack));
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { LabelSmoothing = 0.1, ClipNorm = 1 }, team);
        TrainingBatch[] batches = [new(TModel.Info), new(TModel.Info)];
        var random = new Random(1);
        for (int pair = 0; pair < 12; pair++)
        {
            batches[pair % 2].AddTranslation(Tokens(random, 30 + pair), Tokens(random, 45 - pair));
        }

        var steady = new Steady(team);
        for (int step = 0; step < WarmUp + Measured; step++)
        {
            steady.Begin(step >= WarmUp);
            trainer.Step(batches);
            steady.End();
        }
    }

    private static void Decode<TModel>(int beams, int threads)
        where TModel : class, ITransformer<TModel>
    {
        using var team = new Team(threads);
        TModel model = TModel.Wrap(new ModelWeights(TModel.Info, TModel.Pack));
        var random = new Random(2);
        foreach (Model.ParameterInfo parameter in TModel.Info.Parameters)
        {
            new TensorView(model.Weights.Values, parameter).Write([.. Enumerable.Range(0, parameter.Rows * parameter.Columns).Select(_ => (random.NextSingle() - 0.5f) * 0.4f)]);
        }

        model.Weights.Pack(team);
        using var session = new DecodingSession<TModel>(model, team);
        var options = new GenerationOptions { MaxNewTokens = 40, Beams = beams, EndTokens = [] };
        var greedy = new TokenDecoder<DecodingSession<TModel>>(session, options with { Beams = 1 });
        var search = new BeamSearch<DecodingSession<TModel>>(session, options);
        var tokens = new int[8];
        var steady = new Steady(team);
        for (int sentence = 0; sentence < 2; sentence++)
        {
            session.Encode([.. Enumerable.Range(0, 8).Select(i => Tokens(random, 20))]);
            int[] prompts = [.. Enumerable.Repeat(TModel.Info.BeginId, 8)], lengths = [.. Enumerable.Repeat(1, 8)];
            if (beams == 1)
            {
                greedy.Begin([], prompts, lengths);
            }
            else
            {
                search.Begin([], prompts, lengths);
            }

            bool more = true;
            for (int step = 0; more; step++)
            {
                steady.Begin(sentence == 1);
                more = beams == 1 ? greedy.Next(tokens) : search.Advance();
                steady.End();
                Assert.True(more || step >= 38, $"decoding ended after {step} tokens");
            }
        }
    }

    private static int[] Tokens(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 700))];

    /// <summary>Bytes that every thread of a team has allocated, and requests for native memory, before and after.</summary>
    private sealed unsafe class Steady(Team team)
    {
        private readonly long[] _before = new long[team.Threads], _after = new long[team.Threads];
        private long _native;
        private bool _asserted;

        public void Begin(bool asserted)
        {
            _asserted = asserted;
            Read(_before);
            _native = NativeBuffer.Allocations;
        }

        public void End()
        {
            long native = NativeBuffer.Allocations;
            Read(_after);
            if (_asserted)
            {
                Assert.Equal(_before, _after);
                Assert.Equal(_native, native);
            }
        }

        // As many units as threads: each thread does one.
        private void Read(long[] bytes)
        {
            fixed (long* start = bytes)
            {
                team.Run(team.Threads, &Record, start);
            }
        }

        private static void Record(int first, int end, void* state)
        {
            for (int i = first; i < end; i++)
            {
                ((long*)state)[i] = GC.GetAllocatedBytesForCurrentThread();
            }
        }
    }
}

using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Decoding;

/// <summary>Sessions of generated models: what is cached, how rows are batched, padded and shared among callers changes no logits.</summary>
public class GeneratedSessionTests
{
    private static readonly string[] s_fixtures = ["paper", "paper-decoder", "paper-window", "paper-dilated-growing", "paper-sparse", "paper-additive", "paper-batch-norm", "paper-head-dim"];

    public static TheoryData<string> Fixtures => [.. s_fixtures];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Any_split_into_steps_gives_the_logits_of_the_whole(string fixture) => FixtureModel.Run(fixture, new Cached(Tolerance(fixture)));

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_batch_gives_what_its_members_give_alone(string fixture) => FixtureModel.Run(fixture, new Batched(Tolerance(fixture)));

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Padding_on_either_side_changes_nothing_and_its_own_logits_are_zero(string fixture) => FixtureModel.Run(fixture, new Padded());

    [Theory]
    [InlineData("paper")]
    [InlineData("paper-decoder")]
    public void A_padded_batch_of_more_logits_than_an_array_holds_is_refused(string fixture) => FixtureModel.Run(fixture, new TooManyLogits());

    [Theory]
    [InlineData("paper")]
    [InlineData("paper-decoder")]
    public void A_step_allocates_nothing(string fixture) => FixtureModel.Run(fixture, new Allocations());

    [Theory]
    [InlineData("paper")]
    [InlineData("paper-decoder")]
    public void Concurrent_callers_share_the_weights_and_the_team(string fixture) => FixtureModel.Run(fixture, new Concurrent());

    [Fact]
    public void Encoders_have_logits_for_every_token_and_do_not_generate() => FixtureModel.Run("paper-gelu-encoder", new Encoder(Tolerance("paper-gelu-encoder")));

    private static int[] Tokens(Random random, ModelInfo info, int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3, info.Vocabulary))];

    private static int[][] Sequences(Random random, ModelInfo info, int count) => [.. Enumerable.Range(0, count).Select(_ => Tokens(random, info, random.Next(1, info.MaxLength + 1)))];

    private static float[][] Logits<TModel>(TModel model, int[][] sources, int[][] targets)
        where TModel : class, ITransformer<TModel> => TModel.Info.HasEncoder ? model.Forward(sources, targets) : model.Forward(targets);

    /// <summary>The fixtures' own rule: 8 times what plain PyTorch in float32 is from float64 on this model, and at least 2e-5. BatchNorm divides by recorded variances, so its roundings grow where LayerNorm's do not.</summary>
    private static float Tolerance(string fixture)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Fixtures, fixture, "case.json")));
        return MathF.Max(2e-5f, 8 * json.RootElement.GetProperty("float32_error").GetProperty("logits").GetSingle());
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i], expected[i] - tolerance, expected[i] + tolerance);
    }

    private sealed class Cached(float tolerance) : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            ModelInfo info = TModel.Info;
            Random random = new(1);
            int[][] sources = Sequences(random, info, 3), targets = Sequences(random, info, 5);
            int[] sentences = [2, 0, 1, 0, 2];
            using var session = new DecodingSession<TModel>(model);
            if (info.HasEncoder) session.Encode(sources);
            float[][] whole = Logits(model, [.. sentences.Select(s => sources[s])], targets);
            for (int longest = 1; longest <= 6; longest += 5)
            {
                session.Begin(sentences);
                while (Enumerable.Range(0, 5).Any(row => session.Length(row) < targets[row].Length))
                {
                    int[] counts = [.. targets.Select((t, row) => Math.Min(t.Length - session.Length(row), random.Next(longest == 1 ? 1 : 0, longest + 1)))];
                    session.Step([.. targets.SelectMany((t, row) => t.AsSpan(session.Length(row), counts[row]).ToArray())], counts);
                    for (int row = 0; row < 5; row++)
                    {
                        if (counts[row] > 0) AssertClose(whole[row].AsSpan((session.Length(row) - 1) * info.Vocabulary, info.Vocabulary), session.Logits(row), tolerance);
                    }
                }
            }

            // A chat that takes its last words back and goes on.
            session.Truncate(0, targets[0].Length / 2);
            session.Step(targets[0].AsSpan(targets[0].Length / 2), [targets[0].Length - (targets[0].Length / 2), 0, 0, 0, 0]);
            AssertClose(whole[0].AsSpan((targets[0].Length - 1) * info.Vocabulary), session.Logits(0), tolerance);
        }
    }

    private sealed class Batched(float tolerance) : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            Random random = new(2);
            int[][] sources = Sequences(random, TModel.Info, 7), targets = Sequences(random, TModel.Info, 7);
            float[][] together = Logits(model, sources, targets);
            for (int s = 0; s < 7; s++) AssertClose(Logits(model, [sources[s]], [targets[s]])[0], together[s], tolerance);

            int[][] inputs = TModel.Info.HasEncoder ? sources : [.. targets.Select(t => t[..Math.Min(3, t.Length)])];
            foreach (GenerationOptions options in (GenerationOptions[])[new() { MaxNewTokens = 8 }, new() { MaxNewTokens = 8, Beams = 4, ReturnSequences = 4 }])
            {
                GenerationResult all = model.Generate(inputs, options);
                for (int s = 0; s < 7; s++)
                {
                    IReadOnlyList<GeneratedSequence> alone = model.Generate([inputs[s]], options).Sentences[0];
                    for (int i = 0; i < alone.Count; i++)
                    {
                        Assert.Equal(alone[i].Ids, all.Sentences[s][i].Ids);
                        Assert.Equal(alone[i].Score ?? 0, all.Sentences[s][i].Score ?? 0, 1e-4);
                    }
                }
            }
        }
    }

    private sealed class TooManyLogits : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            // In one row the width of a row alone is too much; in two only both are.
            int[] ids = new int[(Array.MaxLength / TModel.Info.Vocabulary / 2 * 2) + 2];
            bool[] valid = new bool[ids.Length];
            foreach (int rows in (int[])[1, 2])
            {
                string message = Assert.Throws<ArgumentException>(() => TModel.Info.HasEncoder
                    ? model.ForwardPadded(new PaddedBatch(ids, valid, rows), new PaddedBatch(ids, valid, rows))
                    : model.ForwardPadded(new PaddedBatch(ids, valid, rows))).Message;
                Assert.Contains($"[{rows}, {ids.Length / rows}, {TModel.Info.Vocabulary}], {(long)ids.Length * TModel.Info.Vocabulary} numbers", message, StringComparison.Ordinal);
            }
        }
    }

    private sealed class Padded : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            ModelInfo info = TModel.Info;
            Random random = new(3);
            int[][] sources = Sequences(random, info, 4), targets = [.. Sequences(random, info, 3), []];
            int columns = info.MaxLength + 3, v = info.Vocabulary;
            float[] logits = Run(sources, targets, truncate: false);
            float[][] packed = Logits(model, sources[..3], targets[..3]);
            for (int row = 0; row < 4; row++)
            {
                int first = row % 2 == 0 ? 0 : columns - targets[row].Length;
                for (int column = 0; column < columns; column++)
                {
                    ReadOnlySpan<float> found = logits.AsSpan(((row * columns) + column) * v, v);
                    if (column >= first && column < first + targets[row].Length) Assert.Equal(packed[row].AsSpan((column - first) * v, v), found);
                    else Assert.Equal(new float[v], found);
                }
            }

            // Longer than the model: refused, or cut to its length.
            int[][] longer = [[.. targets[0], .. Tokens(random, info, columns - targets[0].Length)], .. targets[1..]];
            Assert.Contains($"has {columns} tokens, but MaxLength of Model is {info.MaxLength}", Assert.Throws<ArgumentException>(() => Run(sources, longer, truncate: false)).Message);
            float[] cut = Run(sources, longer, truncate: true);
            Assert.Equal(Logits(model, sources[..1], [longer[0][..info.MaxLength]])[0], cut.AsSpan(0, info.MaxLength * v));
            Assert.Equal(new float[3 * v], cut.AsSpan(info.MaxLength * v, 3 * v));

            float[] Run(int[][] sources, int[][] targets, bool truncate) => info.HasEncoder
                ? model.ForwardPadded(new PaddedBatch(Pad(sources, out bool[] s), s, 4), new PaddedBatch(Pad(targets, out bool[] t), t, 4), truncate)
                : model.ForwardPadded(new PaddedBatch(Pad(targets, out bool[] valid), valid, 4), truncate);

            int[] Pad(int[][] sequences, out bool[] valid)
            {
                int[] ids = [.. Enumerable.Range(0, 4 * columns).Select(_ => random.Next(v))];
                valid = new bool[4 * columns];
                for (int row = 0; row < 4; row++)
                {
                    int first = row % 2 == 0 ? 0 : columns - sequences[row].Length;
                    sequences[row].CopyTo(ids, (row * columns) + first);
                    valid.AsSpan((row * columns) + first, sequences[row].Length).Fill(true);
                }

                return ids;
            }
        }
    }

    private sealed class Allocations : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            using var session = new DecodingSession<TModel>(model);
            if (TModel.Info.HasEncoder) session.Encode([[5, 6, 7], [8]]);
            int[] sentences = [0, 0, 1, 1], tokens = [3, 4, 5, 6], counts = [1, 1, 1, 1], parents = [1, 1, 2, 2];
            long managed = 0, arena = 0, cache = 0;
            for (int time = 0; time < 3; time++)
            {
                (managed, arena, cache) = (GC.GetAllocatedBytesForCurrentThread(), session.Workspace.ArenaFloats, session.Workspace.SelfCache.Floats);
                session.Begin(sentences);
                for (int step = 0; step < TModel.Info.MaxLength; step++)
                {
                    session.Step(tokens, counts);
                    session.Reorder(parents);
                }
            }

            Assert.Equal(managed, GC.GetAllocatedBytesForCurrentThread());
            Assert.Equal((arena, cache), (session.Workspace.ArenaFloats, session.Workspace.SelfCache.Floats));
        }
    }

    private sealed class Concurrent : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            Random random = new(4);
            int[][] inputs = [.. Enumerable.Range(0, 6).Select(_ => Tokens(random, TModel.Info, random.Next(1, 9)))];
            GenerationOptions options = new() { MaxNewTokens = 10, Beams = 3, EndTokens = [] };
            string[] expected = [.. inputs.Select(input => Text(model.Generate([input], options)))];
            using var team = new Team(2);
            Team before = model.Sessions().Team;
            model.Sessions().Team = team;
            Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Assert.Equal(expected[i % 6], Text(model.Generate([inputs[i % 6]], options))));
            model.Sessions().Team = before;
        }

        private static string Text(GenerationResult result) => string.Join('\n', result.Sentences.SelectMany(s => s.Select(g => $"{string.Join(' ', g.Ids)} {g.Score:R}")));
    }

    private sealed class Encoder(float tolerance) : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            Random random = new(5);
            int[][] sequences = Sequences(random, TModel.Info, 4);
            float[][] together = model.Forward(sequences);
            for (int s = 0; s < 4; s++)
            {
                AssertClose(model.Forward([sequences[s]])[0], together[s], tolerance);
                float[] written = new float[together[s].Length];
                model.Forward(sequences[s], [sequences[s].Length], written);
                AssertClose(together[s], written, tolerance);
            }

            Assert.Contains("Model has no decoder, so it cannot generate", Assert.Throws<NotSupportedException>(() => model.Generate(sequences)).Message);
            Assert.Contains("Model is no encoder-decoder", Assert.Throws<NotSupportedException>(() => model.Forward(sequences, sequences)).Message);
            Assert.Contains("Expected [2, ", Assert.Throws<ArgumentException>(() => model.Forward([3, 4], [2], new float[3])).Message);
        }
    }
}

using TransformerGen.Decoding;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class DecodingSessionTests
{
    private static readonly int[][] Sources = [[5, 6, 7], [9], [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4], [8, 1]];
    private static readonly int[][] Prompts = [[1], [1, 4, 9], [1, 3], [1]];

    private static DecodingSession<ProbeModel> Session(int[][]? sources = null)
    {
        var session = new DecodingSession<ProbeModel>(ProbeModel.Create());
        session.Encode(sources ?? Sources);
        return session;
    }

    [Theory]
    [InlineData(1, false, 0)]
    [InlineData(1, false, 5)]
    [InlineData(1, true, 1)]
    [InlineData(2, false, 2)]
    [InlineData(4, false, 6)]
    [InlineData(5, false, 60)]
    public void Every_algorithm_gives_what_the_reference_gives(int beams, bool sample, int more)
    {
        GenerationOptions options = new()
        {
            Beams = beams,
            Sample = sample,
            ReturnSequences = sample ? 3 : beams,
            MaxNewTokens = 12 + more,
            EndTokens = more > 50 ? [] : [2],
            Seed = 3,
            TopK = sample ? 9 : 0,
        };
        using DecodingSession<ProbeModel> session = Session();
        GenerationResult expected = Generation.Generate(new ToySession(new ProbeReference(Sources), maxLength: 75), options, Prompts);
        for (int time = 0; time < 2; time++)
        {
            GenerationResult actual = Generation.Generate(session, options, Prompts);
            for (int s = 0; s < Sources.Length; s++)
            {
                Assert.Equal(expected.Sentences[s].Select(g => string.Join(' ', g.Ids)), actual.Sentences[s].Select(g => string.Join(' ', g.Ids)));
                Assert.Equal(expected.Sentences[s].Select(g => g.Score), actual.Sentences[s].Select(g => g.Score));
            }
        }
    }

    [Fact]
    public void Any_order_of_steps_reorders_and_truncations_gives_each_rows_own_logits()
    {
        using DecodingSession<ProbeModel> session = Session();
        var reference = new ProbeReference(Sources);
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            int[] sentences = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(Sources.Length))];
            List<(int Sentence, List<int> Ids)> rows = [.. sentences.Select(s => (s, new List<int>()))];
            session.Begin(sentences);
            for (int action = 0; action < 40 && rows.Count > 0; action++)
            {
                switch (random.Next(8))
                {
                    case < 5:
                        int[] counts = [.. rows.Select(row => Math.Min(random.Next(action == 0 ? 1 : 0, random.Next(10) == 0 ? 30 : 4), session.MaxLength - row.Ids.Count))];
                        int[] tokens = [.. Enumerable.Range(0, counts.Sum()).Select(_ => random.Next(ProbeModel.V))];
                        session.Step(tokens, counts);
                        for (int row = 0, at = 0; row < rows.Count; at += counts[row++])
                        {
                            rows[row].Ids.AddRange(tokens.AsSpan(at, counts[row]));
                            Assert.Equal(rows[row].Ids.Count, session.Length(row));
                        }

                        for (int row = 0; row < rows.Count; row++)
                        {
                            if (counts[row] > 0) Assert.Equal(reference.LogitsAfter(rows[row].Sentence, rows[row].Ids), session.Logits(row).ToArray());
                        }

                        break;
                    case < 7:
                        int[] parents = [.. Enumerable.Range(0, rows.Count - (random.Next(4) == 0 ? 1 : 0)).Select(_ => random.Next(rows.Count))];
                        session.Reorder(parents);
                        rows = [.. parents.Select(parent => (rows[parent].Sentence, new List<int>(rows[parent].Ids)))];
                        break;
                    default:
                        int cut = random.Next(rows.Count), length = random.Next(rows[cut].Ids.Count + 1);
                        session.Truncate(cut, length);
                        rows[cut].Ids.RemoveRange(length, rows[cut].Ids.Count - length);
                        break;
                }
            }
        }
    }

    [Fact]
    public void Steps_allocate_nothing_once_the_buffers_are_large_enough()
    {
        using DecodingSession<ProbeModel> session = Session();
        int[] sentences = [0, 0, 1, 1, 2, 3], prompts = [1, 1, 1, 1, 1, 1], counts = [1, 1, 1, 1, 1, 1], parents = [1, 1, 2, 2, 5, 4];
        long managed = 0, arena = 0, cache = 0;
        for (int time = 0; time < 3; time++)
        {
            (managed, arena, cache) = (GC.GetAllocatedBytesForCurrentThread(), session.Workspace.ArenaFloats, session.Workspace.SelfCache.Floats);
            session.Begin(sentences);
            for (int step = 0; step < 70; step++)
            {
                session.Step(prompts, counts);
                session.Logits(3)[0] = 0;
                session.Reorder(parents);
            }
        }

        Assert.Equal(managed, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(arena, session.Workspace.ArenaFloats);
        Assert.Equal(cache, session.Workspace.SelfCache.Floats);
    }

    [Fact]
    public void Room_that_was_reserved_need_not_grow()
    {
        using DecodingSession<ProbeModel> session = Session();
        session.Reserve(70);
        session.Begin([0, 1]);
        long floats = session.Workspace.SelfCache.Floats;
        for (int step = 0; step < 70; step++) session.Step([1, 2], [1, 1]);
        Assert.Equal(floats, session.Workspace.SelfCache.Floats);
    }

    [Fact]
    public void The_cache_grows_with_the_rows_and_not_to_the_maximum()
    {
        using DecodingSession<ProbeModel> session = Session();
        session.Begin([0]);
        session.Step([1], [1]);
        Assert.Equal(32, session.Workspace.SelfCache.Capacity);
    }

    [Fact]
    public void A_row_longer_than_the_maximum_is_an_error_that_says_so_and_changes_nothing()
    {
        using DecodingSession<ProbeModel> session = Session();
        session.Begin([0, 1]);
        session.Step([.. Enumerable.Repeat(3, 75)], [74, 1]);
        var error = Assert.Throws<ArgumentException>(() => session.Step([1, 2, 3], [2, 1]));
        Assert.Contains("Row 0 holds 74 positions and cannot take 2 more: MaxLength of Probe is 75", error.Message);
        Assert.Equal((74, 1), (session.Length(0), session.Length(1)));
        session.Step([1, 2], [1, 1]);
        Assert.Equal(75, session.Length(0));
    }

    [Fact]
    public void Mistakes_are_named()
    {
        using DecodingSession<ProbeModel> session = new(ProbeModel.Create());
        Assert.Contains("Row 0 decodes for source 0, but 0 were encoded", Assert.Throws<ArgumentOutOfRangeException>(() => session.Begin([0])).Message);
        Assert.Contains("Source 1 has 0 tokens", Assert.Throws<ArgumentException>(() => session.Encode([[1], []])).Message);
        Assert.Contains("Source 0 has 76 tokens, but MaxLength of Probe is 75", Assert.Throws<ArgumentException>(() => session.Encode([new int[76]])).Message);
        Assert.Contains("Token 1 is 24", Assert.Throws<ArgumentException>(() => session.Encode([[1, 24]])).Message);
        session.Encode([[1], [2]]);
        Assert.Contains("source 2, but 2 were encoded", Assert.Throws<ArgumentOutOfRangeException>(() => session.Begin([1, 2])).Message);
        session.Begin([0, 1, 1]);
        Assert.Contains("2 counts for 3 rows", Assert.Throws<ArgumentException>(() => session.Step([1, 1], [1, 1])).Message);
        Assert.Contains("add up to 3, but there are 2 tokens", Assert.Throws<ArgumentException>(() => session.Step([1, 1], [1, 1, 1])).Message);
        Assert.Contains("Token 0 is -1", Assert.Throws<ArgumentException>(() => session.Step([-1], [1, 0, 0])).Message);
        session.Step([1, 1], [1, 0, 1]);
        Assert.Contains("Row 1 has no logits", Assert.Throws<InvalidOperationException>(() => { session.Logits(1); }).Message);
        Assert.Contains("4 parents for 3 rows", Assert.Throws<ArgumentException>(() => session.Reorder([0, 0, 0, 0])).Message);
        Assert.Contains("Row 1 is to continue row 3", Assert.Throws<ArgumentException>(() => session.Reorder([0, 3])).Message);
        Assert.Contains("Expected 0 to 1 of them", Assert.Throws<ArgumentOutOfRangeException>(() => session.Truncate(0, 2)).Message);
        session.Reorder([2, 0]);
        Assert.Contains("Row 0 has no logits", Assert.Throws<InvalidOperationException>(() => { session.Logits(0); }).Message);
    }
}

using TransformerGen.Decoding;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class BeamSearchTests
{
    // Sums of at most 40 float log-probabilities, each right to a few 1e-7, against double.
    private const double Tolerance = 2e-5;

    private static readonly int[][] Prompts = [[1], [4, 2, 9], [3, 3], [7, 1, 0, 5, 2], [6]];

    private static GenerationResult Search(ToyModel model, GenerationOptions options, int[][] prompts, int[]? sentences = null, int maxLength = 256) =>
        Search(new ToySession(model, maxLength: maxLength), options, prompts, sentences);

    private static GenerationResult Search(ToySession session, GenerationOptions options, int[][] prompts, int[]? sentences = null)
    {
        BeamSearch<ToySession> search = new(session, options);
        search.Begin(sentences, prompts.SelectMany(p => p).ToArray(), prompts.Select(p => p.Length).ToArray());
        search.Run();
        return search.Result();
    }

    private static void AssertSame(List<(int[] Ids, double Score)> expected, IReadOnlyList<GeneratedSequence> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Ids, actual[i].Ids);
            Assert.NotNull(actual[i].Score);
            Assert.Equal(expected[i].Score, actual[i].Score!.Value, Tolerance);
        }
    }

    public static TheoryData<int, double, bool> Rules()
    {
        TheoryData<int, double, bool> data = [];
        foreach (int beams in (int[])[1, 2, 3, 4, 5])
            foreach (double penalty in (double[])[0, 0.6, 1, 2, -1])
                foreach (bool early in (bool[])[false, true]) data.Add(beams, penalty, early);
        return data;
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Batches_match_the_reference_sentence_by_sentence(int beams, double lengthPenalty, bool earlyStopping)
    {
        for (ulong seed = 0; seed < 12; seed++)
        {
            // The end token is more or less likely, so that sentences end at once, late or never.
            HashModel model = new(seed, vocabulary: 11 + (int)seed, favoured: 8, favour: seed % 4);
            GenerationOptions options = new()
            {
                MaxNewTokens = 3 + (int)seed,
                Beams = beams,
                LengthPenalty = lengthPenalty,
                EarlyStopping = earlyStopping,
                ReturnSequences = 1 + (int)seed % beams,
                EndTokens = seed % 3 == 2 ? [8, 2] : [8],
            };
            GenerationResult result = Search(model, options, Prompts);
            for (int s = 0; s < Prompts.Length; s++) AssertSame(BeamReference.Search(model, s, Prompts[s], options), result.Sentences[s]);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Processors_see_the_ids_and_change_log_probabilities(int beams, double lengthPenalty, bool earlyStopping)
    {
        for (ulong seed = 100; seed < 108; seed++)
        {
            HashModel model = new(seed, vocabulary: 24, favoured: 8, favour: 2);
            GenerationOptions options = new()
            {
                MaxNewTokens = 9,
                Beams = beams,
                LengthPenalty = lengthPenalty,
                EarlyStopping = earlyStopping,
                ReturnSequences = beams,
                EndTokens = [8],
                RepetitionPenalty = seed % 2 == 0 ? 1.4 : 1,
                NoRepeatNgramSize = seed % 4 < 2 ? 2 : 0,
                MinLength = seed % 3 == 0 ? 5 : 0,
                MinNewTokens = seed % 5 == 0 ? 3 : 0,
            };
            GenerationResult result = Search(model, options, Prompts);
            for (int s = 0; s < Prompts.Length; s++) AssertSame(BeamReference.Search(model, s, Prompts[s], options), result.Sentences[s]);
        }
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(3, true)]
    public void Forced_tokens_stand_at_both_ends(int beams, bool earlyStopping)
    {
        for (ulong seed = 0; seed < 6; seed++)
        {
            HashModel model = new(seed, vocabulary: 20, favoured: 8, favour: 1);
            GenerationOptions options = new()
            {
                MaxNewTokens = 6,
                Beams = beams,
                EarlyStopping = earlyStopping,
                ReturnSequences = beams,
                EndTokens = [8],
                ForcedBeginToken = 5,
                ForcedEndToken = 8,
            };
            GenerationResult result = Search(model, options, [[2], [3]]);
            for (int s = 0; s < 2; s++)
            {
                AssertSame(BeamReference.Search(model, s, [2 + s], options), result.Sentences[s]);
                Assert.All(result.Sentences[s], h => Assert.True(h.Generated[0] == 5 && h.Generated[^1] == 8));
            }
        }
    }

    [Fact]
    public void A_sentence_alone_is_what_it_is_in_a_batch()
    {
        HashModel model = new(5, vocabulary: 40, favoured: 3, favour: 2.5f);
        GenerationOptions options = new() { MaxNewTokens = 15, Beams = 4, LengthPenalty = 0.8, ReturnSequences = 4, EndTokens = [3] };
        GenerationResult batch = Search(model, options, Prompts, [9, 8, 7, 6, 5]);
        for (int s = 0; s < Prompts.Length; s++)
        {
            GenerationResult alone = Search(model, options, [Prompts[s]], [9 - s]);
            Assert.Equal(alone.Sentences[0].Select(h => h.Score), batch.Sentences[s].Select(h => h.Score));
            Assert.Equal(alone.Sentences[0].Select(h => h.Ids), batch.Sentences[s].Select(h => h.Ids));
        }
    }

    [Fact]
    public void Finished_sentences_leave_the_batch_and_prompts_are_read_once()
    {
        HashModel model = new(3, vocabulary: 30, favoured: 3, favour: 3);
        ToySession session = new(model);
        GenerationOptions options = new() { MaxNewTokens = 25, Beams = 3, EndTokens = [3] };
        Search(session, options, Prompts);
        List<int> rows = session.Work.RowsAtStep;
        Assert.Equal(15, rows[0]);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.True(pair.Second <= pair.First));
        Assert.True(rows[^1] < 15, "no sentence left early: " + string.Join(' ', rows));
        Assert.Equal(Prompts.Sum(p => p.Length) + rows.Skip(1).Sum(), session.Work.Tokens);
    }

    [Fact]
    public void Equal_scores_go_to_the_lower_beam_and_token()
    {
        MarkovModel uniform = new([.. Enumerable.Range(0, 37).Select(_ => new float[37])]);
        GenerationOptions options = new() { MaxNewTokens = 3, Beams = 3, ReturnSequences = 3 };
        GenerationResult result = Search(uniform, options, [[5]]);
        Assert.Equal([[5, 0, 0, 0], [5, 0, 0, 1], [5, 0, 0, 2]], result.Sentences[0].Select(h => h.Ids));
        AssertSame(BeamReference.Search(uniform, 0, [5], options), result.Sentences[0]);
    }

    [Fact]
    public void A_better_path_behind_a_worse_first_token_is_found()
    {
        // From 0, greedy takes 1 (0.6) and then has to share; 2 (0.4) is followed by 3 with certainty.
        float ln(double p) => (float)Math.Log(p);
        MarkovModel model = new([
            [-50, ln(0.6), ln(0.4), -50],
            [ln(0.25), ln(0.25), ln(0.25), ln(0.25)],
            [-50, -50, -50, 0],
            [0, 0, 0, 0]]);
        GenerationResult result = Search(model, new() { MaxNewTokens = 2, Beams = 2 }, [[0]]);
        Assert.Equal([0, 2, 3], result[0].Ids);
        Assert.Equal(Math.Log(0.4) / 2, result[0].Score!.Value, 1e-6);
    }

    [Fact]
    public void A_full_session_ends_a_sentence_where_its_cache_ends()
    {
        HashModel model = new(8, vocabulary: 12);
        GenerationOptions options = new() { MaxNewTokens = 50, Beams = 2, ReturnSequences = 2 };
        GenerationResult result = Search(model, options, [[1, 2, 3], [4]], maxLength: 6);
        for (int s = 0; s < 2; s++) AssertSame(BeamReference.Search(model, s, s == 0 ? [1, 2, 3] : [4], options, maxLength: 6), result.Sentences[s]);
        Assert.Equal(7, result[0].Ids.Length);      // six in the cache, and the last one that nobody reads
    }

    [Fact]
    public void No_step_allocates()
    {
        HashModel model = new(2, vocabulary: 500);
        ToySession session = new(model);
        GenerationOptions options = new() { MaxNewTokens = 60, Beams = 4, EndTokens = [7], RepetitionPenalty = 1.2, NoRepeatNgramSize = 3 };
        BeamSearch<ToySession> search = new(session, options);
        int[] packed = [.. Prompts.SelectMany(p => p)], lengths = [.. Prompts.Select(p => p.Length)];
        for (int run = 0; run < 2; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            search.Begin([], packed, lengths);
            int steps = 1;
            while (search.Advance()) steps++;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(steps > 20);
            if (run == 1) Assert.Equal(0, allocated);
        }
    }

    [Fact]
    public void Running_beams_can_be_watched()
    {
        HashModel model = new(6, vocabulary: 15);
        BeamSearch<ToySession> search = new(new ToySession(model), new() { MaxNewTokens = 5, Beams = 3 });
        search.Begin([4, 2], [1, 1, 2], [1, 2]);
        search.Advance();
        search.Advance();
        Assert.Equal(2, search.RunningSentences);
        Assert.Equal(1, search.Sentence(1));
        ReadOnlySpan<int> ids = search.Beam(1, 0, out double best);
        Assert.Equal([1, 2], ids[..2].ToArray());
        Assert.Equal(4, ids.Length);
        search.Beam(1, 2, out double worst);
        Assert.True(best >= worst && worst > -50);
    }

    [Fact]
    public void Cancellation_is_observed_and_the_search_can_begin_anew()
    {
        HashModel model = new(6, vocabulary: 15);
        GenerationOptions options = new() { MaxNewTokens = 5, Beams = 3 };
        BeamSearch<ToySession> search = new(new ToySession(model), options);
        search.Begin([], [1], [1]);
        Assert.Throws<OperationCanceledException>(() => search.Run(new CancellationToken(canceled: true)));
        search.Begin([], [1], [1]);
        search.Run();
        AssertSame(BeamReference.Search(model, 0, [1], options), search.Result().Sentences[0]);
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_refused_with_numbers()
    {
        BeamSearch<ToySession> search = new(new ToySession(new HashModel(1, 9), maxRows: 5, maxLength: 4), new() { Beams = 3 });
        Assert.Contains("2 prompts x 3 rows", Assert.Throws<ArgumentException>(() => search.Begin([], [1, 2], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("at most 4", Assert.Throws<ArgumentException>(() => search.Begin([], [1, 2, 3, 4, 5], [5])).Message, StringComparison.Ordinal);
        Assert.Contains("start token", Assert.Throws<ArgumentException>(() => search.Begin([], [], [0])).Message, StringComparison.Ordinal);
        Assert.Contains("add up to 1", Assert.Throws<ArgumentException>(() => search.Begin([], [1, 2], [1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => search.Begin([0, 1], [1], [1]));
        Assert.Throws<ArgumentException>(() => search.Begin([], [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => search.Begin([], [9], [1]));
    }
}

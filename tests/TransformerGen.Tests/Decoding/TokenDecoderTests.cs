using TransformerGen.Decoding;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class TokenDecoderTests
{
    private static readonly int[][] Prompts = [[1], [4, 2, 9], [3, 3], [7, 1, 0, 5, 2], [6]];
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 12, EndTokens = [8] };
    private static readonly GenerationOptions Sampling = new() { MaxNewTokens = 12, EndTokens = [8], Sample = true, Seed = 77, Temperature = 0.9, TopK = 9, TopP = 0.95, MinP = 0.01 };

    private static int[][] Decode(ToyModel model, GenerationOptions options, int[][] prompts, int[]? sentences = null, int maxLength = 256)
    {
        TokenDecoder<ToySession> decoder = new(new ToySession(model, maxLength: maxLength), options);
        decoder.Begin(sentences, prompts.SelectMany(p => p).ToArray(), prompts.Select(p => p.Length).ToArray());
        decoder.Run();
        return [.. Enumerable.Range(0, prompts.Length).Select(row => decoder.Ids(row).ToArray())];
    }

    [Fact]
    public void Greedy_takes_the_most_probable_token_until_the_end_token()
    {
        int ended = 0;
        for (ulong seed = 0; seed < 10; seed++)
        {
            HashModel model = new(seed, vocabulary: 17, favoured: 8, favour: 1);
            int[][] rows = Decode(model, Greedy, Prompts);
            for (int row = 0; row < rows.Length; row++)
            {
                List<int> expected = [.. Prompts[row]];
                do
                {
                    float[] logits = model.LogitsAfter(row, expected);
                    expected.Add(Array.IndexOf(logits, logits.Max()));
                }
                while (expected[^1] != 8 && expected.Count < Prompts[row].Length + 12);
                Assert.Equal(expected, rows[row]);
                ended += rows[row][^1] == 8 ? 1 : 0;
            }
        }
        Assert.InRange(ended, 10, 49);      // both ways of stopping occurred
    }

    [Fact]
    public void One_beam_is_greedy()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            HashModel model = new(seed, vocabulary: 17, favoured: 8, favour: 1);
            GenerationOptions options = Greedy with { LengthPenalty = 1 };
            BeamSearch<ToySession> search = new(new ToySession(model), options);
            search.Begin([], Prompts.SelectMany(p => p).ToArray(), Prompts.Select(p => p.Length).ToArray());
            search.Run();
            Assert.Equal(Decode(model, options, Prompts), search.Result().Sentences.Select(s => s[0].Ids));
        }
    }

    [Fact]
    public void A_row_alone_is_what_it_is_in_a_batch()
    {
        HashModel model = new(4, vocabulary: 30, favoured: 8, favour: 2);
        int[][] batch = Decode(model, Greedy, Prompts, [5, 4, 3, 2, 1]);
        for (int row = 0; row < Prompts.Length; row++) Assert.Equal(Decode(model, Greedy, [Prompts[row]], [5 - row])[0], batch[row]);

        // A sampled row depends on its place in the call, but not on who else is there.
        int[][] sampled = Decode(model, Sampling, Prompts);
        Assert.Equal(sampled[..2], Decode(model, Sampling, Prompts[..2]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streaming_gives_the_tokens_of_a_batch(bool sample)
    {
        HashModel model = new(4, vocabulary: 30, favoured: 8, favour: 1);
        TokenDecoder<ToySession> decoder = new(new ToySession(model), sample ? Sampling : Greedy);
        for (int again = 0; again < 2; again++)
        {
            List<int> tokens = [];
            await foreach (int token in decoder.StreamAsync(3, Prompts[1])) tokens.Add(token);
            Assert.Equal(Decode(model, sample ? Sampling : Greedy, [Prompts[1]], [3])[0][3..], tokens);
        }
    }

    [Fact]
    public async Task Streaming_stops_when_cancelled()
    {
        TokenDecoder<ToySession> decoder = new(new ToySession(new HashModel(4, 30)), Greedy with { EndTokens = [] });
        using CancellationTokenSource source = new();
        int count = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (int _ in decoder.StreamAsync(0, Prompts[1], source.Token))
                if (++count == 4) await source.CancelAsync();
        });
        Assert.Equal(4, count);
        decoder.Begin([], [1], [1]);
        Assert.Throws<OperationCanceledException>(() => decoder.Run(source.Token));
    }

    [Fact]
    public async Task No_token_of_a_stream_allocates()
    {
        TokenDecoder<ToySession> decoder = new(new ToySession(new HashModel(4, 300)), Greedy with { MaxNewTokens = 100, EndTokens = [] });
        for (int run = 0; run < 2; run++)
        {
            await using IAsyncEnumerator<int> tokens = decoder.StreamAsync(0, Prompts[1]).GetAsyncEnumerator();
            Assert.True(await tokens.MoveNextAsync());
            long before = GC.GetAllocatedBytesForCurrentThread();
            int count = 0;
            while (await tokens.MoveNextAsync()) count++;      // completes at once, on this thread
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(99, count);
            if (run == 1) Assert.Equal(0, allocated);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_token_of_a_batch_allocates(bool sample)
    {
        GenerationOptions options = (sample ? Sampling : Greedy) with { MaxNewTokens = 60, RepetitionPenalty = 1.1, NoRepeatNgramSize = 3, BadWords = [[3, 4], [5]] };
        TokenDecoder<ToySession> decoder = new(new ToySession(new HashModel(4, 400)), options);
        int[] packed = [.. Prompts.SelectMany(p => p)], lengths = [.. Prompts.Select(p => p.Length)], tokens = new int[Prompts.Length];
        for (int run = 0; run < 2; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            decoder.Begin([], packed, lengths);
            while (decoder.Next(tokens)) { }
            if (run == 1) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Rows_that_ended_are_idle_and_filled()
    {
        ToySession session = new(new HashModel(0, vocabulary: 17, favoured: 8, favour: 2));
        TokenDecoder<ToySession> decoder = new(session, Greedy with { PadToken = 16 });
        decoder.Begin([], Prompts.SelectMany(p => p).ToArray(), Prompts.Select(p => p.Length).ToArray());
        int[] tokens = new int[5];
        int generated = 0;
        while (decoder.Next(tokens))
        {
            for (int row = 0; row < 5; row++)
                if (decoder.IsFinished(row) && tokens[row] != decoder.Ids(row)[^1]) Assert.Equal(16, tokens[row]);
        }
        for (int row = 0; row < 5; row++) generated += decoder.Generated(row).Length;
        Assert.True(decoder.Generated(0).Length != decoder.Generated(1).Length || decoder.Generated(2).Length != decoder.Generated(3).Length);
        // Every generated token was fed back, except the last one of each row.
        Assert.Equal(Prompts.Sum(p => p.Length) + generated - 5, session.Work.Tokens);
    }

    [Fact]
    public void A_full_session_ends_a_row()
    {
        int[][] rows = Decode(new HashModel(3, 9), Greedy with { EndTokens = [] }, [[1, 2, 3, 4], [1]], maxLength: 6);
        Assert.Equal([7, 7], rows.Select(r => r.Length));
    }

    [Fact]
    public void Sampling_follows_the_probabilities_and_the_seed()
    {
        MarkovModel model = new([.. Enumerable.Range(0, 3).Select(_ => new[] { (float)Math.Log(0.2), (float)Math.Log(0.3), (float)Math.Log(0.5) })]);
        GenerationOptions options = new() { MaxNewTokens = 20_000, Sample = true, Seed = 5 };
        int[] tokens = Decode(model, options, [[0]], maxLength: 30_000)[0][1..];
        // 20,000 draws: a standard deviation is at most 0.0035; four of them.
        double[] expected = [0.2, 0.3, 0.5];
        for (int token = 0; token < 3; token++) Assert.Equal(expected[token], tokens.Count(t => t == token) / 20_000.0, 0.014);
        Assert.Equal(tokens, Decode(model, options, [[0]], maxLength: 30_000)[0][1..]);
        Assert.NotEqual(tokens, Decode(model, options with { Seed = 6 }, [[0]], maxLength: 30_000)[0][1..]);
        int[][] twins = Decode(model, options with { MaxNewTokens = 50 }, [[0], [0]]);
        Assert.NotEqual(twins[0], twins[1]);
    }

    [Fact]
    public void Sampling_from_one_token_is_greedy()
    {
        HashModel model = new(12, vocabulary: 30, favoured: 8, favour: 1);
        int[][] greedy = Decode(model, Greedy, Prompts);
        Assert.Equal(greedy, Decode(model, Greedy with { Sample = true, TopK = 1 }, Prompts));
        Assert.Equal(greedy, Decode(model, Greedy with { Sample = true, TopP = 0 }, Prompts));
        Assert.Equal(greedy, Decode(model, Greedy with { Sample = true, MinP = 1 }, Prompts));
    }

    [Fact]
    public void Random_numbers_are_the_documented_ones()
    {
        // The first outputs of SplitMix64 for seed 0, as published with it.
        Assert.Equal(0xE220A8397B1DCDAFUL, SamplingRandom.Mix(0x9E3779B97F4A7C15));
        Assert.Equal(0x6E789E6AA1B965F4UL, SamplingRandom.Mix(unchecked(0x9E3779B97F4A7C15 * 2)));
        double[] numbers = [.. from row in Enumerable.Range(0, 40) from step in Enumerable.Range(0, 50) select SamplingRandom.Uniform(1, row, step)];
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.All(numbers, n => Assert.InRange(n, 0, 0.9999999999999999));
        Assert.InRange(numbers.Average(), 0.475, 0.525);    // 2,000 numbers: four standard deviations of the mean
    }

    [Fact]
    public void Generate_returns_what_the_options_ask_for()
    {
        HashModel model = new(9, vocabulary: 30, favoured: 8, favour: 1);
        GenerationResult greedy = Generation.Generate(new ToySession(model), Greedy, Prompts);
        Assert.Equal(Decode(model, Greedy, Prompts), greedy.Sentences.Select(s => s.Single().Ids));
        Assert.Null(greedy[0].Score);
        Assert.Equal(greedy[1].Ids[3..], greedy[1].Generated.ToArray());

        GenerationResult sampled = Generation.Generate(new ToySession(model), Sampling with { ReturnSequences = 3 }, Prompts);
        Assert.All(sampled.Sentences, s => Assert.Equal(3, s.Count));
        Assert.Equal(Decode(model, Sampling, [Prompts[0], Prompts[0], Prompts[0]], [0, 0, 0]), sampled.Sentences[0].Select(s => s.Ids));

        GenerationOptions beams = Greedy with { Beams = 4, ReturnSequences = 2 };
        GenerationResult searched = Generation.Generate(new ToySession(model), beams, Prompts);
        Assert.Equal(BeamReference.Search(model, 2, Prompts[2], beams).Select(h => h.Ids), searched.Sentences[2].Select(s => s.Ids));
    }

    [Fact]
    public void Broken_logits_are_reported()
    {
        MarkovModel model = new([[0, float.NaN], [0, 1]]);
        TokenDecoder<ToySession> decoder = new(new ToySession(model), new());
        decoder.Begin([], [0], [1]);
        Assert.Contains("NaN", Assert.Throws<InvalidOperationException>(() => decoder.Next(new int[1])).Message, StringComparison.Ordinal);
    }

    /// <summary>Forced tokens win over the minimum of new tokens, as in Hugging Face's order: here the forced one is an end token.</summary>
    [Fact]
    public void A_forced_begin_token_may_be_an_end_token()
    {
        GenerationOptions options = new() { MaxNewTokens = 6, EndTokens = [8], ForcedBeginToken = 8, MinNewTokens = 3 };
        GenerationResult result = Generation.Generate(new ToySession(new HashModel(1, vocabulary: 20)), options, [[2]]);
        Assert.Equal([2, 8], result[0].Ids);
    }

    [Theory]
    [InlineData(1, 4000)]       // 4000 x 1,000,001 and 1000 x 4 x 1,000,001 wrap around 2^32
    [InlineData(4, 1000)]
    [InlineData(1, 4300)]       // and this one wraps to a number that looks right
    public void A_batch_with_more_ids_than_an_array_holds_is_refused(int beams, int prompts)
    {
        GenerationOptions options = new() { MaxNewTokens = int.MaxValue, Beams = beams };
        int[][] batch = [.. Enumerable.Repeat<int[]>([0], prompts)];
        ToySession session = new(new HashModel(1, 5), maxRows: 4300, maxLength: 1_000_000);
        ArgumentException e = Assert.Throws<ArgumentException>(() => Generation.Generate(session, options, batch));
        Assert.Contains($"{prompts} prompts x {beams} rows", e.Message, StringComparison.Ordinal);
        Assert.Contains("of up to 1000001 tokens", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, GenerationOptions> WrongOptions() => new()
    {
        { "MaxNewTokens", new() { MaxNewTokens = 0 } },
        { "MinNewTokens", new() { MinNewTokens = -1 } },
        { "MinLength", new() { MinLength = -1 } },
        { "Beams", new() { Beams = 0 } },
        { "Beams", new() { Beams = 2, Sample = true } },
        { "ReturnSequences", new() { ReturnSequences = 3, Beams = 2 } },
        { "ReturnSequences", new() { ReturnSequences = 0 } },
        { "LengthPenalty", new() { LengthPenalty = double.NaN } },
        { "Temperature", new() { Temperature = 0 } },
        { "TopK", new() { TopK = -1 } },
        { "TopP", new() { TopP = 1.5 } },
        { "MinP", new() { MinP = -0.1 } },
        { "RepetitionPenalty", new() { RepetitionPenalty = double.PositiveInfinity } },
        { "NoRepeatNgramSize", new() { NoRepeatNgramSize = -2 } },
        { "EndTokens", new() { EndTokens = [2, 10] } },
        { "EndTokens", new() { EndTokens = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } },
        { "SuppressTokens", new() { SuppressTokens = [-1] } },
        { "BadWords", new() { BadWords = [[1], []] } },
        { "BadWords", new() { BadWords = [[1, 10]] } },
        { "StartToken", new() { StartToken = 10 } },
        { "ForcedBeginToken", new() { ForcedBeginToken = 10 } },
        { "ForcedEndToken", new() { ForcedEndToken = 10 } },
        { "PadToken", new() { PadToken = -1 } },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Options_are_checked_by_name(string option, GenerationOptions options)
    {
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => options.Validate(vocabulary: 10));
        Assert.Equal(option, e.ParamName);
        Assert.Contains("Expected", e.Message, StringComparison.Ordinal);
    }
}

using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class ModelGenerationTests
{
    private static readonly int[][] Sources = [[5, 6, 7], [9], [3, 3, 3, 4], [8, 1]];

    private static string Text(GenerationResult result) => string.Join('\n', result.Sentences.SelectMany(s => s.Select(g => $"{string.Join(' ', g.Ids)} {g.Score:R}")));

    [Fact]
    public void Sources_are_decoded_from_the_begin_token_to_the_models_end_token()
    {
        ProbeModel model = ProbeModel.Create();
        GenerationOptions options = new() { MaxNewTokens = 30, Beams = 3 };
        GenerationResult expected = Generation.Generate(
            new ToySession(new ProbeReference(Sources), maxLength: 75), options with { EndTokens = [2] }, [[1], [1], [1], [1]]);
        Assert.Equal(Text(expected), Text(model.Generate(Sources, options)));
        Assert.Contains(expected.Sentences, s => s[0].Ids.Length < 31);     // the end token did end one
    }

    [Fact]
    public void An_empty_list_of_end_tokens_is_no_end_token()
    {
        GenerationResult result = ProbeModel.Create().Generate(Sources, new GenerationOptions { MaxNewTokens = 40, EndTokens = [] });
        Assert.All(result.Sentences, s => Assert.Equal(41, s[0].Ids.Length));
    }

    [Fact]
    public void Without_options_generation_is_greedy_up_to_the_models_length()
    {
        ProbeModel model = ProbeModel.Create();
        Assert.Equal(Text(model.Generate(Sources, new GenerationOptions { MaxNewTokens = 75 })), Text(model.Generate(Sources)));
    }

    [Fact]
    public async Task Start_token_of_the_options_stands_for_the_models_own()
    {
        ProbeModel model = ProbeModel.Create();
        GenerationOptions options = new() { MaxNewTokens = 6, EndTokens = [] };
        GenerationResult expected = model.Generate(Sources, [[4], [4], [4], [4]], options);
        Assert.NotEqual(Text(model.Generate(Sources, options)), Text(expected));
        Assert.Equal(Text(expected), Text(model.Generate(Sources, options with { StartToken = 4 })));
        List<int> streamed = [];
        await foreach (int token in model.StreamAsync(Sources[2], options with { StartToken = 4 })) streamed.Add(token);
        Assert.Equal(expected[2].Generated.ToArray(), streamed);
    }

    [Fact]
    public void Prompts_of_the_decoder_are_continued()
    {
        int[][] prompts = [[1, 4], [1], [1, 9, 9], [1, 2]];
        GenerationOptions options = new() { MaxNewTokens = 6 };
        GenerationResult expected = Generation.Generate(new ToySession(new ProbeReference(Sources)), options with { EndTokens = [2] }, prompts);
        Assert.Equal(Text(expected), Text(ProbeModel.Create().Generate(Sources, prompts, options)));
        Assert.Contains("1 prompts for 4 sources", Assert.Throws<ArgumentException>(() => ProbeModel.Create().Generate(Sources, [[1]])).Message);
    }

    [Fact]
    public async Task Streaming_gives_the_tokens_one_by_one_and_the_session_back()
    {
        ProbeModel model = ProbeModel.Create();
        GenerationOptions options = new() { MaxNewTokens = 9, EndTokens = [] };
        List<int> streamed = [];
        await foreach (int token in model.StreamAsync(Sources[2], options))
        {
            Assert.Equal(0, model.Sessions().Idle);
            streamed.Add(token);
        }

        Assert.Equal(model.Generate([Sources[2]], options)[0].Generated.ToArray(), streamed);
        await foreach (int token in model.StreamAsync(Sources[2], options)) break;
        Assert.Equal(1, model.Sessions().Idle);
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int token in model.StreamAsync(Sources[2], options, cancellationToken: source.Token)) await source.CancelAsync();
        });
        Assert.Equal(1, model.Sessions().Idle);
    }

    [Fact]
    public void Wrong_lengths_are_reported_by_parameters_that_exist()
    {
        ProbeModel model = ProbeModel.Create();
        Assert.Equal("logits", Assert.Throws<ArgumentException>(() => model.Forward([5, 6], [2], [1], [1], new float[3])).ParamName);
        Assert.Equal("lengths", Assert.Throws<ArgumentException>(() => new DecodingSession<ProbeModel>(model).Encode([5], [0])).ParamName);
        Assert.Equal("lengths", Assert.Throws<ArgumentException>(() => new DecodingSession<ProbeModel>(model).Encode(new int[76], [76])).ParamName);
    }

    [Fact]
    public void Cancellation_ends_a_batch()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => ProbeModel.Create().Generate(Sources, cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Concurrent_callers_get_what_one_caller_gets()
    {
        ProbeModel model = ProbeModel.Create();
        GenerationOptions options = new() { MaxNewTokens = 20, Beams = 3, EndTokens = [] };
        string[] expected = [.. Sources.Select(source => Text(model.Generate([source], options)))];
        model.Sessions().MaxIdle = 3;
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => Assert.Equal(expected[i % 4], Text(model.Generate([Sources[i % 4]], options))));
        Assert.InRange(model.Sessions().Idle, 1, 3);
    }

    [Fact]
    public void A_lease_gives_its_session_back_once()
    {
        using var pool = new SessionPool<ProbeModel>(ProbeModel.Create(), Team.Alone);
        SessionLease<ProbeModel> first = pool.Rent();
        DecodingSession<ProbeModel> session = first.Session;
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, pool.Idle);
        Assert.Throws<ObjectDisposedException>(() => first.Session);
        using SessionLease<ProbeModel> second = pool.Rent();
        using SessionLease<ProbeModel> third = pool.Rent();
        Assert.Same(session, second.Session);
        Assert.NotSame(session, third.Session);
    }

    [Fact]
    public unsafe void What_comes_back_while_the_pool_is_disposed_is_freed()
    {
        // The order that a race makes: the pool was found alive, then disposed, then the workspace was added.
        ProbeModel model = ProbeModel.Create();
        var pool = new SessionPool<ProbeModel>(model, Team.Alone);
        SessionPool<ProbeModel>.Entry entry = new(new Workspace(model.Weights, Team.Alone));
        pool.Dispose();
        pool.Keep(entry);
        Assert.Equal(0, pool.Idle);
        Assert.True(entry.Workspace.Source.Tokens == null);
    }

    [Fact]
    public void A_disposed_pool_takes_sessions_back_and_gives_none()
    {
        var pool = new SessionPool<ProbeModel>(ProbeModel.Create(), Team.Alone);
        SessionLease<ProbeModel> lease = pool.Rent();
        pool.Dispose();
        lease.Dispose();
        Assert.Equal(0, pool.Idle);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }
}

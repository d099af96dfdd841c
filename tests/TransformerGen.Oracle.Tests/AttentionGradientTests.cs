using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>Attention's options against finite differences: key heads, soft cap, biases, dropout.</summary>
public sealed class AttentionGradientTests(ITestOutputHelper output)
{
    // Differences of second order, and their own rounding: see FiniteDifferences. Largest seen: 1e-9.
    private const double Tolerance = 1e-8;

    private static readonly PatternSpec s_window = new(PatternKind.Window, Window: 2);

    // 4 heads of 3 columns; sequences of 7, 1 and 4 rows.
    private static readonly Dictionary<string, Func<OperationGraph, Value>> s_cases = new(StringComparer.Ordinal)
    {
        ["Two query heads a key head"] = graph => Self(graph, Settings(2)),
        ["One key head, window, causal"] = graph => Self(graph, Settings(1) with { Causal = true, Pattern = s_window }),
        ["One key head of a source"] = graph => Cross(graph, Settings(1)),
        ["Additive, two query heads a key head"] = graph => Self(graph, Settings(2) with { Score = ScoreKind.Additive }),
        ["Soft cap"] = graph => Self(graph, Settings(4) with { SoftCap = 1.5f }),
        ["Soft cap, additive, top-k"] = graph => Self(graph, Settings(4) with { SoftCap = 1.5f, Score = ScoreKind.Additive, Pattern = new PatternSpec(PatternKind.TopK, Top: 3) }),
        ["Linear bias, causal"] = graph => Self(graph, Settings(4) with { Bias = BiasKind.Linear, Causal = true }),
        ["Bias by distance"] = graph => Self(graph, Settings(4) with { Bias = BiasKind.Distance, BiasReach = 5 }),
        ["Bias by distance, one direction, causal"] = graph => Self(graph, Settings(2) with { Bias = BiasKind.Distance, BiasReach = 6, Causal = true, SoftCap = 2f }, bidirectional: false),
        ["One table for two attentions"] = TwoReaders,
        ["Dropout"] = graph => Self(graph, Settings(4), dropout: true),
        ["Dropout, everything"] = graph => Self(graph, Settings(2) with { Bias = BiasKind.Distance, BiasReach = 5, SoftCap = 2f, Pattern = s_window }, dropout: true),
        ["Window and global tokens"] = graph => Self(graph, Settings(2) with { Pattern = s_window, Globals = true }),
        ["Global tokens"] = graph => GlobalTokens(graph, false),
        ["Global tokens, dropout"] = graph => GlobalTokens(graph, true),
        ["Dropout to a source"] = graph => Cross(graph, Settings(2), dropout: true),
    };

    public static TheoryData<string> Cases => new(s_cases.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_finite_differences(string name)
    {
        var graph = new OperationGraph();
        graph.Finish(s_cases[name](graph));
        for (int seed = 1; seed <= 3; seed++)
        {
            OracleParameters parameters = OracleParameters.Random(graph.Table, seed, gain: 1.5);
            (double error, string where) = FiniteDifferences.Worst(graph.Graph, graph.Table, Batch(seed), parameters, int.MaxValue);
            output.WriteLine($"{error:E2} {where}");
            Assert.True(error <= Tolerance, $"{error:E2} {where}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_finite_differences_where_rows_are_padding(string name)
    {
        var graph = new OperationGraph();
        graph.Finish(s_cases[name](graph));
        OracleBatch batch = Batch(4);
        batch = batch with
        {
            Sources = [.. batch.Sources.Select(source => source with { Padding = source.Tokens.Count / 2 })],
            Targets = [batch.Targets[0] with { Padding = 1 }, batch.Targets[1], batch.Targets[2] with { Padding = 2 }],
        };
        (double error, string where) = FiniteDifferences.Worst(graph.Graph, graph.Table, batch, OracleParameters.Random(graph.Table, 4, gain: 1.5), int.MaxValue);
        output.WriteLine($"{error:E2} {where}");
        Assert.True(error <= Tolerance, $"{error:E2} {where}");
    }

    // Numbers of transformers' T5Attention._relative_position_bucket (relative position = key - query).
    [Theory]
    [InlineData(32, 128, true, new[] { -128, -127, -91, -90, -64, -63, -32, -31, -16, -8, -7, -1, 0, 1, 7, 8, 12, 16, 64, 128, 1000 }, new[] { 15, 15, 15, 14, 14, 13, 12, 11, 10, 8, 7, 1, 0, 17, 23, 24, 25, 26, 30, 31, 31 })]
    [InlineData(32, 128, false, new[] { -128, -113, -112, -64, -32, -18, -16, -15, -1, 0, 1, 100 }, new[] { 31, 31, 30, 26, 21, 16, 16, 15, 1, 0, 0, 0 })]
    public void Buckets_are_those_of_the_reference(int buckets, int maxDistance, bool bidirectional, int[] distances, int[] expected) =>
        Assert.Equal(expected, distances.Select(new RelativeBuckets(buckets, maxDistance, bidirectional).Of));

    // build_alibi_tensor of transformers' Bloom.
    [Theory]
    [InlineData(1, new[] { 0.00390625 })]
    [InlineData(4, new[] { 0.25, 0.0625, 0.015625, 0.00390625 })]
    [InlineData(6, new[] { 0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125 })]
    public void Slopes_are_those_of_the_reference(int heads, double[] expected) =>
        Assert.Equal(expected, Enumerable.Range(0, heads).Select(h => Rules.AttentionMath.Slope(heads, h)));

    // The first sequence has two global tokens apart from each other, the last one.
    private static OracleBatch Batch(int seed)
    {
        OracleBatch batch = OperationGraph.Batch(seed, 0.3);
        return batch with { Targets = [batch.Targets[0] with { Globals = new HashSet<int> { 0, 5 } }, batch.Targets[1], batch.Targets[2] with { Globals = new HashSet<int> { 1 } }] };
    }

    private static Value GlobalTokens(OperationGraph graph, bool dropout)
    {
        AttentionSettings settings = Settings(4);
        Value x = Self(graph, settings with { Pattern = s_window, Globals = true }, dropout), qkv = graph.Input(36), y = graph.Output("Global", x);
        graph.Graph.Add(new GlobalAttention(graph.Stage, settings, Columns(qkv, 0), Columns(qkv, 12), Columns(qkv, 24), x, y, graph.Output("GlobalLogSumExp", y, 4))
        {
            Dropout = dropout ? new DropoutSite(4, 0f) : null,
        });
        return y;
    }

    private static AttentionSettings Settings(int keyHeads) => new(4, keyHeads, 3, false, ScoreKind.DotProduct, 0.6f, PatternSpec.Full);

    private static Value Self(OperationGraph graph, AttentionSettings settings, bool dropout = false, bool bidirectional = true)
    {
        Value qkv = graph.Input(settings.Width + (2 * settings.KeyWidth));
        return Attention(graph, settings, Columns(qkv, 0), Columns(qkv, settings.Width), Columns(qkv, settings.Width + settings.KeyWidth), Bias(graph, settings, bidirectional), dropout);
    }

    private static Value Cross(OperationGraph graph, AttentionSettings settings, bool dropout = false)
    {
        Value q = graph.Input(settings.Width), kv = graph.Input(2 * settings.KeyWidth, Symbol.SourceRows);
        return Attention(graph, settings, Columns(q, 0), Columns(kv, 0), Columns(kv, settings.KeyWidth), null, dropout);
    }

    // Layers share a table: what both contribute to its gradient adds up.
    private static Value TwoReaders(OperationGraph graph)
    {
        AttentionSettings settings = Settings(4) with { Bias = BiasKind.Distance, BiasReach = 5 };
        Value qkv = graph.Input(36), other = graph.Input(36), bias = Bias(graph, settings, true)!;
        Value once = Attention(graph, settings, Columns(qkv, 0), Columns(qkv, 12), Columns(qkv, 24), bias, false, "Once");
        Value twice = Attention(graph, settings, Columns(other, 0), Columns(other, 12), Columns(other, 24), bias, false, "Twice"), sum = graph.Output("Sum", once);
        graph.Graph.Add(new Add(graph.Stage, once, twice, null, sum));
        return sum;
    }

    private static Columns Columns(Value value, int first) => new(value, first);

    private static Value? Bias(OperationGraph graph, AttentionSettings settings, bool bidirectional)
    {
        if (settings.Bias != BiasKind.Distance)
        {
            return null;
        }

        var bias = new Value(graph.Stage, "Bias", Symbol.Once, settings.BiasWidth);
        graph.Graph.Add(new RelativeBias(graph.Stage, graph.Parameter("buckets", 6, settings.Heads), new RelativeBuckets(6, 5, bidirectional), bias));
        return bias;
    }

    private static Value Attention(OperationGraph graph, AttentionSettings settings, Columns q, Columns k, Columns v, Value? bias, bool dropout, string role = "")
    {
        Value y = graph.Output("Y" + role, q.Value, settings.Width);
        Parameter? score = settings.Score == ScoreKind.Additive ? graph.Parameter("score", settings.Heads, settings.HeadWidth) : null;
        graph.Graph.Add(new AttentionOperation(graph.Stage, settings, q, k, v, score, y, graph.Output("LogSumExp" + role, y, settings.Heads))
        {
            Bias = bias,
            Dropout = dropout ? new DropoutSite(3, 0f) : null,
        });
        return y;
    }
}

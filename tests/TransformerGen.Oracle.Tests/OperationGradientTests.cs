using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>Every gradient rule, alone in the smallest graph, against finite differences of every entry.</summary>
public sealed class OperationGradientTests(ITestOutputHelper output)
{
    private const double Dropout = 0.3;

    // Relative to the tensor's largest entry. Rounding is 1e-9 or less everywhere; norms have larger third derivatives (1/deviation³), and attention multiplies three of its inputs.
    private static readonly Dictionary<string, (double Tolerance, Func<OperationGraph, Value> Build)> s_cases = new(StringComparer.Ordinal)
    {
        ["Embed"] = (2e-9, graph => Embed(graph, PositionKind.None, null)),
        ["Embed, sinusoidal, dropout"] = (2e-9, graph => Embed(graph, PositionKind.Sinusoidal, Site(4))),
        ["Embed, half and half"] = (2e-9, graph => Embed(graph, PositionKind.SinusoidalHalf, null)),
        ["Embed, learned, dropout"] = (2e-9, graph => Embed(graph, PositionKind.Learned, Site(4))),
        ["Linear"] = (2e-9, graph => Linear(graph, graph.Input(6), ActivationKind.None, true)),
        ["Linear without bias"] = (2e-9, graph => Linear(graph, graph.Input(6), ActivationKind.None, false)),
        ["Linear, ReLU"] = (2e-9, graph => Linear(graph, graph.Input(6), ActivationKind.Relu, true)),
        ["Linear, GELU"] = (2e-9, graph => Linear(graph, graph.Input(6), ActivationKind.Gelu, true)),
        ["Linear after linear"] = (2e-9, graph => Linear(graph, Linear(graph, graph.Input(6), ActivationKind.Relu, true), ActivationKind.Gelu, true)),
        ["Linear twice on one input"] = (2e-9, TwoReaders),
        ["Linear twice with one weight"] = (2e-9, SharedWeight),
        ["Add"] = (2e-9, graph => Add(graph, graph.Input(6), graph.Input(6), null)),
        ["Add, dropout"] = (2e-9, graph => Add(graph, graph.Input(6), graph.Input(6), Site(2))),
        ["Add to itself, dropout"] = (2e-9, AddToItself),
        ["Norm, layer"] = (1e-8, graph => Norm(graph, NormKind.Layer, hasSub: false, null)),
        ["Norm, batch"] = (1e-8, graph => Norm(graph, NormKind.Batch, hasSub: false, null)),
        ["AddNorm, layer"] = (1e-8, graph => Norm(graph, NormKind.Layer, hasSub: true, null)),
        ["AddNorm, layer, dropout"] = (1e-8, graph => Norm(graph, NormKind.Layer, hasSub: true, Site(3))),
        ["AddNorm, batch, dropout"] = (1e-8, graph => Norm(graph, NormKind.Batch, hasSub: true, Site(3))),
        ["Norm, layer, residual beside"] = (1e-8, graph => Beside(graph, NormKind.Layer, hasSub: false)),
        ["Norm, batch, residual beside"] = (1e-8, graph => Beside(graph, NormKind.Batch, hasSub: false)),
        ["AddNorm, layer, residual beside"] = (1e-8, graph => Beside(graph, NormKind.Layer, hasSub: true)),
        ["AddNorm, batch, residual beside"] = (1e-8, graph => Beside(graph, NormKind.Batch, hasSub: true)),
        ["Attention"] = (1e-8, graph => SelfAttention(graph, false, ScoreKind.DotProduct, PatternSpec.Full)),
        ["Attention, causal"] = (1e-8, graph => SelfAttention(graph, true, ScoreKind.DotProduct, PatternSpec.Full)),
        ["Attention, block"] = (1e-8, graph => SelfAttention(graph, false, ScoreKind.DotProduct, new PatternSpec(PatternKind.Block, Window: 3))),
        ["Attention, window, causal"] = (1e-8, graph => SelfAttention(graph, true, ScoreKind.DotProduct, new PatternSpec(PatternKind.Window, Window: 2))),
        ["Attention, dilated"] = (1e-8, graph => SelfAttention(graph, false, ScoreKind.DotProduct, new PatternSpec(PatternKind.Dilated, Window: 2, Dilation: 2))),
        ["Attention, sparse"] = (1e-8, graph => SelfAttention(graph, false, ScoreKind.DotProduct, new PatternSpec(PatternKind.Sparse, Window: 1, GlobalTokens: 2))),
        ["Attention, strided, causal"] = (1e-8, graph => SelfAttention(graph, true, ScoreKind.DotProduct, new PatternSpec(PatternKind.Strided, Stride: 2))),
        ["Attention, top-k, causal"] = (1e-8, graph => SelfAttention(graph, true, ScoreKind.DotProduct, new PatternSpec(PatternKind.TopK, Top: 2))),
        ["Attention, additive, causal"] = (1e-8, graph => SelfAttention(graph, true, ScoreKind.Additive, PatternSpec.Full)),
        ["Attention, additive, top-k"] = (1e-8, graph => SelfAttention(graph, false, ScoreKind.Additive, new PatternSpec(PatternKind.TopK, Top: 3))),
        ["Attention to a source"] = (1e-8, graph => CrossAttention(graph, ScoreKind.DotProduct)),
        ["Attention to a source, additive"] = (1e-8, graph => CrossAttention(graph, ScoreKind.Additive)),
    };

    public static TheoryData<string> Cases => new(s_cases.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_finite_differences(string name)
    {
        (double tolerance, Func<OperationGraph, Value> build) = s_cases[name];
        var graph = new OperationGraph();
        graph.Finish(build(graph));
        for (int seed = 1; seed <= 3; seed++)
        {
            OracleParameters parameters = OracleParameters.Random(graph.Table, seed, gain: 1.5);
            (double error, string where) = FiniteDifferences.Worst(graph.Graph, graph.Table, OperationGraph.Batch(seed, Dropout), parameters, int.MaxValue);
            output.WriteLine($"{error:E2} {where}");
            Assert.True(error <= tolerance, $"{error:E2} {where}");
        }
    }

    // The main rate, which is the pass's.
    private static DropoutSite Site(int number) => new(number, 0f);

    private static Value Embed(OperationGraph graph, PositionKind positions, DropoutSite? site)
    {
        var y = new Value(graph.Stage, "Y", Symbol.TargetRows, 6);
        Parameter? table = positions == PositionKind.Learned ? graph.Parameter("positions", 8, 6) : null;
        graph.Graph.Add(new Embed(graph.Stage, graph.Parameter("table", OperationGraph.Tokens, 6), 1.75f, positions, table, site, y));
        return y;
    }

    private static Value Linear(OperationGraph graph, Value x, ActivationKind activation, bool hasBias, string name = "linear")
    {
        name += x.Role;
        Value y = graph.Output("Y" + name, x, 7);
        Value? before = activation == ActivationKind.Gelu ? graph.Output("Before" + name, y) : null;
        graph.Graph.Add(new Linear(graph.Stage, x, graph.Parameter(name + ".weight", 7, x.Width), hasBias ? graph.Vector(name + ".bias", 7) : null, activation, y, before));
        return y;
    }

    // The gradient of x is made by one reader and added to by the other.
    private static Value TwoReaders(OperationGraph graph)
    {
        Value x = graph.Input(6);
        return Add(graph, Linear(graph, x, ActivationKind.Relu, true, "first"), Linear(graph, x, ActivationKind.None, true, "second"), null);
    }

    // The weight has two writers.
    private static Value SharedWeight(OperationGraph graph)
    {
        Value x = graph.Input(7), y = graph.Output("Once", x), z = graph.Output("Twice", x);
        Parameter weight = graph.Parameter("weight", 7, 7);
        graph.Graph.Add(new Linear(graph.Stage, x, weight, null, ActivationKind.Relu, y, null));
        graph.Graph.Add(new Linear(graph.Stage, y, weight, null, ActivationKind.None, z, null));
        return z;
    }

    private static Value Add(OperationGraph graph, Value x, Value sub, DropoutSite? site)
    {
        Value z = graph.Output("Sum" + sub.Name, x);
        graph.Graph.Add(new Add(graph.Stage, x, sub, site, z));
        return z;
    }

    private static Value AddToItself(OperationGraph graph)
    {
        Value x = graph.Input(6);
        return Add(graph, x, x, Site(2));
    }

    private static Value Statistics(OperationGraph graph, NormKind kind, Value x) =>
        kind != NormKind.Batch ? graph.Output("Statistics", x, 2) : new Value(graph.Stage, "Statistics", Symbol.Once, 2 * x.Stride);

    private static Value Norm(OperationGraph graph, NormKind kind, bool hasSub, DropoutSite? site)
    {
        Value x = graph.Input(6), y = graph.Output("Y", x);
        Value? sub = hasSub ? graph.Input(6) : null, z = hasSub ? graph.Output("Z", x) : null;
        graph.Graph.Add(new AddNorm(graph.Stage, x, sub, graph.Norm(kind, 6), site, z, y, Statistics(graph, kind, x)));
        return y;
    }

    // Pre-norm: what is normalised also goes on beside the norm.
    private static Value Beside(OperationGraph graph, NormKind kind, bool hasSub)
    {
        Value x = graph.Input(7), y = graph.Output("Y", x);
        Value? sub = hasSub ? graph.Input(7) : null, z = hasSub ? graph.Output("Z", x) : null;
        graph.Graph.Add(new AddNorm(graph.Stage, x, sub, graph.Norm(kind, 7), hasSub ? Site(3) : null, z, y, Statistics(graph, kind, x)));
        return Add(graph, z ?? x, Linear(graph, y, ActivationKind.Gelu, true), Site(5));
    }

    private static Value SelfAttention(OperationGraph graph, bool causal, ScoreKind score, PatternSpec pattern)
    {
        Value qkv = graph.Input(3 * 6);
        return Attention(graph, new AttentionSettings(2, 2, 3, causal, score, 0.6f, pattern), new Columns(qkv, 0), new Columns(qkv, 6), new Columns(qkv, 12));
    }

    private static Value CrossAttention(OperationGraph graph, ScoreKind score)
    {
        Value q = graph.Input(6), kv = graph.Input(12, Symbol.SourceRows);
        return Attention(graph, new AttentionSettings(2, 2, 3, false, score, 0.6f, PatternSpec.Full), new Columns(q, 0), new Columns(kv, 0), new Columns(kv, 6));
    }

    private static Value Attention(OperationGraph graph, AttentionSettings settings, Columns q, Columns k, Columns v)
    {
        Value y = graph.Output("Y", q.Value, settings.Width);
        Parameter? score = settings.Score == ScoreKind.Additive ? graph.Parameter("score", settings.Heads, settings.HeadWidth) : null;
        graph.Graph.Add(new AttentionOperation(graph.Stage, settings, q, k, v, score, y, graph.Output("LogSumExp", y, settings.Heads)));
        return y;
    }
}

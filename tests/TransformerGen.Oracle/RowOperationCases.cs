using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle;

/// <summary>
/// The row-wise operations in small graphs of any width, for every test that wants all of them: gradient rules against finite differences, generated code against
/// the oracle.
/// </summary>
internal static class RowOperationCases
{
    // The main rate, which is the pass's; and one of the site's own.
    private static readonly DropoutSite s_main = new(3, 0f), s_own = new(4, 0.5f);

    /// <summary>Cases by name: what to build, given a graph and a width.</summary>
    public static IReadOnlyDictionary<string, Func<OperationGraph, int, Value>> All { get; } = Cases().ToDictionary(pair => pair.Name, pair => pair.Build, StringComparer.Ordinal);

    /// <summary>Embeddings whose padding row learns nothing: their gradient is not that of the loss.</summary>
    public static IReadOnlyDictionary<string, Func<OperationGraph, int, Value>> WithPadding { get; } = new Dictionary<string, Func<OperationGraph, int, Value>>(StringComparer.Ordinal)
    {
        ["Embed, padding row"] = (graph, n) => Embed(graph, n, PositionKind.None, 0, false, null, Padding),
        ["Embed, padding row, learned positions, types, dropout"] = (graph, n) => Embed(graph, n, PositionKind.Learned, 2, true, s_main, Padding),
    };

    /// <summary>The padding row of <see cref="WithPadding"/>.</summary>
    public const int Padding = 2;

    private static IEnumerable<(string Name, Func<OperationGraph, int, Value> Build)> Cases()
    {
        yield return ("Embed, types", (graph, n) => Embed(graph, n, PositionKind.None, 0, true, null));
        yield return ("Embed, types, sinusoidal positions from 1, dropout of its own", (graph, n) => Embed(graph, 2 * n, PositionKind.Sinusoidal, 1, true, s_own));
        yield return ("Embed, fairseq positions from 2, dropout", (graph, n) => Embed(graph, 2 * n, PositionKind.SinusoidalFairseq, 2, false, s_main));
        yield return ("Embed, learned positions from 2, types", (graph, n) => Embed(graph, n, PositionKind.Learned, 2, true, null));
        foreach (ActivationKind activation in Enum.GetValues<ActivationKind>().Except([ActivationKind.None]))
        {
            yield return ($"Linear, {activation}", (graph, n) => Linear(graph, graph.Input(n), activation));
            yield return ($"Gate, {activation}", (graph, n) => Gate(graph, graph.Input(2 * n), activation));
        }

        yield return ("Gate behind a product", (graph, n) => Gate(graph, Linear(graph, graph.Input(n), ActivationKind.None, 2 * n), ActivationKind.Silu));
        yield return ("Cap", (graph, n) => Cap(graph, graph.Input(n), 1f, 0.75f));
        yield return ("Cap, scale", (graph, n) => Cap(graph, graph.Input(n), 1.75f, 2f));
        yield return ("Cap, scale alone, behind a product", (graph, n) => Cap(graph, Linear(graph, graph.Input(n), ActivationKind.None), 0.25f, 0f));
        yield return ("Clip", (graph, n) => Clip(graph, graph.Input(n), 0.75f));
        yield return ("Clip, behind a product", (graph, n) => Clip(graph, Linear(graph, graph.Input(n), ActivationKind.None), 0.5f));
        yield return ("Dropout", (graph, n) => Drop(graph, graph.Input(n), s_main));
        yield return ("Dropout of its own rate", (graph, n) => Drop(graph, graph.Input(n), s_own));
        yield return ("SkipLayer that runs", (graph, n) => Skip(graph, n, new DropoutSite(5, 0.001f)));
        yield return ("SkipLayer that is skipped", (graph, n) => Skip(graph, n, new DropoutSite(6, 0.999f)));
        yield return ("Add, scale", (graph, n) => Add(graph, graph.Input(n), graph.Input(n), null, 0.25f));
        yield return ("Add, scale, dropout", (graph, n) => Add(graph, graph.Input(n), graph.Input(n), s_own, 0.25f));
        foreach (NormKind kind in (NormKind[])[NormKind.Rms, NormKind.Layer])
        {
            foreach ((bool hasShift, bool unitOffset) in ((bool, bool)[])[(true, false), (false, false), (true, true), (false, true)])
            {
                string how = $"{kind}{(hasShift ? ", shift" : "")}{(unitOffset ? ", unit offset" : "")}";
                yield return ($"Norm, {how}", (graph, n) => Norm(graph, n, graph.Norm(kind, n, hasShift, unitOffset), false, null));
                yield return ($"AddNorm, {how}, dropout", (graph, n) => Norm(graph, n, graph.Norm(kind, n, hasShift, unitOffset), true, s_main));
            }

            yield return ($"Norm, {kind}, residual beside", (graph, n) => Beside(graph, n, graph.Norm(kind, n, hasShift: false), false));
            yield return ($"AddNorm, {kind}, residual beside, dropout of its own", (graph, n) => Beside(graph, n, graph.Norm(kind, n, hasShift: false), true));
        }

        yield return ("Norm without parameters", (graph, n) => Norm(graph, n, OperationGraph.BareNorm(), false, null));
        yield return ("AddNorm without parameters, dropout", (graph, n) => Norm(graph, n, OperationGraph.BareNorm(), true, s_main));
        yield return ("Norm without parameters, residual beside", (graph, n) => Beside(graph, n, OperationGraph.BareNorm(), false));
        yield return ("AddNorm without parameters, residual beside, dropout of its own", (graph, n) => Beside(graph, n, OperationGraph.BareNorm(), true));

        // Two heads of queries, one of keys, one of values that passes.
        yield return ("HeadNorm, RMS", (graph, n) => HeadNorm(graph, 4 * n, Part(graph, 0, 2, n, NormKind.Rms), Part(graph, 2 * n, 1, n, NormKind.Rms)));
        yield return ("HeadNorm, RMS, unit offset", (graph, n) => HeadNorm(graph, 4 * n, Part(graph, 0, 2, n, NormKind.Rms, unitOffset: true), Part(graph, 3 * n, 1, n, NormKind.Rms, unitOffset: true)));
        yield return ("HeadNorm, layer, a gain and shift per head", (graph, n) => HeadNorm(graph, 4 * n, Part(graph, n, 3, n, NormKind.Layer, perGroup: true, hasShift: true)));
        yield return ("HeadNorm, layer, shift", (graph, n) => HeadNorm(graph, 4 * n, Part(graph, 0, 3, n, NormKind.Layer, hasShift: true)));
        yield return ("HeadNorm, all heads together", (graph, n) => HeadNorm(graph, 4 * n, Part(graph, 0, 1, 2 * n, NormKind.Rms), Part(graph, 2 * n, 1, n, NormKind.Rms, unitOffset: true)));
        foreach (RotaryKind kind in Enum.GetValues<RotaryKind>())
        {
            yield return ($"Rotary, {kind}", (graph, n) => Rotary(graph, Linear(graph, graph.Input(n), ActivationKind.None, 8 * n), kind, 2 * n, 2 * n, 1f));
            yield return ($"Rotary, {kind}, first columns, factor", (graph, n) => Rotary(graph, Linear(graph, graph.Input(n), ActivationKind.None, 12 * n), kind, 2 * n, 3 * n, 1.25f));
        }

        foreach (bool normalise in (bool[])[true, false])
        {
            string how = normalise ? ", normalised" : "";
            yield return ($"Experts, 2 of 5{how}", (graph, n) => Experts(graph, n, 5, 2, normalise));
            yield return ($"Experts, 1 of 9: some have no rows{how}", (graph, n) => Experts(graph, n, 9, 1, normalise));
            yield return ($"Experts, 3 of 3{how}", (graph, n) => Experts(graph, n, 3, 3, normalise));
        }

        yield return ("Linear, HeadNorm, Rotary", (graph, n) =>
        {
            Value qkv = HeadNorm(graph, 8 * n, Part(graph, 0, 2, 2 * n, NormKind.Rms), Part(graph, 4 * n, 1, 2 * n, NormKind.Rms));
            return Rotary(graph, qkv, RotaryKind.HalfSplit, 2 * n, 2 * n, 1f);
        }
        );
    }

    private static Value Experts(OperationGraph graph, int width, int experts, int perToken, bool normalise)
    {
        Value x = graph.Input(width), scores = Linear(graph, x, ActivationKind.None, experts);
        Value Choice(string role) => graph.Output(role, x, perToken);
        var offsets = new Value(graph.Stage, "Offsets", Symbol.Once, experts + 1);
        var route = new Route(graph.Stage, scores, perToken, normalise, graph.Output("Probabilities", scores), Choice("Weights"), Choice("Chosen"), Choice("Places"), offsets);
        graph.Graph.Add(route);
        var copies = new Value(graph.Stage, "Copies", Symbol.TargetExpertRows, width);
        graph.Graph.Add(new Dispatch(graph.Stage, x, route, copies));
        Value widened = ExpertLinear(graph, copies, route, 2 * (width + 2), "Widened"), hidden = Gate(graph, widened, ActivationKind.Silu);
        Value narrowed = ExpertLinear(graph, hidden, route, width + 1, "Narrowed"), y = graph.Output("Y", x, width + 1);
        graph.Graph.Add(new Combine(graph.Stage, narrowed, route, y));
        return y;
    }

    private static Value ExpertLinear(OperationGraph graph, Value x, Route route, int width, string role)
    {
        Value y = graph.Output(role, x, width);
        Parameter weight = graph.Parameter(role + ".weight", route.Experts * width, x.Width);
        graph.Table.Panel(weight, route.Experts);
        graph.Graph.Add(new ExpertLinear(graph.Stage, x, route, weight, y));
        return y;
    }

    private static Value Embed(OperationGraph graph, int width, PositionKind positions, int offset, bool hasTypes, DropoutSite? site, int padding = -1)
    {
        var y = new Value(graph.Stage, "Y", Symbol.TargetRows, width);
        Parameter? learned = positions == PositionKind.Learned ? graph.Parameter("positions", graph.Positions + offset, width) : null;
        Parameter? types = hasTypes ? graph.Parameter("types", OperationGraph.Types, width) : null;
        graph.Graph.Add(new Embed(graph.Stage, graph.Parameter("table", OperationGraph.Tokens, width), 1.75f, positions, learned, graph.IsTraining ? site : null, y)
        {
            PositionOffset = offset,
            TypeTable = types,
            PaddingRow = padding,
        });
        return y;
    }

    private static Value Linear(OperationGraph graph, Value x, ActivationKind activation, int width = 0)
    {
        Value y = graph.Output("Linear", x, width == 0 ? x.Width + 1 : width);
        Value? before = graph.IsTraining && activation is not (ActivationKind.None or ActivationKind.Relu) ? graph.Output("Before", y) : null;
        Parameter weight = graph.Parameter("linear.weight", y.Width, x.Width);
        graph.Table.Panel(weight);
        graph.Graph.Add(new Linear(graph.Stage, x, weight, graph.Vector("linear.bias", y.Width), activation, y, before));
        return y;
    }

    private static Value Gate(OperationGraph graph, Value x, ActivationKind activation)
    {
        Value y = graph.Output("Gated", x, x.Width / 2);
        graph.Graph.Add(new Gate(graph.Stage, x, activation, y));
        return y;
    }

    private static Value Cap(OperationGraph graph, Value x, float scale, float limit)
    {
        Value y = graph.Output("Capped", x);
        graph.Graph.Add(new Cap(graph.Stage, x, scale, limit, y));
        return y;
    }

    private static Value Clip(OperationGraph graph, Value x, float limit)
    {
        Value y = graph.Output("Clipped", x);
        graph.Graph.Add(new Clip(graph.Stage, x, limit, y));
        return y;
    }

    private static Value Drop(OperationGraph graph, Value x, DropoutSite site)
    {
        Value y = graph.Output("Dropped", x);
        graph.Graph.Add(new Dropout(graph.Stage, x, site, y));
        return y;
    }

    private static Value Skip(OperationGraph graph, int width, DropoutSite site)
    {
        Value before = graph.Input(width), x = Linear(graph, before, ActivationKind.Gelu, width), y = graph.Output("Kept", x);
        graph.Graph.Add(new SkipLayer(graph.Stage, before, x, site, y));
        return y;
    }

    private static Value Add(OperationGraph graph, Value x, Value sub, DropoutSite? site, float scale)
    {
        Value z = graph.Output("Sum" + sub.Role, x);
        graph.Graph.Add(new Add(graph.Stage, x, sub, graph.IsTraining ? site : null, z, scale));
        return z;
    }

    private static Value Norm(OperationGraph graph, int width, NormParameters norm, bool hasSub, DropoutSite? site)
    {
        Value x = graph.Input(width);
        Value? sub = hasSub ? graph.Input(width) : null, z = hasSub && graph.IsTraining ? graph.Output("Z", x) : null;
        Value y = graph.Output("Y", x);
        graph.Graph.Add(new AddNorm(graph.Stage, x, sub, norm, graph.IsTraining ? site : null, z, y, graph.IsTraining ? graph.Output("Statistics", x, 2) : null));
        return y;
    }

    // Pre-norm: what is normalised also goes on beside the norm.
    private static Value Beside(OperationGraph graph, int width, NormParameters norm, bool hasSub)
    {
        Value x = graph.Input(width);
        Value? sub = hasSub ? graph.Input(width) : null, z = hasSub ? graph.Output("Z", x) : null;
        Value y = graph.Output("Y", x);
        DropoutSite? site = hasSub && graph.IsTraining ? s_own : null;
        graph.Graph.Add(new AddNorm(graph.Stage, x, sub, norm, site, z, y, graph.IsTraining ? graph.Output("Statistics", x, 2) : null));
        return Add(graph, z ?? x, Linear(graph, y, ActivationKind.Gelu, width), s_main, 1f);
    }

    private static HeadNormPart Part(OperationGraph graph, int first, int groups, int size, NormKind kind, bool perGroup = false, bool hasShift = false, bool unitOffset = false)
    {
        string name = $"heads{first}.";
        int width = perGroup ? groups * size : size;
        Parameter gain = graph.Vector(name + "gain", width, unitOffset ? InitialValue.Zeros : InitialValue.Ones);
        return new HeadNormPart(first, groups, size, kind, 1e-3f, unitOffset, gain, hasShift ? graph.Vector(name + "shift", width) : null);
    }

    private static Value HeadNorm(OperationGraph graph, int width, params HeadNormPart[] parts)
    {
        var list = new EquatableList<HeadNormPart>(parts);
        Value x = Linear(graph, graph.Input(Math.Min(width, 20)), ActivationKind.None, width), y = graph.Output("Heads", x);
        graph.Graph.Add(new HeadNorm(graph.Stage, x, y, list, graph.IsTraining ? graph.Output("Statistics", x, Generator.Graph.Operations.HeadNorm.StatisticsWidth(list)) : null));
        return y;
    }

    // Two heads turn, one passes, one turns: the ranges do not join.
    private static Value Rotary(OperationGraph graph, Value x, RotaryKind kind, int dimensions, int headWidth, float factor)
    {
        var frequencies = new EquatableList<double>(Enumerable.Range(0, dimensions / 2).Select(i => Math.Pow(100, -2.0 * i / dimensions)));
        Value y = graph.Output("Turned", x);
        var ranges = new EquatableList<(int, int)>([(0, 2), (3 * headWidth, 1)]);
        graph.Graph.Add(new Rotary(graph.Stage, x, y, new RotarySpec(kind, dimensions, frequencies, factor), ranges, headWidth));
        return y;
    }
}

using System.Globalization;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

/// <summary>A mixture of experts: one loop over the experts, whose products are those of an ordinary layer.</summary>
internal static class ExpertEmitter
{
    public static void Emit(GraphEmitter graph, Route op, SourceWriter writer)
    {
        RouteForwardKernel kernel = graph.Kernels.Need(new RouteForwardKernel(op.Experts, op.PerToken, op.Normalise));
        writer.Lines($"// The router: each row chooses {op.PerToken} of {op.Experts} experts; its copies are grouped by expert.");
        writer.Lines($"{kernel.ClassName}.Choose({graph.Team}, {graph.Count(op.Scores)}, {graph.At(op.Scores)}, {graph.At(op.Probabilities)}, {graph.At(op.Weights)}, {graph.At(op.Chosen)});");
        writer.Lines($"{kernel.ClassName}.Group({graph.Count(op.Scores)}, {graph.At(op.Chosen)}, {graph.At(op.Places)}, {graph.At(op.Offsets)});");
    }

    public static void Emit(GraphEmitter graph, RouteBackward op, SourceWriter writer)
    {
        Route forward = op.Forward;
        RouteBackwardKernel kernel = graph.Kernels.Need(new RouteBackwardKernel(forward.Experts, forward.PerToken, forward.Normalise));
        writer.Lines("// d(scores): how much each chosen expert counts.");
        writer.Lines(
            $"{kernel.ClassName}.Backward({graph.Team}, {graph.Count(op.DScores)}, {graph.At(op.DWeights)}, {graph.At(forward.Probabilities)}, {graph.At(forward.Weights)}, {graph.At(forward.Chosen)}, {graph.At(op.DScores)});");
    }

    public static void Emit(GraphEmitter graph, Dispatch op, SourceWriter writer)
    {
        DispatchKernel kernel = graph.Kernels.Need(new DispatchKernel(op.X.Width, op.Route.PerToken));
        writer.Lines("// Each row's copies go to their experts.");
        writer.Lines($"{kernel.ClassName}.Dispatch({graph.Team}, {graph.Count(op.X)}, {graph.At(op.Route.Places)}, {graph.At(op.X)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, DispatchBackward op, SourceWriter writer)
    {
        DispatchBackwardKernel kernel = graph.Kernels.Need(new DispatchBackwardKernel(op.DX.Width, op.Forward.Route.PerToken));
        writer.Lines($"// d({op.Forward.X.Role}) ← the sum over a row's copies.");
        writer.Lines($"{kernel.ClassName}.DispatchBackward({graph.Team}, {graph.Count(op.DX)}, {graph.At(op.Forward.Route.Places)}, {graph.At(op.DY)}, {graph.At(op.DX)});");
    }

    public static void Emit(GraphEmitter graph, Combine op, SourceWriter writer)
    {
        CombineKernel kernel = graph.Kernels.Need(new CombineKernel(op.Y.Width, op.Route.PerToken));
        writer.Lines("// y ← Σ weight · what the expert gave.");
        writer.Lines($"{kernel.ClassName}.Combine({graph.Team}, {graph.Count(op.Y)}, {graph.At(op.Route.Places)}, {graph.At(op.Route.Weights)}, {graph.At(op.X)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, CombineBackward op, SourceWriter writer)
    {
        Combine forward = op.Forward;
        CombineBackwardKernel kernel = graph.Kernels.Need(new CombineBackwardKernel(op.DY.Width, forward.Route.PerToken));
        writer.Lines("// What each expert gave, and how much it counted.");
        writer.Lines(
            $"{kernel.ClassName}.CombineBackward({graph.Team}, {graph.Count(op.DY)}, {graph.At(forward.Route.Places)}, {graph.At(forward.Route.Weights)}, {graph.At(op.DY)}, {graph.At(forward.X)}, {graph.At(op.DX)}, {graph.At(op.DWeights)});");
    }

    public static void Emit(GraphEmitter graph, ExpertLinear op, SourceWriter writer)
    {
        int input = op.X.Width, output = op.Y.Width;
        LinearForwardKernel kernel = graph.Kernels.Need(new LinearForwardKernel(input, output, false, Spec.ActivationKind.None, false));
        var pack = new LinearPackKernel(input, output, Transposed: false);
        writer.Lines($"// {op.Y.Role} ← {op.X.Role}·Wᵀ of each expert: [{input}] → [{output}].");
        Each(writer, op.Route, graph.At(op.Route.Offsets), skipEmpty: true, $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, count, {Row(graph, op.X)}, {graph.Panel(op.Weight)}{Part(Panels(pack))}, {Row(graph, op.Y)});");
    }

    public static void Emit(GraphEmitter graph, ExpertLinearBackwardInput op, SourceWriter writer)
    {
        ExpertLinear forward = op.Forward;
        var kernel = new LinearBackwardInputKernel(forward.X.Width, forward.Y.Width);
        graph.Kernels.Need(kernel);
        var pack = new LinearPackKernel(forward.X.Width, forward.Y.Width, Transposed: true);
        writer.Lines($"// d({forward.X.Role}) ← d({forward.Y.Role})·W of each expert.");
        Each(writer, forward.Route, graph.At(forward.Route.Offsets), skipEmpty: true, $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, count, {Row(graph, op.DY)}, {graph.TransposedPanel(forward.Weight)}{Part(Panels(pack))}, {Row(graph, op.DX)});");
    }

    public static void Emit(GraphEmitter graph, ExpertLinearBackwardWeights op, SourceWriter writer)
    {
        ExpertLinear forward = op.Forward;
        LinearBackwardWeightsKernel kernel = graph.Kernels.Need(new LinearBackwardWeightsKernel(forward.X.Width, forward.Y.Width, false));
        string adds = graph.Adds(forward.Weight);
        long floats = (long)forward.Y.Width * Padding.Of(forward.X.Width);
        writer.Lines($"// dW += d({forward.Y.Role})ᵀ·{forward.X.Role} of each expert; an expert without rows learns nothing.");
        using SourceWriter.Block asked = writer.Open($"if ({GraphEmitter.Trains(forward.Weight)})");
        Each(writer, forward.Route, graph.At(forward.Route.Offsets), skipEmpty: false, $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, count, {Row(graph, forward.X)}, {Row(graph, op.DY)}, {graph.Gradient(forward.Weight)}{Part(floats)}, {adds});");
    }

    private static void Each(SourceWriter writer, Route route, string offsets, bool skipEmpty, string call)
    {
        using (writer.Open($"for (int expert = 0; expert < {route.Experts.ToString(CultureInfo.InvariantCulture)}; expert++)"))
        {
            writer.Lines($"int first = (int)({offsets})[expert], count = (int)({offsets})[expert + 1] - first;");
            if (!skipEmpty)
            {
                writer.Lines(call);
                return;
            }

            using (writer.Open("if (count > 0)"))
            {
                writer.Lines(call);
            }
        }
    }

    private static string Row(GraphEmitter graph, Value value) => $"{graph.At(value)} + ((long)first * {Padding.Of(value.Width).ToString(CultureInfo.InvariantCulture)})";

    private static string Part(long floats) => $" + ((long)expert * {floats.ToString(CultureInfo.InvariantCulture)})";

    /// <summary>Floats from the panels of one expert to those of the next.</summary>
    internal static long Panels(LinearPackKernel pack) => (pack.Floats + Padding.Floats - 1) / Padding.Floats * Padding.Floats;
}

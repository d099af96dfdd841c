using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class LinearEmitter
{
    public static void Emit(GraphEmitter graph, Linear op, SourceWriter writer)
    {
        LinearForwardKernel kernel = graph.Kernels.Need(
            new LinearForwardKernel(op.X.Width, op.Y.Width, op.Bias is not null, op.Activation, op.Before is not null));
        graph.Kernels.Need(new LinearPackKernel(op.X.Width, op.Y.Width, Transposed: false));
        string activation = op.Activation == ActivationKind.None ? "" : $", {op.Activation} in the product's last step";
        writer.Lines($"// {op.Y.Role} ← {op.X.Role}·Wᵀ{(op.Bias is null ? "" : " + b")}: [{op.X.Width}] → [{op.Y.Width}]{activation}.");
        string bias = op.Bias is null ? "" : graph.Weight(op.Bias) + ", ", before = op.Before is null ? "" : graph.At(op.Before) + ", ";
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.X)}, {graph.At(op.X)}, {graph.Panel(op.Weight)}, {bias}{before}{graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, LinearBackwardInput op, SourceWriter writer)
    {
        Linear forward = op.Forward;
        var kernel = new LinearBackwardInputKernel(forward.X.Width, forward.Y.Width, op.Existing is not null, op.ReluOutput is not null);
        graph.Kernels.Need(kernel);
        graph.Kernels.Need(new LinearPackKernel(forward.X.Width, forward.Y.Width, Transposed: true));
        string added = op.Existing is null ? "←" : "+=", relu = op.ReluOutput is null ? "" : " where ReLU's output was positive";
        writer.Lines($"// d({forward.X.Role}) {added} d({forward.Y.Role})·W{relu}.");
        string mask = op.ReluOutput is null ? "" : graph.At(op.ReluOutput) + ", ";
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.TransposedPanel(forward.Weight)}, {mask}{graph.At(op.DX)});");
    }

    public static void Emit(GraphEmitter graph, LinearBackwardWeights op, SourceWriter writer)
    {
        Linear forward = op.Forward;
        LinearBackwardWeightsKernel kernel = graph.Kernels.Need(new LinearBackwardWeightsKernel(forward.X.Width, forward.Y.Width, forward.Bias is not null));
        string adds = graph.Adds(forward.Weight), bias = "";
        if (forward.Bias is { } parameter)
        {
            graph.Adds(parameter);
            bias = graph.Gradient(parameter) + ", ";
        }

        writer.Lines($"// dW += d({forward.Y.Role})ᵀ·{forward.X.Role}{(forward.Bias is null ? "" : $", db += Σ d({forward.Y.Role})")}.");
        using (writer.Open($"if ({GraphEmitter.Trains(forward.Weight, forward.Bias)})"))
        {
            writer.Lines(
                $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(forward.X)}, {graph.At(op.DY)}, {graph.Gradient(forward.Weight)}, {bias}{adds});");
        }
    }

    public static void Emit(GraphEmitter graph, ActivationBackward op, SourceWriter writer)
    {
        ActivationBackwardKernel kernel = graph.Kernels.Need(new ActivationBackwardKernel(op.DY.Width, op.Forward.Activation));
        writer.Lines($"// d({op.Forward.Activation}): the gradient times the derivative.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(op.Of)}, {graph.At(op.DBefore)});");
    }
}

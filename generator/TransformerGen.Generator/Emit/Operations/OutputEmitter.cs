using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class OutputEmitter
{
    public static void Emit(GraphEmitter graph, Select op, SourceWriter writer)
    {
        SelectKernel kernel = graph.Kernels.Need(new SelectKernel(op.X.Width));
        writer.Lines("// " + op.Reason);
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Labels}, {graph.At(op.X)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, SelectBackward op, SourceWriter writer)
    {
        ScatterKernel kernel = graph.Kernels.Need(new ScatterKernel(op.DX.Width));
        writer.Lines("// The other rows did not reach the loss.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Labels}, {graph.Count(op.DX)}, {graph.At(op.DY)}, {graph.At(op.DX)});");
    }

    public static void Emit(GraphEmitter graph, CrossEntropy op, SourceWriter writer)
    {
        CrossEntropyKernel kernel = graph.Kernels.Need(new CrossEntropyKernel(op.Logits.Width, Gradient: true));
        writer.Lines("// Losses, and in the logits' place their gradient (softmax - q) · scale.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Labels}, {graph.At(op.Logits)}, s.Smoothing, s.LossScale, {graph.At(op.Losses)});");
    }

    public static void Emit(GraphEmitter graph, TargetLoss op, SourceWriter writer)
    {
        TargetLossKernel kernel = graph.Kernels.Need(new TargetLossKernel(op.Logits.Width, op.Kind, Gradient: true));
        writer.Lines("// Losses, and in the logits' place their gradient.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Labels}, {graph.At(op.Logits)}, s.LossScale, {graph.At(op.Losses)});");
    }

    public static void Emit(GraphEmitter graph, SpanLoss op, SourceWriter writer)
    {
        SpanLossKernel kernel = graph.Kernels.Need(new SpanLossKernel(Gradient: true));
        writer.Lines("// Losses, and in the logits' place their gradient (softmax over the sequence - 1 at the answer) · weight · scale.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Rows(op.Side)}, {graph.Labels}, {graph.At(op.Logits)}, s.StartWeight, s.EndWeight, s.LossScale, {graph.At(op.Losses)});");
    }

    /// <summary>Nothing to run: between the passes the caller writes there.</summary>
    public static void Emit(GraphEmitter graph, GivenGradient op, SourceWriter writer) =>
        writer.Lines($"// The loss is the caller's, who writes d({op.Y.Role}) [{op.DY.Width}] to {graph.Place(op.DY)} before the backward pass.");
}

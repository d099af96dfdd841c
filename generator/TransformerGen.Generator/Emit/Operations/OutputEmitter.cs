using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class OutputEmitter
{
    public static void Emit(GraphEmitter graph, Select op, SourceWriter writer)
    {
        SelectKernel kernel = graph.Kernels.Need(new SelectKernel(op.X.Width));
        writer.Lines("// Only the rows whose next token is wanted go through the vocabulary.");
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
}

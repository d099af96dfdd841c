using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class GateEmitter
{
    public static void Emit(GraphEmitter graph, Gate op, SourceWriter writer)
    {
        GateForwardKernel kernel = graph.Kernels.Need(new GateForwardKernel(op.Y.Width, op.Activation));
        writer.Lines($"// {op.Y.Role} ← {op.Activation}(gate) ⊙ up, the two halves of {op.X.Role}: [{op.X.Width}] → [{op.Y.Width}].");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.X)}, {graph.At(op.X)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, GateBackward op, SourceWriter writer)
    {
        GateBackwardKernel kernel = graph.Kernels.Need(new GateBackwardKernel(op.DY.Width, op.Forward.Activation));
        writer.Lines($"// d(gate), d(up): {op.Forward.Activation} is computed again.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(op.Forward.X)}, {graph.At(op.DX)});");
    }
}

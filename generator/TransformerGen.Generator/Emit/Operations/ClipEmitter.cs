using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class ClipEmitter
{
    public static void Emit(GraphEmitter graph, Clip op, SourceWriter writer)
    {
        ClipKernel kernel = graph.Kernels.Need(new ClipKernel(op.X.Width));
        writer.Lines($"// {op.Y.Role} ← {op.X.Role}, no number larger than {Literal.Of(op.Limit)} or smaller than -{Literal.Of(op.Limit)}.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.X)}, {graph.At(op.X)}, {Literal.Of(op.Limit)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, ClipBackward op, SourceWriter writer)
    {
        Clip forward = op.Forward;
        ClipBackwardKernel kernel = graph.Kernels.Need(new ClipBackwardKernel(op.DY.Width));
        writer.Lines($"// d({forward.X.Role}): what was clipped has no gradient.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(forward.X)}, {Literal.Of(forward.Limit)}, {graph.At(op.DX)});");
    }
}

using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class SkipLayerEmitter
{
    public static void Emit(GraphEmitter graph, SkipLayer op, SourceWriter writer)
    {
        writer.Lines($"// {op.Y.Role} ← {op.X.Role}, or what the layer began with when this pass skips it.");
        Call(graph, op.X, $"{graph.Skips(op.Site)} ? {graph.At(op.Before)} : {graph.At(op.X)}", "1f", op.Y, writer);
    }

    // dBefore first: dx may take dy's place.
    public static void Emit(GraphEmitter graph, SkipLayerBackward op, SourceWriter writer)
    {
        string skips = graph.Skips(op.Forward.Site);
        writer.Lines("// The gradient goes through the layer, or around it.");
        Call(graph, op.DY, graph.At(op.DY), $"{skips} ? 1f : 0f", op.DBefore, writer);
        Call(graph, op.DY, graph.At(op.DY), $"{skips} ? 0f : 1f", op.DX, writer);
    }

    private static void Call(GraphEmitter graph, Value x, string from, string scale, Value y, SourceWriter writer)
    {
        ScaleKernel kernel = graph.Kernels.Need(new ScaleKernel(x.Width));
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(x)}, {from}, {scale}, {graph.At(y)});");
    }
}

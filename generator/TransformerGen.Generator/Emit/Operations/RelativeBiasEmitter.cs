using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class RelativeBiasEmitter
{
    public static void Emit(GraphEmitter graph, RelativeBias op, SourceWriter writer)
    {
        RelativeBiasKernel kernel = graph.Kernels.Need(Kernel(op, false));
        writer.Lines("// What each head adds to a score by the distance of key and query.");
        writer.Lines($"{kernel.ClassName}.Forward({graph.Weight(op.Table)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, RelativeBiasBackward op, SourceWriter writer)
    {
        RelativeBiasKernel kernel = graph.Kernels.Need(Kernel(op.Forward, true));
        writer.Lines("// d(table): what the distances of a bucket got.");
        writer.Lines($"{kernel.ClassName}.Backward({graph.At(op.DY)}, {graph.Gradient(op.Forward.Table)}, {graph.Adds(op.Forward.Table)});");
    }

    private static RelativeBiasKernel Kernel(RelativeBias op, bool isBackward) => new(op.Table.Columns, op.Reach, op.Buckets, isBackward);
}

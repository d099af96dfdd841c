using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class AddEmitter
{
    public static void Emit(GraphEmitter graph, Add op, SourceWriter writer) => Sum(graph, op.X, op.Sub, op.Dropout, op.Z, writer);

    public static void Emit(GraphEmitter graph, AddBackward op, SourceWriter writer) => Dropout(graph, op.DZ, op.Forward.Dropout!, op.DSub, writer);

    internal static void Sum(GraphEmitter graph, Value x, Value sub, DropoutSite? site, Value z, SourceWriter writer)
    {
        AddKernel kernel = graph.Kernels.Need(new AddKernel(x.Width, site is not null));
        writer.Lines($"// {z.Role} ← {x.Role} + {sub.Role}: the residual connection.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {(site is null ? graph.Count(x) : graph.Rows(x))}, {graph.At(x)}, {graph.At(sub)}, {EmbedEmitter.Dropout(graph, site)}{graph.At(z)});");
    }

    internal static void Dropout(GraphEmitter graph, Value x, DropoutSite site, Value y, SourceWriter writer)
    {
        DropoutKernel kernel = graph.Kernels.Need(new DropoutKernel(x.Width));
        writer.Lines("// d(dropout): the elements that were kept.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(x)}, {graph.At(x)}, {EmbedEmitter.Dropout(graph, site)}{graph.At(y)});");
    }
}

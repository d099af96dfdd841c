using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class AddEmitter
{
    public static void Emit(GraphEmitter graph, Add op, SourceWriter writer) => Sum(graph, op.X, op.Sub, op.Dropout, op.Scale, op.Z, writer);

    public static void Emit(GraphEmitter graph, AddBackward op, SourceWriter writer)
    {
        if (op.Forward.Dropout is { } site)
        {
            Dropout(graph, op.DZ, site, op.Forward.Scale, op.DSub, writer);
            return;
        }

        ScaleKernel kernel = graph.Kernels.Need(new ScaleKernel(op.DZ.Width));
        writer.Lines("// The gradient times the sublayer's factor.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DZ)}, {graph.At(op.DZ)}, {Literal.Of(op.Forward.Scale)}, {graph.At(op.DSub)});");
    }

    public static void Emit(GraphEmitter graph, Graph.Operations.Dropout op, SourceWriter writer)
    {
        DropoutKernel kernel = graph.Kernels.Need(new DropoutKernel(op.X.Width, HasScale: false));
        writer.Lines($"// {op.Y.Role} ← dropout({op.X.Role}).");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(op.X)}, {graph.At(op.X)}, {graph.Dropout(op.Site)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, DropoutBackward op, SourceWriter writer) => Dropout(graph, op.DY, op.Forward.Site, 1f, op.DX, writer);

    internal static void Sum(GraphEmitter graph, Value x, Value sub, DropoutSite? site, float scale, Value z, SourceWriter writer)
    {
        AddKernel kernel = graph.Kernels.Need(new AddKernel(x.Width, site is not null, scale != 1f));
        string factor = scale == 1f ? "" : Literal.Of(scale) + ", ";
        writer.Lines($"// {z.Role} ← {x.Role} + {(scale == 1f ? "" : $"{Literal.Of(scale)} · ")}{sub.Role}: the residual connection.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {(site is null ? graph.Count(x) : graph.Rows(x))}, {graph.At(x)}, {graph.At(sub)}, {EmbedEmitter.Dropout(graph, site)}{factor}{graph.At(z)});");
    }

    internal static void Dropout(GraphEmitter graph, Value x, DropoutSite site, float scale, Value y, SourceWriter writer)
    {
        DropoutKernel kernel = graph.Kernels.Need(new DropoutKernel(x.Width, scale != 1f));
        string factor = scale == 1f ? "" : Literal.Of(scale) + ", ";
        writer.Lines("// d(dropout): the elements that were kept.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(x)}, {graph.At(x)}, {graph.Dropout(site)}, {factor}{graph.At(y)});");
    }
}

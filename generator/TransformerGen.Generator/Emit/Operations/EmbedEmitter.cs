using System.Globalization;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class EmbedEmitter
{
    public static void Emit(GraphEmitter graph, Embed op, SourceWriter writer)
    {
        EmbedForwardKernel kernel = graph.Kernels.Need(
            new EmbedForwardKernel(op.Y.Width, op.Scale, op.Positions != PositionKind.None, op.Dropout is not null));
        string positions = op.Positions switch
        {
            PositionKind.None => "",
            PositionKind.Learned => graph.Weight(op.PositionTable!) + ", ",
            _ => "Positions.Table, ",
        };
        writer.Lines($"// One row of the table per token{(op.Scale == 1f ? "" : ", times √" + op.Y.Width.ToString(CultureInfo.InvariantCulture))}{(positions.Length > 0 ? ", plus its position" : "")}: [{op.Y.Width}].");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(op.Y)}, {graph.Weight(op.Table!)}, {positions}{Dropout(graph, op.Dropout)}{graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, EmbedBackward op, SourceWriter writer)
    {
        Embed forward = op.Forward;
        bool learned = forward.Positions == PositionKind.Learned;
        EmbedBackwardKernel kernel = graph.Kernels.Need(new EmbedBackwardKernel(forward.Y.Width, forward.Scale, learned, forward.Dropout is not null));
        writer.Lines("// d(embedding): every row's gradient is added to its token's row of the table.");
        foreach (Parameter table in op.ParameterGradients)
        {
            if (graph.IsFirst(table))
            {
                using (writer.Open($"if (!{graph.Accumulate})"))
                {
                    writer.Lines($"new Span<float>({graph.Gradient(table)}, {table.Floats}).Clear();");
                }

                writer.Blank();
            }
        }

        string positions = learned ? ", " + graph.Gradient(forward.PositionTable!) : "";
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(op.DY)}, {graph.At(op.DY)}, {Dropout(graph, forward.Dropout)}{graph.Gradient(forward.Table!)}{positions});");
    }

    /// <summary>The arguments of a kernel with dropout.</summary>
    internal static string Dropout(GraphEmitter graph, DropoutSite? site) => site is null ? "" : graph.Dropout(site) + ", ";
}

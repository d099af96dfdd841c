using System.Globalization;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class EmbedEmitter
{
    public static void Emit(GraphEmitter graph, Embed op, SourceWriter writer)
    {
        if (op.Table is null)
        {
            EmbedForwardKernel alone = graph.Kernels.Need(new EmbedForwardKernel(op.Y.Width, 1f, false, false, false) { ByPosition = true });
            writer.Lines($"// One row of the table per position: [{op.Y.Width}].");
            writer.Lines($"{alone.ClassName}.{alone.MethodName}({graph.Team}, {graph.Rows(op.Y)}, {graph.Weight(op.PositionTable!)}{Offset(op)}, {graph.At(op.Y)});");
            return;
        }

        EmbedForwardKernel kernel = graph.Kernels.Need(
            new EmbedForwardKernel(op.Y.Width, op.Scale, op.Positions != PositionKind.None, op.TypeTable is not null, op.Dropout is not null));
        string positions = op.Positions switch
        {
            PositionKind.None => "",
            PositionKind.Learned => graph.Weight(op.PositionTable!) + Offset(op) + ", ",
            _ => "Positions.Table" + Offset(op) + ", ",
        };
        string types = op.TypeTable is null ? "" : graph.Weight(op.TypeTable) + ", ";
        writer.Lines(
            $"// One row of the table per token{(op.Scale == 1f ? "" : op.Scale == (float)System.Math.Sqrt(op.Y.Width) ? ", times √" + op.Y.Width.ToString(CultureInfo.InvariantCulture) : ", times " + Literal.Of(op.Scale))}"
            + $"{(positions.Length > 0 ? ", plus its position" : "")}{(types.Length > 0 ? ", plus its type" : "")}: [{op.Y.Width}].");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(op.Y)}, {graph.Weight(op.Table)}, {positions}{types}{Dropout(graph, op.Dropout)}{graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, EmbedBackward op, SourceWriter writer)
    {
        Embed forward = op.Forward;
        bool learned = forward.Positions == PositionKind.Learned;
        writer.Lines("// d(embedding): every row's gradient is added to its token's row of the table.");
        using SourceWriter.Block asked = writer.Open($"if ({GraphEmitter.Trains([.. op.ParameterGradients])})");
        foreach (Parameter table in op.ParameterGradients)
        {
            if (graph.IsFirst(table))
            {
                using (writer.Open($"if (!{graph.Accumulate})"))
                {
                    writer.Lines($"Zeros.Fill({graph.Team}, {graph.Gradient(table)}, {table.Floats});");
                }

                writer.Blank();
            }
        }

        if (forward.Table is null)
        {
            EmbedBackwardKernel alone = graph.Kernels.Need(new EmbedBackwardKernel(forward.Y.Width, 1f, false, false, false, -1) { ByPosition = true });
            writer.Lines($"{alone.ClassName}.{alone.MethodName}({graph.Team}, {graph.Rows(op.DY)}, {graph.At(op.DY)}, {graph.Gradient(forward.PositionTable!)}{Offset(forward)});");
            return;
        }

        EmbedBackwardKernel kernel = graph.Kernels.Need(
            new EmbedBackwardKernel(forward.Y.Width, forward.Scale, learned, forward.TypeTable is not null, forward.Dropout is not null, forward.PaddingRow) { SkipsPadding = forward.SkipsPadding });
        string positions = learned ? ", " + graph.Gradient(forward.PositionTable!) + Offset(forward) : "";
        string types = forward.TypeTable is null ? "" : ", " + graph.Gradient(forward.TypeTable);
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Rows(op.DY)}, {graph.At(op.DY)}, {Dropout(graph, forward.Dropout)}{graph.Gradient(forward.Table)}{positions}{types});");
    }

    /// <summary>The arguments of a kernel with dropout.</summary>
    internal static string Dropout(GraphEmitter graph, DropoutSite? site) => site is null ? "" : graph.Dropout(site) + ", ";

    // Row 0 of the positions is that of the offset.
    private static string Offset(Embed op) => op.PositionOffset == 0 ? "" : $" + {((long)op.PositionOffset * Padding.Of(op.Y.Width)).ToString(CultureInfo.InvariantCulture)}";
}

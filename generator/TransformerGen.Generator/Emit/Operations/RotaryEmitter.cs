using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class RotaryEmitter
{
    public static void Emit(GraphEmitter graph, Rotary op, SourceWriter writer)
    {
        writer.Lines($"// Rotary positions: pairs of columns of {op.X.Role} turn by position · frequency, in place.");
        Turn(graph, op, op.X, false, writer);
    }

    public static void Emit(GraphEmitter graph, RotaryBackward op, SourceWriter writer)
    {
        writer.Lines("// d(rotary): the gradient turns back.");
        Turn(graph, op.Forward, op.DY, true, writer);
    }

    private static void Turn(GraphEmitter graph, Rotary op, Value x, bool isBackward, SourceWriter writer)
    {
        RotaryTableKernel table = graph.Kernels.Need(new RotaryTableKernel(op.Spec, graph.Kernels.Number(op.Spec)));
        RotaryKernel kernel = graph.Kernels.Need(new RotaryKernel(x.Width, op.Spec.Kind, op.Spec.Dimensions, op.Ranges, op.HeadWidth, isBackward));
        string rows = graph.Rows(x);
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {rows}, {table.ClassName}.Table.Ensure({rows}.Reach), {graph.At(x)});");
    }
}

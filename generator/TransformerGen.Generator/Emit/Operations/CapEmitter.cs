using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

internal static class CapEmitter
{
    public static void Emit(GraphEmitter graph, Cap op, SourceWriter writer)
    {
        if (op.Limit == 0)
        {
            writer.Lines($"// {op.Y.Role} ← {Literal.Of(op.Scale)} · {op.X.Role}.");
            Scale(graph, op.X, op.Scale, op.Y, writer);
            return;
        }

        CapKernel kernel = graph.Kernels.Need(new CapKernel(op.X.Width));
        string scaled = op.Scale == 1f ? op.X.Role : $"{Literal.Of(op.Scale)} · {op.X.Role}";
        writer.Lines($"// {op.Y.Role} ← {Literal.Of(op.Limit)} · tanh({scaled} / {Literal.Of(op.Limit)}): no number is larger than the cap.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.X)}, {graph.At(op.X)}, {Literal.Of(op.Scale)}, {Literal.Of(op.Limit)}, {graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, CapBackward op, SourceWriter writer)
    {
        Cap forward = op.Forward;
        if (forward.Limit == 0)
        {
            writer.Lines("// The gradient times the factor.");
            Scale(graph, op.DY, forward.Scale, op.DX, writer);
            return;
        }

        CapBackwardKernel kernel = graph.Kernels.Need(new CapBackwardKernel(op.DY.Width));
        writer.Lines($"// d({forward.X.Role}): tanh' is computed again.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(forward.X)}, {Literal.Of(forward.Scale)}, {Literal.Of(forward.Limit)}, {graph.At(op.DX)});");
    }

    private static void Scale(GraphEmitter graph, Value x, float scale, Value y, SourceWriter writer)
    {
        ScaleKernel kernel = graph.Kernels.Need(new ScaleKernel(x.Width));
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(x)}, {graph.At(x)}, {Literal.Of(scale)}, {graph.At(y)});");
    }
}

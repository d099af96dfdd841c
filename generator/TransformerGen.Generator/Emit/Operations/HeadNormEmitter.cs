using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class HeadNormEmitter
{
    public static void Emit(GraphEmitter graph, HeadNorm op, SourceWriter writer)
    {
        HeadNormForwardKernel kernel = graph.Kernels.Need(new HeadNormForwardKernel(op.X.Width, Shapes(op), op.Statistics is not null));
        var arguments = new List<string> { graph.Count(op.X), graph.At(op.X) };
        foreach (HeadNormPart part in op.Parts)
        {
            arguments.Add(graph.Weight(part.Weight));
            if (part.Bias is { } shift)
            {
                arguments.Add(graph.Weight(shift));
            }
        }

        arguments.Add(graph.At(op.Y));
        if (op.Statistics is not null)
        {
            arguments.Add(graph.At(op.Statistics));
        }

        string parts = string.Join(", ", op.Parts.Select(part => $"{part.Groups} × {part.Size} columns from {part.First} on"));
        writer.Lines($"// {op.Y.Role} ← {op.X.Role} with its heads normalised: {parts}.");
        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {string.Join(", ", arguments)});");
    }

    public static void Emit(GraphEmitter graph, HeadNormBackward op, SourceWriter writer)
    {
        HeadNorm forward = op.Forward;
        HeadNormBackwardKernel kernel = graph.Kernels.Need(new HeadNormBackwardKernel(op.DY.Width, Shapes(forward)));
        string gains = string.Join(", ", forward.Parts.Select(part => graph.Weight(part.Weight)));
        writer.Lines("// d(norm of the heads); the other columns pass their gradient on.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(forward.X)}, {graph.At(forward.Statistics!)}, {gains}, {graph.At(op.DX)});");
    }

    public static void Emit(GraphEmitter graph, HeadNormBackwardWeights op, SourceWriter writer)
    {
        HeadNorm forward = op.Forward;
        EquatableList<HeadNormShape> shapes = Shapes(forward);
        writer.Lines("// d(gain) += Σ dy ⊙ x̂ over the rows, and over the heads that share it.");
        for (int i = 0; i < forward.Parts.Count; i++)
        {
            HeadNormPart part = forward.Parts[i];
            HeadNormWeightsKernel kernel = graph.Kernels.Need(new HeadNormWeightsKernel(op.DY.Width, shapes, i));
            string adds = graph.Adds(part.Weight), shift = "";
            if (part.Bias is { } bias)
            {
                graph.Adds(bias);
                shift = graph.Gradient(bias) + ", ";
            }

            writer.Lines(
                $"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(forward.X)}, {graph.At(forward.Statistics!)}, "
                + $"{graph.Gradient(part.Weight)}, {shift}{adds});");
        }
    }

    private static EquatableList<HeadNormShape> Shapes(HeadNorm op) => new(op.Parts.Select(HeadNormShape.Of));
}

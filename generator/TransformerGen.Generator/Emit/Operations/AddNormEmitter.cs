using System.Collections.Generic;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class AddNormEmitter
{
    public static void Emit(GraphEmitter graph, AddNorm op, SourceWriter writer)
    {
        if (op.Norm.Kind == NormKind.Batch)
        {
            EmitBatch(graph, op, writer);
            return;
        }

        RowNormForwardKernel kernel = graph.Kernels.Need(
            new RowNormForwardKernel(op.X.Width, RowNorm.Of(op.Norm), op.Sub is not null, op.Z is not null, op.Statistics is not null, op.Dropout is not null));
        writer.Lines(op.Sub is null ? $"// {op.Y.Role} ← norm({op.X.Role})." : $"// Add & norm: {op.Y.Role} ← norm({op.X.Role} + {op.Sub.Role}) (paper, section 3.1).");
        var arguments = new List<string> { RowsOrCount(graph, op.X, op.Dropout), graph.At(op.X) };
        if (op.Sub is not null)
        {
            arguments.Add(graph.At(op.Sub));
        }

        AddWeights(graph, arguments, op.Norm.Weight, op.Norm.Bias);

        AddDropout(graph, arguments, op.Dropout);
        if (op.Z is not null)
        {
            arguments.Add(graph.At(op.Z));
        }

        arguments.Add(graph.At(op.Y));
        if (op.Statistics is not null)
        {
            arguments.Add(graph.At(op.Statistics));
        }

        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {string.Join(", ", arguments)});");
    }

    public static void Emit(GraphEmitter graph, AddNormBackward op, SourceWriter writer)
    {
        AddNorm forward = op.Forward;
        string z = graph.At(forward.Normalised!), statistics = graph.At(forward.Statistics!);
        writer.Lines($"// d(norm): {(op.DZBeside is null ? "the sum" : "added to what reaches the sum beside the norm")}; a sum passes its gradient on to both sides.");
        if (forward.Norm.Kind == NormKind.Batch)
        {
            BatchNormBackwardKernel batch = graph.Kernels.Need(new BatchNormBackwardKernel(op.DY.Width, forward.Norm.Epsilon, op.DZBeside is not null));
            writer.Lines($"{batch.ClassName}.{batch.MethodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {z}, {statistics}, {graph.Weight(forward.Norm.Weight!)}, {graph.At(op.DZ)});");
            if (op.DSub is not null)
            {
                AddEmitter.Dropout(graph, op.DZ, forward.Dropout!, 1f, op.DSub, writer);
            }

            return;
        }

        RowNormBackwardKernel kernel = graph.Kernels.Need(
            new RowNormBackwardKernel(op.DY.Width, RowNorm.Of(forward.Norm), op.DZBeside is not null, forward.Dropout is not null));
        var arguments = new List<string> { RowsOrCount(graph, op.DY, forward.Dropout), graph.At(op.DY), z, statistics };
        AddWeights(graph, arguments, forward.Norm.Weight);
        AddDropout(graph, arguments, forward.Dropout);
        arguments.Add(graph.At(op.DZ));
        if (op.DSub is not null)
        {
            arguments.Add(graph.At(op.DSub));
        }

        writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {string.Join(", ", arguments)});");
    }

    public static void Emit(GraphEmitter graph, AddNormBackwardWeights op, SourceWriter writer)
    {
        AddNorm forward = op.Forward;
        Parameter gain = forward.Norm.Weight!;
        (string className, string methodName) = forward.Norm.Kind == NormKind.Batch
            ? Names(graph.Kernels.Need(new BatchNormBackwardWeightsKernel(op.DY.Width, forward.Norm.Epsilon)))
            : Names(graph.Kernels.Need(new RowNormBackwardWeightsKernel(op.DY.Width, RowNorm.Of(forward.Norm))));
        string adds = graph.Adds(gain);
        string shift = "";
        if (forward.Norm.Bias is { } bias)
        {
            graph.Adds(bias);
            shift = graph.Gradient(bias) + ", ";
        }

        writer.Lines(shift.Length > 0 ? "// d(gain) += Σ dy ⊙ x̂, d(shift) += Σ dy." : "// d(gain) += Σ dy ⊙ x̂.");
        writer.Lines(
            $"{className}.{methodName}({graph.Team}, {graph.Count(op.DY)}, {graph.At(op.DY)}, {graph.At(forward.Normalised!)}, {graph.At(forward.Statistics!)}, "
            + $"{graph.Gradient(gain)}, {shift}{adds});");
    }

    private static void EmitBatch(GraphEmitter graph, AddNorm op, SourceWriter writer)
    {
        Value z = op.X;
        if (op.Sub is not null)
        {
            z = op.Z!;
            AddEmitter.Sum(graph, op.X, op.Sub, op.Dropout, 1f, z, writer);
        }

        string running = $"{graph.Weight(op.Norm.RunningMean!)}, {graph.Weight(op.Norm.RunningVariance!)}";
        string parameters = $"{graph.Count(z)}, {graph.At(z)}, {graph.Weight(op.Norm.Weight!)}, {graph.Weight(op.Norm.Bias!)}, {running}, {graph.At(op.Y)}";
        if (op.Statistics is not null)
        {
            BatchNormForwardKernel kernel = graph.Kernels.Need(new BatchNormForwardKernel(z.Width, op.Norm.Epsilon));
            writer.Lines($"// {op.Y.Role} ← norm({z.Role}) with the statistics of this batch.");
            writer.Lines($"{kernel.ClassName}.{kernel.MethodName}({graph.Team}, {parameters}, {graph.At(op.Statistics)});");
            return;
        }

        BatchNormInferenceKernel inference = graph.Kernels.Need(new BatchNormInferenceKernel(z.Width, op.Norm.Epsilon));
        writer.Lines($"// {op.Y.Role} ← norm({z.Role}) with the running statistics.");
        writer.Lines($"{inference.ClassName}.{inference.MethodName}({graph.Team}, {parameters});");
    }

    private static (string, string) Names(RowNormBackwardWeightsKernel kernel) => (kernel.ClassName, kernel.MethodName);

    private static (string, string) Names(BatchNormBackwardWeightsKernel kernel) => (kernel.ClassName, kernel.MethodName);

    private static string RowsOrCount(GraphEmitter graph, Value value, DropoutSite? site) => site is null ? graph.Count(value) : graph.Rows(value);

    private static void AddWeights(GraphEmitter graph, List<string> arguments, params Parameter?[] parameters) =>
        arguments.AddRange(parameters.OfType<Parameter>().Select(graph.Weight));

    private static void AddDropout(GraphEmitter graph, List<string> arguments, DropoutSite? site)
    {
        if (site is not null)
        {
            arguments.Add(graph.Dropout(site));
        }
    }
}

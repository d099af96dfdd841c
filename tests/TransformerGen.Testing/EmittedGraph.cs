using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;

namespace TransformerGen.Testing;

/// <summary>The C# of a graph that belongs to no model: its stages, kernels and constants in one class, as a model's files hold them.</summary>
internal static class EmittedGraph
{
    /// <summary>What stands in front of all classes of a file.</summary>
    public const string Usings =
        """
        #nullable enable
        using System;
        using System.Collections.Generic;
        using System.Runtime.CompilerServices;
        using System.Runtime.Intrinsics;
        using TransformerGen.Kernels;
        using TransformerGen.Model;

        """;

    /// <summary>A static class with Forward(Workspace), Backward(Workspace) and Pack(ModelWeights, int, int).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="graph">Forward and, behind it, backward operations.</param>
    /// <param name="table">The graph's parameters.</param>
    /// <param name="share">Whether values share memory.</param>
    /// <param name="maxLength">Positions of a sinusoidal table.</param>
    /// <param name="plan">Where the values live.</param>
    public static string Source(string name, ModelGraph graph, ParameterTable table, bool share, int maxLength, out MemoryPlan plan)
    {
        var kernels = new KernelSet();
        plan = MemoryPlan.Of("Steps", graph, share);
        var emitter = new GraphEmitter(new PlannedGraph(graph, plan), kernels);
        var writer = new SourceWriter();
        using (writer.Open($"internal static unsafe class {name}"))
        {
            List<string> forward, backward;
            using (writer.Open("private static class Steps"))
            {
                emitter.EmitPlaces(writer);
                forward = emitter.EmitForward(writer);
                writer.Blank();
                backward = emitter.EmitBackward(writer);
            }

            Method(writer, "Forward(Workspace s)", [$"s.Prepare({emitter.Sizes()});", .. forward.Select(stage => $"Steps.{stage}(s);")]);
            Method(writer, "Backward(Workspace s)", backward.Select(stage => $"Steps.{stage}(s);"));
            Method(writer, "Pack(ModelWeights weights, int first, int end)", Packing(kernels, table));
            ParametersEmitter.Emit(writer, table);
            PositionsEmitter.Emit(writer, graph.Operations, maxLength);
            kernels.Emit(writer);
        }

        return writer.ToString();
    }

    private static void Method(SourceWriter writer, string signature, IEnumerable<string> statements)
    {
        using (writer.Open("public static void " + signature))
        {
            foreach (string statement in statements)
            {
                writer.Lines(statement);
            }
        }
    }

    private static IEnumerable<string> Packing(KernelSet kernels, ParameterTable table)
    {
        foreach ((Parameter weight, int offset) in table.Panels)
        {
            LinearPackKernel kernel = kernels.Need(new LinearPackKernel(weight.Columns, weight.Rows, Transposed: false));
            yield return $"{kernel.ClassName}.{kernel.MethodName}(weights.Values.Start + {weight.Offset}, weights.Panels.Start + {offset}, first - {weight.Offset}, end - {weight.Offset});";
        }

        foreach ((Parameter weight, int offset) in table.TransposedPanels)
        {
            LinearPackKernel kernel = kernels.Need(new LinearPackKernel(weight.Columns, weight.Rows, Transposed: true));
            yield return $"if (weights.TrainingPanels is {{ }} panels{offset})\n{{\n    {kernel.ClassName}.{kernel.MethodName}(weights.Values.Start + {weight.Offset}, panels{offset}.Start + {offset}, first - {weight.Offset}, end - {weight.Offset});\n}}";
        }
    }
}

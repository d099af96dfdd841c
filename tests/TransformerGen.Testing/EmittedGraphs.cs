using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Emit.Operations;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;

namespace TransformerGen.Testing;

/// <summary>
/// The C# of graphs that belong to no model: stages and constants in a class each, as a model's files hold them, and the kernels that they share around them.
/// </summary>
internal sealed class EmittedGraphs
{
    private const string Usings =
        """
        #nullable enable
        using System;
        using System.Collections.Generic;
        using System.Runtime.CompilerServices;
        using System.Runtime.Intrinsics;
        using TransformerGen.Kernels;
        using TransformerGen.Model;

        """;

    private readonly KernelSet _kernels = new();
    private readonly SourceWriter _graphs = new();

    /// <summary>The class around all graphs; that of a graph is nested in it.</summary>
    public const string ClassName = "Graphs";

    /// <summary>A file of everything that was added.</summary>
    public string Source
    {
        get
        {
            var writer = new SourceWriter();
            using (writer.Open($"internal static unsafe class {ClassName}"))
            {
                writer.Lines(_graphs.ToString());
                _kernels.Emit(writer);
            }

            return Usings + writer.ToString();
        }
    }

    /// <summary>Adds a static class with Forward(Workspace), Backward(Workspace) and Pack(ModelWeights, int, int).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="graph">Forward and, behind it, backward operations.</param>
    /// <param name="table">The graph's parameters.</param>
    /// <param name="share">Whether values share memory.</param>
    /// <param name="maxLength">Positions of a sinusoidal table.</param>
    /// <returns>Where the values live.</returns>
    public MemoryPlan Add(string name, ModelGraph graph, ParameterTable table, bool share, int maxLength)
    {
        MemoryPlan plan = MemoryPlan.Of("Steps", graph, share);
        var emitter = new GraphEmitter(new PlannedGraph(graph, plan), _kernels);
        SourceWriter writer = _graphs;
        using (writer.Open($"public static class {name}"))
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
            Method(writer, "Pack(ModelWeights weights, int first, int end)", Packing(table));
            ParametersEmitter.Emit(writer, table);
            PositionsEmitter.Emit(writer, graph.Operations, maxLength);
        }

        return plan;
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

    private IEnumerable<string> Packing(ParameterTable table)
    {
        foreach ((Parameter weight, int offset) in table.Panels)
        {
            foreach (string call in Packing(table, weight, offset, "weights.Panels.Start", transposed: false))
            {
                yield return call;
            }
        }

        foreach ((Parameter weight, int offset) in table.TransposedPanels)
        {
            foreach (string call in Packing(table, weight, offset, "training.Start", transposed: true))
            {
                yield return $"{{\n    if (weights.TrainingPanels is {{ }} training)\n    {{\n        {call}\n    }}\n}}";
            }
        }
    }

    private IEnumerable<string> Packing(ParameterTable table, Parameter weight, int offset, string panels, bool transposed)
    {
        int parts = table.PartsOf(weight), floats = weight.Floats / parts;
        LinearPackKernel kernel = _kernels.Need(new LinearPackKernel(weight.Columns, weight.Rows / parts, transposed));
        for (int part = 0; part < parts; part++)
        {
            int from = weight.Offset + (part * floats);
            yield return $"{kernel.ClassName}.{kernel.MethodName}(weights.Values.Start + {from}, {panels} + {offset + (part * ExpertEmitter.Panels(kernel))}, first - {from}, end - {from});";
        }
    }
}

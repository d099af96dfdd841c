using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Emit.Operations;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The methods that the runtime calls: one call per stage, nothing between.</summary>
internal static class StepsEmitter
{
    public static void EmitTraining(SourceWriter writer, ModelTarget target, GraphEmitter graph, List<string> forward, List<string> backward)
    {
        writer.Lines("/// <inheritdoc/>");
        using (writer.Open($"static unsafe double ITrainable<{target.ClassName}>.Forward(Workspace workspace)"))
        {
            writer.Lines($"workspace.Prepare({graph.Sizes()});");
            Calls(writer, graph, forward);
            Outputs(writer, graph);
            writer.Lines(graph.Outputs.TryGetValue(OutputNames.Losses, out Value? losses) ? $"return Losses.Sum(workspace.Labels.Count, {graph.AtWorkspace(losses)});" : "return 0;");
        }

        writer.Blank();
        writer.Lines("/// <inheritdoc/>");
        using (writer.Open($"static void ITrainable<{target.ClassName}>.Backward(Workspace workspace)"))
        {
            Calls(writer, graph, backward);
        }
    }

    public static void EmitInference(SourceWriter writer, ModelTarget target, GraphEmitter graph, string method, List<string> stages)
    {
        string contract = method == "Evaluate" ? "ICapturing" : "ITransformer";
        writer.Lines("/// <inheritdoc/>");
        using (writer.Open($"static unsafe void {contract}<{target.ClassName}>.{method}(Workspace workspace)"))
        {
            writer.Lines($"workspace.Prepare({graph.Sizes()});");
            if (method == "Evaluate")
            {
                writer.Lines("workspace.Capture.Clear();");
            }

            Calls(writer, graph, stages);
            Outputs(writer, graph);
        }

        if (method == "Evaluate")
        {
            writer.Blank();
            EmitCaptures(writer, target, graph);
        }
    }

    /// <summary>Packing, the loss of given logits, and an explanation for what this architecture lacks.</summary>
    public static void EmitShared(SourceWriter writer, ModelTarget target, CompiledModel model, KernelSet kernels)
    {
        ParameterTable parameters = model.Parameters;
        writer.Lines("/// <inheritdoc/>");
        using (writer.Open($"static unsafe void ITransformer<{target.ClassName}>.Pack(ModelWeights weights, int first, int limit)"))
        {
            writer.Lines("float* w = weights.Values.Start, panels = weights.Panels.Start;");
            foreach (KeyValuePair<Parameter, int> panel in parameters.Panels)
            {
                Pack(panel.Key, "Panel", "panels", transposed: false);
            }

            if (parameters.TransposedPanels.Count > 0)
            {
                using (writer.Open("if (weights.TrainingPanels is { } training)"))
                {
                    writer.Lines("float* transposed = training.Start;");
                    foreach (KeyValuePair<Parameter, int> panel in parameters.TransposedPanels)
                    {
                        Pack(panel.Key, "TransposedPanel", "transposed", transposed: true);
                    }
                }
            }
        }

        void Pack(Parameter weight, string place, string panels, bool transposed)
        {
            int parts = parameters.PartsOf(weight);
            LinearPackKernel kernel = kernels.Need(new LinearPackKernel(weight.Columns, weight.Rows / parts, transposed));
            if (parts > 1)
            {
                int floats = weight.Rows / parts * weight.Stride;
                using (writer.Open($"for (int expert = 0; expert < {parts}; expert++)"))
                {
                    writer.Lines($"int from = Weight.{weight.Name} + (expert * {floats});");
                    writer.Lines($"{kernel.ClassName}.{kernel.MethodName}(w + from, {panels} + {place}.{weight.Name} + (expert * {ExpertEmitter.Panels(kernel)}), first - from, limit - from);");
                }

                return;
            }

            writer.Lines($"{kernel.ClassName}.{kernel.MethodName}(w + Weight.{weight.Name}, {panels} + {place}.{weight.Name}, first - Weight.{weight.Name}, limit - Weight.{weight.Name});");
        }

        writer.Blank();
        writer.Lines("/// <inheritdoc/>");
        if (model.Spec.Head.Kind == HeadKind.Hidden)
        {
            writer.Lines(
                $"static double ITransformer<{target.ClassName}>.Loss(Workspace workspace) =>\n"
                + $"    throw new InvalidOperationException(\"{target.ClassName.TrimStart('@')} gives hidden states and has no loss of its own: the loss is the caller's.\");");
        }
        else
        {
            using (writer.Open($"static unsafe double ITransformer<{target.ClassName}>.Loss(Workspace workspace)"))
            {
                writer.Lines(
                    $$"""
                    float* losses = workspace.LabelLosses();
                    {{Loss(model.Spec, kernels)}}
                    return Losses.Sum(workspace.Labels.Count, losses);
                    """);
            }
        }

        foreach ((PlannedGraph? graph, string method, string part) in ((PlannedGraph?, string, string)[])[(model.Encoding, "Encode", "encoder"), (model.Decoding, "Decode", "decoder")])
        {
            if (graph is null)
            {
                writer.Blank();
                writer.Lines("/// <inheritdoc/>");
                writer.Lines(
                    $"static void ITransformer<{target.ClassName}>.{method}(Workspace workspace) =>\n"
                    + $"    throw new InvalidOperationException(\"{target.ClassName.TrimStart('@')} has no {part}: its architecture is the other half of the Transformer.\");");
            }
        }
    }

    /// <summary>The call that takes the losses of given logits.</summary>
    private static string Loss(ModelSpec spec, KernelSet kernels)
    {
        HeadSpec head = spec.Head;
        if (head.Kind == HeadKind.Span)
        {
            SpanLossKernel span = kernels.Need(new SpanLossKernel(Gradient: false));
            string rows = spec.Decoder is null ? "Source" : "Target";
            return $"{span.ClassName}.{span.MethodName}(workspace.{rows}.View, workspace.Labels.View, workspace.Logits, workspace.StartWeight, workspace.EndWeight, losses);";
        }

        if (head.Loss != LossKind.CrossEntropy)
        {
            TargetLossKernel target = kernels.Need(new TargetLossKernel(head.Classes, head.Loss, Gradient: false));
            return $"{target.ClassName}.{target.MethodName}(workspace.Labels.View, workspace.Logits, losses);";
        }

        CrossEntropyKernel loss = kernels.Need(new CrossEntropyKernel(head.Classes, Gradient: false));
        return $"{loss.ClassName}.{loss.MethodName}(workspace.Team, workspace.Labels.View, workspace.Logits, workspace.Smoothing, losses);";
    }

    /// <summary>Tells the caller where what the head says stands, and where gradients of it are expected.</summary>
    private static void Outputs(SourceWriter writer, GraphEmitter graph)
    {
        foreach (string name in (string[])[OutputNames.Logits, OutputNames.Hidden, OutputNames.Pooled])
        {
            foreach (string property in (string[])[name, OutputNames.Gradient(name)])
            {
                if (graph.Outputs.TryGetValue(property, out Value? value))
                {
                    writer.Lines($"workspace.{property} = {graph.AtWorkspace(value)};");
                }
            }
        }
    }

    private static void Calls(SourceWriter writer, GraphEmitter graph, List<string> stages)
    {
        foreach (string stage in stages)
        {
            writer.Lines($"{graph.Name}.{stage}(workspace);");
        }
    }

    private static void EmitCaptures(SourceWriter writer, ModelTarget target, GraphEmitter graph)
    {
        writer.Lines("/// <inheritdoc/>");
        writer.Lines($"static IReadOnlyList<CapturedState> ICapturing<{target.ClassName}>.States {{ get; }} =");
        writer.Lines("[");
        using (writer.Indent())
        {
            foreach (KeyValuePair<string, Value> state in graph.Outputs.Where(o => !OutputNames.IsOfHead(o.Key)))
            {
                writer.Lines($"new(\"{state.Key}\", {(state.Value.Rows == Symbol.SourceRows ? "true" : "false")}, {graph.Offset(state.Value)}, {state.Value.Width}),");
            }
        }

        writer.Lines("];");
        writer.Blank();
        writer.Lines("/// <inheritdoc/>");
        writer.Lines($"static IReadOnlyList<CapturedAttention> ICapturing<{target.ClassName}>.Attentions {{ get; }} =");
        writer.Lines("[");
        using (writer.Indent())
        {
            foreach (CaptureProbabilities capture in graph.Operations.OfType<CaptureProbabilities>())
            {
                Attention forward = capture.Forward;
                string Is(Value value) => value.Rows == Symbol.SourceRows ? "true" : "false";
                writer.Lines($"new(\"{forward.Y.Name.Replace("Context", "")}\", {forward.Settings.Heads}, {Is(forward.Q.Value)}, {Is(forward.K.Value)}),");
            }
        }

        writer.Lines("];");
    }
}

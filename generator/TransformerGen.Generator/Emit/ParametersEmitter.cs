using System;
using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Where every parameter stands in the flat buffers, and which tensors of the checkpoint it is made of.</summary>
internal static class ParametersEmitter
{
    public static void Emit(SourceWriter writer, ParameterTable parameters)
    {
        writer.Lines($"/// <summary>First float of every parameter in the row-major buffers (values, gradients, moments): {Literal.Prose(parameters.Floats)} floats.</summary>");
        Constants(writer, "Weight", parameters.All.Select(p => (p.Name, p.Offset, Describe(p))));
        writer.Blank();
        writer.Lines($"/// <summary>First float of every matrix in the packed panels for x·Wᵀ: {Literal.Prose(parameters.PanelFloats)} floats.</summary>");
        Constants(writer, "Panel", parameters.Panels.Select(p => (p.Key.Name, p.Value, $"[{p.Key.Rows}, {p.Key.Columns}]")));
        if (parameters.TransposedPanels.Count > 0)
        {
            writer.Blank();
            writer.Lines($"/// <summary>First float of every matrix in the packed panels for dy·W: {Literal.Prose(parameters.TransposedPanelFloats)} floats.</summary>");
            Constants(writer, "TransposedPanel", parameters.TransposedPanels.Select(p => (p.Key.Name, p.Value, $"[{p.Key.Rows}, {p.Key.Columns}]")));
        }
    }

    /// <summary>The list of ParameterInfo, one line per tensor of the checkpoint.</summary>
    public static void EmitTensors(SourceWriter writer, ModelSpec spec, ParameterTable parameters)
    {
        ILookup<string, string> aliases = spec.Aliases.ToLookup(a => a.Tensor, a => a.Alias);
        HashSet<string> head = HeadTensors.Of(spec);
        foreach (Parameter parameter in parameters.All)
        {
            int offset = parameter.Offset;
            foreach (Tensor tensor in parameter.Tensors)
            {
                string deviation = tensor.Initial == InitialValue.Normal ? ", Deviation: " + Literal.Of(tensor.Deviation) : "", buffer = tensor.IsBuffer ? ", IsBuffer: true" : "";
                string more = string.Join(", ", More(tensor, head.Contains(tensor.Name), parameters.IsProjection(parameter), [.. aliases[tensor.Name]]));
                writer.Lines(
                    $"new(\"{tensor.Name}\", {tensor.Rows}, {tensor.Columns}, {tensor.Rank}, {offset}, {parameter.Stride}, Initialization.{tensor.Initial}{deviation}{buffer})"
                    + (more.Length > 0 ? $" {{ {more} }}," : ","));
                offset += parameter.IsVector ? tensor.Columns : tensor.Rows * parameter.Stride;
            }
        }
    }

    private static IEnumerable<string> More(Tensor tensor, bool isHead, bool isProjection, string[] aliases)
    {
        if (!tensor.Layout.IsPlain)
        {
            yield return $"Layout = new TensorLayout {{ {string.Join(", ", Members(tensor.Layout))} }}";
        }

        if (isHead)
        {
            yield return "IsHead = true";
        }

        if (isProjection)
        {
            yield return "IsProjection = true";
        }

        if (tensor.MayBeAbsent)
        {
            yield return "MayBeAbsent = true";
        }

        if (aliases.Length > 0)
        {
            yield return $"Aliases = [{string.Join(", ", aliases.Select(a => $"\"{a}\""))}]";
        }
    }

    private static IEnumerable<string> Members(TensorLayout layout)
    {
        if (layout.Transposed)
        {
            yield return "Transposed = true";
        }

        if (layout.Groups > 0)
        {
            yield return $"Groups = {layout.Groups}, Parts = [{string.Join(", ", layout.Parts)}]";
        }

        if (layout.Experts > 0)
        {
            yield return $"Experts = {layout.Experts}";
        }

        if (layout.IsRow)
        {
            yield return "IsRow = true";
        }
    }

    private static void Constants(SourceWriter writer, string className, IEnumerable<(string Name, int Offset, string Comment)> constants)
    {
        using (writer.Open($"private static class {className}"))
        {
            var lines = constants.Select(c => ($"public const int {c.Name} = {c.Offset};", c.Comment)).ToList();
            int width = lines.Count == 0 ? 0 : lines.Max(l => l.Item1.Length) + 1;
            foreach ((string text, string comment) in lines)
            {
                writer.Lines(text.PadRight(width) + "// " + comment);
            }
        }
    }

    private static string Describe(Parameter parameter)
    {
        string shape = parameter.IsVector ? $"[{parameter.Columns}]" : $"[{parameter.Rows}, {parameter.Columns}]";
        string first = parameter.Tensors[0].Name;
        string others = string.Concat(parameter.Tensors.Skip(1).Select(t => ", " + t.Name.Substring(CommonPrefix(first, t.Name))));
        return $"{shape} {first}{others}";
    }

    private static int CommonPrefix(string left, string right)
    {
        int i = 0;
        while (i < left.Length && i < right.Length && left[i] == right[i])
        {
            i++;
        }

        return Math.Max(0, left.LastIndexOf('.', Math.Max(0, i - 1)) + 1);
    }
}

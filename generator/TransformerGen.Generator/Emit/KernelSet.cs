using System;
using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>The kernels that a model calls: registered when first needed, with what they need; written once, sorted.</summary>
internal sealed class KernelSet
{
    private readonly HashSet<Kernel> _kernels = [];
    private readonly Dictionary<object, int> _numbers = [];

    /// <summary>Asks for a kernel and gives it back, so that a call site can use its names.</summary>
    public TKernel Need<TKernel>(TKernel kernel)
        where TKernel : Kernel
    {
        if (_kernels.Add(kernel))
        {
            foreach (Kernel needed in kernel.Needs)
            {
                Need(needed);
            }
        }

        return kernel;
    }

    /// <summary>1, 2 ... for things whose content a name cannot hold, in the order in which they were first asked for; equal things have one number.</summary>
    public int Number(object thing)
    {
        if (!_numbers.TryGetValue(thing, out int number))
        {
            _numbers.Add(thing, number = _numbers.Count + 1);
        }

        return number;
    }

    /// <summary>Writes all nested classes.</summary>
    public void Emit(SourceWriter writer)
    {
        bool first = true;
        foreach (IGrouping<string, Kernel> group in _kernels.GroupBy(k => k.ClassName).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (!first)
            {
                writer.Blank();
            }

            first = false;
            Kernel[] members = [.. group.OrderBy(k => k.MemberKey, StringComparer.Ordinal)];
            Documentation(writer, "summary", members[0].Summary);
            if (members[0].Remarks.Length > 0)
            {
                Documentation(writer, "remarks", members[0].Remarks);
            }

            using (writer.Open("private static unsafe class " + group.Key))
            {
                for (int i = 0; i < members.Length; i++)
                {
                    if (i > 0)
                    {
                        writer.Blank();
                    }

                    members[i].Emit(writer);
                }
            }
        }
    }

    private static void Documentation(SourceWriter writer, string tag, string text)
    {
        string[] lines = text.Split('\n');
        if (lines.Length == 1)
        {
            writer.Lines($"/// <{tag}>{text}</{tag}>");
            return;
        }

        writer.Lines($"/// <{tag}>");
        foreach (string line in lines)
        {
            writer.Lines("/// " + line);
        }

        writer.Lines($"/// </{tag}>");
    }
}

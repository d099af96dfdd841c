using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>Copies W into the panels that the products read.</summary>
/// <param name="In">Columns of W.</param>
/// <param name="Out">Rows of W.</param>
/// <param name="Transposed">For the gradient of the input, which reads W; the forward product reads Wᵀ.</param>
internal sealed record LinearPackKernel(int In, int Out, bool Transposed) : LinearKernel(In, Out)
{
    /// <summary>The method to call: (w, panels, first, end), the last two as floats behind w.</summary>
    public string MethodName => Transposed ? "PackTransposed" : "Pack";

    /// <summary>Floats that the panels take.</summary>
    public long Floats => Transposed ? (long)Out * PaddedIn : (long)In * PaddedOut;

    public override string MemberKey => $"4 {MethodName}";

    public override IEnumerable<Kernel> Needs => [Transposed ? new CopyPanelsKernel() : new TransposePanelsKernel()];

    public override void Emit(SourceWriter writer)
    {
        string content = Transposed
            ? $"W [{Out}, {In}] in panels of its columns, each [{Out}, width]: the right operand of dx = dy·W"
            : $"Wᵀ [{In}, {Out}] in panels of its columns, each [{In}, width]: the right operand of y = x·Wᵀ";
        writer.Lines($"/// <summary>{content}. Copies the rows that floats [first, end) of W touch, of {Floats} floats in all.</summary>");
        using (writer.Open($"public static void {MethodName}(float* w, float* panels, int first, int end)"))
        {
            writer.Lines(
                $$"""
                if (first >= {{Out * (long)PaddedIn}} || end <= 0)
                {
                    return;
                }

                var packing = new Tiles.Packing { Source = w, Panels = panels, Rows = {{Out}}, Columns = {{In}}, Stride = {{PaddedIn}} };
                packing.First = Math.Max(first, 0) / {{PaddedIn}};
                packing.End = (Math.Min(end, {{Out * (long)PaddedIn}}) + {{PaddedIn - 1}}) / {{PaddedIn}};
                """);
            string method = Transposed ? "CopyPanels" : "TransposePanels";
            for (int i = 0; i < LinearPanels.AllLanes.Count; i++)
            {
                Lanes lanes = LinearPanels.AllLanes[i];
                string header = (i == 0 ? "" : "else ") + (lanes.Condition is null ? "" : $"if ({lanes.Condition})");
                using (writer.Open(header.TrimEnd()))
                {
                    writer.Lines($"packing.Width = {LinearPanels.For(Transposed ? In : Out, lanes).Vectors * lanes.Count};");
                    writer.Lines($"Tiles.{method}<{lanes.Type}>(&packing);");
                }
            }
        }
    }
}

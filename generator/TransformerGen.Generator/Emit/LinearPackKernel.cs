using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>Copies W into the panels that the products read.</summary>
/// <param name="In">Columns of W.</param>
/// <param name="Out">Rows of W.</param>
/// <param name="Transposed">For the gradient of the input, which reads W; the forward product reads Wᵀ.</param>
internal sealed record LinearPackKernel(int In, int Out, bool Transposed) : LinearKernel(In, Out)
{
    /// <summary>The method to call: (Team, w, panels).</summary>
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
        writer.Lines($"/// <summary>{content}. {Floats} floats.</summary>");
        using (writer.Open($"public static void {MethodName}(Team team, float* w, float* panels)"))
        {
            writer.Lines($"var packing = new Tiles.Packing {{ Source = w, Panels = panels, Rows = {Out}, Columns = {In}, Stride = {PaddedIn} }};");
            string method = Transposed ? "CopyPanels" : "TransposePanels";
            LinearPanels.EmitByWidth(writer, lanes =>
            {
                int width = LinearPanels.For(Transposed ? In : Out, lanes).Vectors * lanes.Count;
                return $"Tiles.{method}<{lanes.Type}>(team, &packing, {width})";
            });
        }
    }
}

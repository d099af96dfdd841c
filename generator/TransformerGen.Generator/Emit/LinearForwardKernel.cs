using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Forward: y = activation(x·Wᵀ + b).</summary>
/// <param name="In">Width of x.</param>
/// <param name="Out">Width of y.</param>
/// <param name="Bias">Whether there is a b.</param>
/// <param name="Activation">Applied to the sums before they are stored.</param>
/// <param name="KeepInput">Whether the values before the activation are stored as well, for its gradient (ReLU's needs its output only).</param>
internal sealed record LinearForwardKernel(int In, int Out, bool Bias, ActivationKind Activation = ActivationKind.None, bool KeepInput = false) : LinearKernel(In, Out)
{
    /// <summary>The method to call: (Team, rows, x, panels, [bias,] [before,] y).</summary>
    public string MethodName => "Forward" + (Activation == ActivationKind.None ? "" : Activation.ToString()) + (Keeps ? "Keep" : "");

    /// <summary>Whether the method takes <c>before</c>.</summary>
    public bool Keeps => KeepInput && !Activations.IsInRegisters(Activation);

    public override string MemberKey => $"1 {MethodName} {Bias}";

    public override IEnumerable<Kernel> Needs => LinearPanels.Each(Out).Select(p => new ProductKernel(p));

    public override void Emit(SourceWriter writer)
    {
        string shape = MethodName + (Bias ? "WithBias" : "") + "Shape";
        string sum = Bias ? "x·Wᵀ + b" : "x·Wᵀ";
        string formula = Activations.Formula(Activation, sum);
        string? secondPass = Activations.IsInRegisters(Activation) ? null : Activations.Value(Activation, "v");
        if (secondPass is not null && Activations.MovesZero(Activation) && PaddedOut > Out)
        {
            secondPass = $"V.First({secondPass}, {Number(Out)} - column, V.Zero)";
        }

        EmitProductShape(writer, shape, In, PaddedIn, PaddedOut, bias: Bias, relu: Activation == ActivationKind.Relu, activation: secondPass);
        writer.Blank();
        writer.Lines($"/// <summary>y [rows, {Out}] = {formula}; x [rows, {In}], panels: W as <c>Pack</c> leaves it{(Bias ? $", bias [{Out}]" : "")}{(Keeps ? $", before [rows, {Out}] takes v" : "")}.</summary>");
        string parameters = "Team team, int rows, float* x, float* panels, " + (Bias ? "float* bias, " : "") + (Keeps ? "float* before, " : "") + "float* y";
        using (writer.Open($"public static void {MethodName}({parameters})"))
        {
            string optional = (Bias ? ", Extra = bias" : "") + (Keeps ? ", Before = before" : "");
            writer.Lines($"var product = new Tiles.Product {{ Rows = rows, Left = x, Right = panels, Result = y{optional} }};");
            LinearPanels.EmitByWidth(writer, lanes => $"Tiles.{new ProductKernel(LinearPanels.For(Out, lanes)).MethodName}<{lanes.Type}, {shape}>(team, &product)");
        }
    }
}

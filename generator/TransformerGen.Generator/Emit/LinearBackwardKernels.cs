using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>Gradient of the input: dx = dy·W, stored, added, or through the ReLU whose output x is.</summary>
/// <param name="In">Width of dx.</param>
/// <param name="Out">Width of dy.</param>
/// <param name="Add">Whether to add to dx.</param>
/// <param name="Relu">Whether x is the output of a ReLU: dx becomes the gradient of the ReLU's input.</param>
internal sealed record LinearBackwardInputKernel(int In, int Out, bool Add = false, bool Relu = false) : LinearKernel(In, Out)
{
    /// <summary>The method to call: (Team, rows, dy, transposedPanels, [y,] dx).</summary>
    public string MethodName => "BackwardInput" + (Relu ? "Relu" : "") + (Add ? "Add" : "");

    public override string MemberKey => $"2 {MethodName}";

    public override IEnumerable<Kernel> Needs => LinearPanels.Each(In).Select(p => new ProductKernel(p));

    public override void Emit(SourceWriter writer)
    {
        EmitProductShape(writer, MethodName + "Shape", Out, PaddedOut, PaddedIn, mask: Relu, add: Add);
        writer.Blank();
        string mask = Relu ? ", 0 where the ReLU's output y is 0" : "";
        string kept = Relu ? $", y [rows, {In}]" : "";
        writer.Lines($"/// <summary>dx [rows, {In}] {(Add ? "+=" : "=")} dy·W{mask}; dy [rows, {Out}]{kept}, panels: W as <c>PackTransposed</c> leaves it.</summary>");
        using (writer.Open($"public static void {MethodName}(Team team, int rows, float* dy, float* panels, {(Relu ? "float* y, " : "")}float* dx)"))
        {
            writer.Lines($"var product = new Tiles.Product {{ Rows = rows, Left = dy, Right = panels, Result = dx{(Relu ? ", Extra = y" : "")} }};");
            LinearPanels.EmitByWidth(writer, lanes => $"Tiles.{new ProductKernel(LinearPanels.For(In, lanes)).MethodName}<{lanes.Type}, {MethodName}Shape>(team, &product)");
        }
    }
}

/// <summary>Gradients of the parameters: dW = dyᵀ·x, db = Σ dy.</summary>
/// <param name="In">Width of x.</param>
/// <param name="Out">Width of dy.</param>
/// <param name="Bias">Whether there is a b.</param>
internal sealed record LinearBackwardWeightsKernel(int In, int Out, bool Bias) : LinearKernel(In, Out)
{
    /// <summary>Columns of dy that the tiles read side by side: Tiles.GradientRows.</summary>
    private const int BlockColumns = 48;

    /// <summary>The method to call: (Team, rows, x, dy, dW, [db,] add).</summary>
    public string MethodName { get; } = "BackwardWeights";

    public override string MemberKey => $"3 {MethodName} {Bias}";

    public override IEnumerable<Kernel> Needs => LinearPanels.Each(In).Select(p => new GradientKernel(p));

    public override void Emit(SourceWriter writer)
    {
        string shape = MethodName + (Bias ? "AndBias" : "") + "Shape";
        writer.Lines("/// <summary>The constants of the gradient below.</summary>");
        using (writer.Open($"private readonly struct {shape} : Tiles.IGradient"))
        {
            Constant(writer, "int", "Outputs", Number(Out));
            writer.Blank();
            Constant(writer, "int", "OutputStride", Number(PaddedOut));
            writer.Blank();
            EmitTileShape(writer, 1, BlockColumns, PaddedIn);
        }

        writer.Blank();
        writer.Lines($"/// <summary>dW [{Out}, {In}] = dyᵀ·x{(Bias ? $", db [{Out}] = Σ dy" : "")}; x [rows, {In}], dy [rows, {Out}]; with <paramref name=\"add\"/> the sums go on from what the gradients hold.</summary>");
        using (writer.Open($"public static void {MethodName}(Team team, int rows, float* x, float* dy, float* dW, {(Bias ? "float* db, " : "")}bool add)"))
        {
            writer.Lines($"var gradient = new Tiles.Gradient {{ Rows = rows, Add = add, Input = x, Output = dy, Weights = dW{(Bias ? ", Bias = db" : "")} }};");
            LinearPanels.EmitByWidth(writer, lanes => $"Tiles.{new GradientKernel(LinearPanels.For(In, lanes)).MethodName}<{lanes.Type}, {shape}>(team, &gradient)");
        }
    }
}

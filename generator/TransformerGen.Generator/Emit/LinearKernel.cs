namespace TransformerGen.Generator.Emit;

/// <summary>Members of the nested class of one linear layer, y = x·Wᵀ + b with W [outputs, inputs].</summary>
/// <param name="In">Width of x.</param>
/// <param name="Out">Width of y.</param>
internal abstract record LinearKernel(int In, int Out) : Kernel
{
    public override string ClassName => $"Linear{In}To{Out}";

    public override string Summary => $"y [rows, {Out}] = x [rows, {In}] · Wᵀ (+ b), W [{Out}, {In}], with its gradients. Row strides: x {PaddedIn}, y {PaddedOut}, W {PaddedIn}.";

    public override string Remarks
    {
        get
        {
            LinearPanels panels = LinearPanels.For(Out, LinearPanels.AllLanes[0]);
            string last = panels.Last == panels.Vectors ? "which divide the columns evenly" : $"the last of {panels.Last}";
            return $"With 512-bit vectors Wᵀ is packed in panels of {panels.Vectors} vectors, {last}; tiles have {panels.Rows} rows, with 256 and 128 bits 6 rows × 2 vectors.";
        }
    }

    /// <summary>Row stride of x, of W and of dW.</summary>
    protected int PaddedIn => LinearPanels.Pad(In);

    /// <summary>Row stride of y.</summary>
    protected int PaddedOut => LinearPanels.Pad(Out);

    /// <summary>Writes the constants of a product against packed panels.</summary>
    /// <param name="activation">What a result v at a column becomes in a second pass; null for nothing.</param>
    protected static void EmitProductShape(
        SourceWriter writer, string name, int depth, int leftStride, int resultStride, bool bias = false, bool relu = false, string? activation = null, bool mask = false, bool add = false)
    {
        writer.Lines("/// <summary>The constants of the product below.</summary>");
        using (writer.Open($"private readonly struct {name} : Tiles.IProduct"))
        {
            Constant(writer, "int", "Depth", Number(depth));
            writer.Blank();
            Constant(writer, "bool", "Activates", Text(activation is not null));
            writer.Blank();
            if (activation is not null)
            {
                writer.Lines($"public static V Activation<V>(V v, int column)\n    where V : unmanaged, ILanes<V> => {activation};").Blank();
            }

            EmitTileShape(writer, leftStride, 1, resultStride, bias, relu, mask, add);
        }
    }

    /// <summary>Writes the constants that every use of the tiles has.</summary>
    protected static void EmitTileShape(
        SourceWriter writer, int leftStride, int leftStep, int resultStride, bool bias = false, bool relu = false, bool mask = false, bool add = false)
    {
        Constant(writer, "int", "LeftStride", Number(leftStride));
        writer.Blank();
        Constant(writer, "int", "LeftStep", Number(leftStep));
        writer.Blank();
        Constant(writer, "int", "ResultStride", Number(resultStride));
        writer.Blank();
        Constant(writer, "bool", "Bias", Text(bias));
        writer.Blank();
        Constant(writer, "bool", "Relu", Text(relu));
        writer.Blank();
        Constant(writer, "bool", "Mask", Text(mask));
        writer.Blank();
        Constant(writer, "bool", "Add", Text(add));
    }

    /// <summary>Writes one constant of a shape.</summary>
    protected static void Constant(SourceWriter writer, string type, string name, string value) => writer.Lines($"public static {type} {name} => {value};");

    /// <summary>A whole number as C#.</summary>
    protected static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}

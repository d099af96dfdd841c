using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Gated linear unit (Shazeer 2020): x holds the gate and, behind it, what it lets through. Width: that of x.</summary>
/// <param name="Inner">Width of y.</param>
internal abstract record GateKernel(int Inner, ActivationKind Activation) : RowsKernel(2 * Inner)
{
    /// <summary>Row stride of y.</summary>
    protected int InnerStride => Padding.Of(Inner);
}

/// <summary>y = activation(gate) ⊙ up.</summary>
internal sealed record GateForwardKernel(int Inner, ActivationKind Activation) : GateKernel(Inner, Activation)
{
    public override string MethodName => "Gate" + Activation;

    public override void Emit(SourceWriter writer)
    {
        // y's padding is its own, and zero: there up has no column.
        string loop = ColumnLoop.Of(Inner, lanes => $"V.Store({Activations.Value(Activation, lanes.Load("gate"))} * {lanes.Load("up")}, to + i);", padding: true);
        new TeamMethod(
            MethodName,
            $"y = {Activation}(x[:, :{Inner}]) ⊙ x[:, {Inner}:]. x [rows, {Width}], y [rows, {Inner}]",
            [("int", "rows"), ("float*", "x"), ("float*", "y")],
            "rows",
            Stride + InnerStride,
            $$"""
            for (int r = first; r < end; r++)
            {
                float* gate = x + ((long)r * {{Stride}}), up = gate + {{Inner}}, to = y + ((long)r * {{InnerStride}});
                {{loop.Indent(4)}}
            }
            """).Emit(writer);
    }
}

/// <summary>dgate = dy ⊙ up ⊙ activation'(gate), dup = dy ⊙ activation(gate); dx may stand in x's place.</summary>
internal sealed record GateBackwardKernel(int Inner, ActivationKind Activation) : GateKernel(Inner, Activation)
{
    public override string MethodName => "Gate" + Activation + "Backward";

    public override void Emit(SourceWriter writer)
    {
        string loop = ColumnLoop.Of(
            Inner,
            lanes =>
                $"""
                V g = {lanes.Load("gate")}, u = {lanes.Load("up")}, d = {lanes.Load("from")};
                {lanes.Store(Activations.TimesSlope(Activation, "d * u", "g"), "dGate")}
                {lanes.Store("d * " + Activations.Value(Activation, "g"), "dUp")}
                """);
        new TeamMethod(
            MethodName,
            $"dx = (dy ⊙ up ⊙ {Activation}'(gate), dy ⊙ {Activation}(gate)), x = (gate, up); dx may be x. dy [rows, {Inner}], dx [rows, {Width}]",
            [("int", "rows"), ("float*", "dy"), ("float*", "x"), ("float*", "dx")],
            "rows",
            (2 * Stride) + InnerStride,
            $$"""
            for (int r = first; r < end; r++)
            {
                float* gate = x + ((long)r * {{Stride}}), up = gate + {{Inner}}, from = dy + ((long)r * {{InnerStride}});
                float* dGate = dx + ((long)r * {{Stride}}), dUp = dGate + {{Inner}};
                {{loop.Indent(4)}}
            """ + (Width < Stride ? $"\n    new Span<float>(dGate + {Width}, {Stride - Width}).Clear();" : "") + "\n}").Emit(writer);
    }
}

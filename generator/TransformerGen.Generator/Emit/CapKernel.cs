namespace TransformerGen.Generator.Emit;

/// <summary>y = limit · tanh(scale · x / limit).</summary>
internal sealed record CapKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Cap";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y = limit · tanh(scale · x / limit). [rows, {Width}]",
        [("int", "rows"), ("float*", "x"), ("float", "scale"), ("float", "limit"), ("float*", "y")],
        "rows",
        4 * Stride,
        $$"""
        V inner = V.Create(scale / limit), outer = V.Create(limit);
        for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
        {
            V.Store(LaneMath.Tanh(V.Load(x + at) * inner) * outer, y + at);
        }
        """).Emit(writer);
}

/// <summary>dx = dy · scale · (1 - tanh²(scale · x / limit)).</summary>
internal sealed record CapBackwardKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "CapBackward";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"dx = dy · scale · (1 - tanh²(scale · x / limit)). [rows, {Width}]",
        [("int", "rows"), ("float*", "dy"), ("float*", "x"), ("float", "scale"), ("float", "limit"), ("float*", "dx")],
        "rows",
        4 * Stride,
        $$"""
        V inner = V.Create(scale / limit), factor = V.Create(scale);
        for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
        {
            V.Store(V.Load(dy + at) * factor * LaneMath.TanhSlope(V.Load(x + at) * inner), dx + at);
        }
        """).Emit(writer);
}

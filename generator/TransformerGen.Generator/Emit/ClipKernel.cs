namespace TransformerGen.Generator.Emit;

/// <summary>y = min(max(x, -limit), limit).</summary>
internal sealed record ClipKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Clip";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y = min(max(x, -limit), limit). [rows, {Width}]",
        [("int", "rows"), ("float*", "x"), ("float", "limit"), ("float*", "y")],
        "rows",
        Stride,
        $$"""
        V most = V.Create(limit), least = V.Create(-limit);
        for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
        {
            V.Store(V.Min(V.Max(V.Load(x + at), least), most), y + at);
        }
        """).Emit(writer);
}

/// <summary>dx = dy where x was not clipped.</summary>
internal sealed record ClipBackwardKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "ClipBackward";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"dx = dy where |x| is at most the limit, else 0. [rows, {Width}]",
        [("int", "rows"), ("float*", "dy"), ("float*", "x"), ("float", "limit"), ("float*", "dx")],
        "rows",
        Stride,
        $$"""
        V most = V.Create(limit);
        for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
        {
            V from = V.Load(x + at);
            V.Store(V.WhereGreater(V.Max(from, V.Zero - from), most, V.Zero, V.Load(dy + at)), dx + at);
        }
        """).Emit(writer);
}

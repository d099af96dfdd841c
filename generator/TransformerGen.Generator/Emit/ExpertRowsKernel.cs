using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>Rows to their copies among the experts' rows, and back.</summary>
internal abstract record ExpertRowsKernel(int Width, int PerToken) : Kernel
{
    public override string ClassName => $"ExpertRows{Width}x{PerToken}";

    public override string Summary => $"Rows of width {Width} and their {PerToken} copies, which are grouped by expert; places [rows, {PerToken}] tells where they stand.";

    protected int Stride => Padding.Of(Width);

    protected int ChoiceStride => Padding.Of(PerToken);

    protected void Method(SourceWriter writer, string name, string summary, (string Type, string Name)[] parameters, string body) => new TeamMethod(
        name,
        summary,
        [("int", "rows"), ("float*", "places"), .. parameters],
        "rows",
        (PerToken + 1) * Stride,
        $$"""
        for (int r = first; r < end; r++)
        {
            float* place = places + ((long)r * {{ChoiceStride}});
            {{body.Replace("\n", "\n    ")}}
        }
        """).Emit(writer);
}

internal sealed record DispatchKernel(int Width, int PerToken) : ExpertRowsKernel(Width, PerToken)
{
    public override string MemberKey => "1 dispatch";

    public override void Emit(SourceWriter writer) => Method(
        writer,
        "Dispatch",
        "y[place] = x for each of a row's places.",
        [("float*", "x"), ("float*", "y")],
        $$"""
        for (int c = 0; c < {{PerToken}}; c++)
        {
            new Span<float>(x + ((long)r * {{Stride}}), {{Stride}}).CopyTo(new Span<float>(y + ((long)place[c] * {{Stride}}), {{Stride}}));
        }
        """);
}

internal sealed record DispatchBackwardKernel(int Width, int PerToken) : ExpertRowsKernel(Width, PerToken)
{
    public override string MemberKey => "2 dispatch backward";

    public override void Emit(SourceWriter writer) => Method(
        writer,
        "DispatchBackward",
        "dx = Σ dy[place] over a row's places.",
        [("float*", "dy"), ("float*", "dx")],
        $$"""
        for (int i = 0; i < {{Stride}}; i += V.Count)
        {
            V sum = V.Load(dy + ((long)place[0] * {{Stride}}) + i);
            for (int c = 1; c < {{PerToken}}; c++)
            {
                sum += V.Load(dy + ((long)place[c] * {{Stride}}) + i);
            }

            V.Store(sum, dx + ((long)r * {{Stride}}) + i);
        }
        """);
}

internal sealed record CombineKernel(int Width, int PerToken) : ExpertRowsKernel(Width, PerToken)
{
    public override string MemberKey => "3 combine";

    public override void Emit(SourceWriter writer) => Method(
        writer,
        "Combine",
        "y = Σ weight · x[place] over a row's places.",
        [("float*", "weights"), ("float*", "x"), ("float*", "y")],
        $$"""
        float* weight = weights + ((long)r * {{ChoiceStride}});
        for (int i = 0; i < {{Stride}}; i += V.Count)
        {
            V sum = V.Zero;
            for (int c = 0; c < {{PerToken}}; c++)
            {
                sum = V.MultiplyAdd(V.Create(weight[c]), V.Load(x + ((long)place[c] * {{Stride}}) + i), sum);
            }

            V.Store(sum, y + ((long)r * {{Stride}}) + i);
        }
        """);
}

internal sealed record CombineBackwardKernel(int Width, int PerToken) : ExpertRowsKernel(Width, PerToken)
{
    public override string MemberKey => "4 combine backward";

    public override void Emit(SourceWriter writer) => Method(
        writer,
        "CombineBackward",
        "dx[place] = weight · dy and dweight = dy · x[place] for each of a row's places.",
        [("float*", "weights"), ("float*", "dy"), ("float*", "x"), ("float*", "dx"), ("float*", "dWeights")],
        $$"""
        float* weight = weights + ((long)r * {{ChoiceStride}}), dWeight = dWeights + ((long)r * {{ChoiceStride}}), from = dy + ((long)r * {{Stride}});
        new Span<float>(dWeight, {{ChoiceStride}}).Clear();
        for (int c = 0; c < {{PerToken}}; c++)
        {
            float* given = x + ((long)place[c] * {{Stride}}), to = dx + ((long)place[c] * {{Stride}});
            V w = V.Create(weight[c]), sum = V.Zero;
            for (int i = 0; i < {{Stride}}; i += V.Count)
            {
                V d = V.Load(from + i);
                V.Store(d * w, to + i);
                sum = V.MultiplyAdd(d, V.Load(given + i), sum);
            }

            dWeight[c] = V.Sum(sum);
        }
        """);
}

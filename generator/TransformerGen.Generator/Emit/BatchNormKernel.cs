using System.Collections.Generic;
using System.Globalization;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>Batch normalisation over all rows of the batch (Ioffe and Szegedy 2015): padding does not exist in packed rows, so it never counts.</summary>
internal abstract record BatchNormKernel(int Width, float Epsilon) : Kernel
{
    public override string ClassName => $"BatchNorm{Width}";

    public override string Summary => $"y[rows, {Width}] = norm(z): mean and deviation of each column over the rows of the batch, then gain and shift.";

    protected int Stride => Padding.Of(Width);

    protected string Chunks => (Stride / Padding.Floats).ToString(CultureInfo.InvariantCulture);
}

/// <summary>Training: statistics of the batch, which also move the running ones.</summary>
internal sealed record BatchNormForwardKernel(int Width, float Epsilon) : BatchNormKernel(Width, Epsilon)
{
    public override string MemberKey => "1 " + MethodName;

    public string MethodName => "ForwardKeep";

    public override void Emit(SourceWriter writer)
    {
        string body =
            $$"""
            float portion = 1f / Math.Max(rows, 1), unbiased = rows > 1 ? rows / (rows - 1f) : 1f;
            for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
            {
                V total = V.Zero, squares = V.Zero;
                for (int r = 0; r < rows; r++)
                {
                    total += V.Load(z + ((long)r * {{Stride}}) + i);
                }

                V mean = total * V.Create(portion);
                for (int r = 0; r < rows; r++)
                {
                    V d = V.Load(z + ((long)r * {{Stride}}) + i) - mean;
                    squares = V.MultiplyAdd(d, d, squares);
                }

                V variance = squares * V.Create(portion);
                V inverse = V.Create(1f) / V.Sqrt(variance + V.Create({{Literal.Of(Epsilon)}}));
                V.Store(mean, statistics + i);
                V.Store(inverse, statistics + {{Stride}} + i);

                // Running statistics: momentum 0.1, the variance unbiased (as torch.nn.BatchNorm1d).
                V move = V.Create(0.1f);
                V.Store(V.MultiplyAdd(mean - V.Load(runningMean + i), move, V.Load(runningMean + i)), runningMean + i);
                V.Store(V.MultiplyAdd((variance * V.Create(unbiased)) - V.Load(runningVariance + i), move, V.Load(runningVariance + i)), runningVariance + i);

                V scale = inverse * V.Load(gain + i), offset = V.Load(shift + i);
                for (int r = 0; r < rows; r++)
                {
                    V.Store(V.MultiplyAdd(V.Load(z + ((long)r * {{Stride}}) + i) - mean, scale, offset), y + ((long)r * {{Stride}}) + i);
                }
            }
            """;
        new TeamMethod(
            MethodName,
            "y = norm(z) with the statistics of this batch, which are kept for the gradient and move the running ones. Split by columns.",
            [
                ("int", "rows"), ("float*", "z"), ("float*", "gain"), ("float*", "shift"), ("float*", "runningMean"), ("float*", "runningVariance"), ("float*", "y"),
                ("float*", "statistics"),
            ],
            Chunks,
            Padding.Floats * 1024,
            body).Emit(writer);
    }
}

/// <summary>Inference: the running statistics.</summary>
internal sealed record BatchNormInferenceKernel(int Width, float Epsilon) : BatchNormKernel(Width, Epsilon)
{
    public override string MemberKey => "2 " + MethodName;

    public string MethodName => "Forward";

    public override void Emit(SourceWriter writer)
    {
        string body =
            $$"""
            for (int r = first; r < end; r++)
            {
                float* from = z + ((long)r * {{Stride}}), to = y + ((long)r * {{Stride}});
                for (int i = 0; i < {{Stride}}; i += V.Count)
                {
                    V scale = V.Load(gain + i) / V.Sqrt(V.Load(runningVariance + i) + V.Create({{Literal.Of(Epsilon)}}));
                    V.Store(V.MultiplyAdd(V.Load(from + i) - V.Load(runningMean + i), scale, V.Load(shift + i)), to + i);
                }
            }
            """;
        new TeamMethod(
            MethodName,
            "y = norm(z) with the running statistics.",
            [("int", "rows"), ("float*", "z"), ("float*", "gain"), ("float*", "shift"), ("float*", "runningMean"), ("float*", "runningVariance"), ("float*", "y")],
            "rows",
            4 * Stride,
            body).Emit(writer);
    }
}

internal sealed record BatchNormBackwardKernel(int Width, float Epsilon, bool HasBeside) : BatchNormKernel(Width, Epsilon)
{
    public override string MemberKey => "3 " + MethodName;

    public string MethodName => HasBeside ? "BackwardAdd" : "Backward";

    public override void Emit(SourceWriter writer)
    {
        string value = "V.MultiplyAdd(V.Zero - ((V.Load(z + at) - mean) * inverse), projection, V.Load(dy + at) - average) * scale";
        string body =
            $$"""
            float portion = 1f / Math.Max(rows, 1);
            for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
            {
                V mean = V.Load(statistics + i), inverse = V.Load(statistics + {{Stride}} + i), sum = V.Zero, product = V.Zero;
                for (int r = 0; r < rows; r++)
                {
                    long at = ((long)r * {{Stride}}) + i;
                    V d = V.Load(dy + at);
                    sum += d;
                    product = V.MultiplyAdd(d, (V.Load(z + at) - mean) * inverse, product);
                }

                // dz = gain / deviation · (dy - mean(dy) - x̂ · mean(dy ⊙ x̂)), means over the rows.
                V average = sum * V.Create(portion), projection = product * V.Create(portion), scale = inverse * V.Load(gain + i);
                for (int r = 0; r < rows; r++)
                {
                    long at = ((long)r * {{Stride}}) + i;
                    V.Store({{(HasBeside ? $"V.Load(dz + at) + ({value})" : value)}}, dz + at);
                }
            }
            """;
        new TeamMethod(
            MethodName,
            (HasBeside ? "dz += " : "dz = ") + "the gradient of z under the norm of its batch. Split by columns.",
            [("int", "rows"), ("float*", "dy"), ("float*", "z"), ("float*", "statistics"), ("float*", "gain"), ("float*", "dz")],
            Chunks,
            Padding.Floats * 1024,
            body).Emit(writer);
    }
}

internal sealed record BatchNormBackwardWeightsKernel(int Width, float Epsilon) : BatchNormKernel(Width, Epsilon)
{
    public override string MemberKey => "4 " + MethodName;

    public string MethodName => "BackwardWeights";

    public override void Emit(SourceWriter writer) => new NormWeightsMethod(
        MethodName,
        Stride,
        HasShift: true,
        PerColumns: $"mean = V.Load(statistics + i), inverse = V.Load(statistics + {Stride} + i), ",
        PerRow: "",
        Sum: $"V.MultiplyAdd(d, (V.Load(z + ((long)r * {Stride}) + i) - mean) * inverse, g)").Emit(writer);
}

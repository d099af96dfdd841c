using System.Collections.Generic;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>Residual sum and layer normalisation (Ba, Kiros, Hinton 2016) in one pass over each row, and its gradient.</summary>
internal abstract record LayerNormKernel(int Width, float Epsilon) : Kernel
{
    public override string ClassName => $"AddNorm{Width}";

    public override string Summary => $"y[rows, {Width}] = norm(x + sub): mean and deviation of each row over its {Width} columns, then gain and shift.";

    protected int Stride => Padding.Of(Width);

    /// <summary>Columns in whole blocks of 16; the rest needs a mask, since padding must neither count nor become anything but zero.</summary>
    protected int Whole => Width / Padding.Floats * Padding.Floats;

    protected bool HasTail => Whole < Stride;

    /// <summary>A loop over the columns, and the masked one behind it where the width is no multiple of 16.</summary>
    protected string Loop(string statement, string masked)
    {
        string loop =
            $$"""
            for (int i = 0; i < {{Whole}}; i += V.Count)
                {
                    {{statement}}
                }
            """;
        return HasTail
            ? loop + "\n\n" +
            $$"""
                for (int i = {{Whole}}; i < {{Stride}}; i += V.Count)
                {
                    {{masked}}
                }
            """
            : loop;
    }
}

internal sealed record LayerNormForwardKernel(int Width, float Epsilon, bool HasSub, bool KeepsSum, bool KeepsStatistics, bool HasDropout) : LayerNormKernel(Width, Epsilon)
{
    public override string MemberKey => "1 " + MethodName;

    public string MethodName => (HasSub ? "Forward" : "ForwardNorm") + (HasDropout ? "Dropout" : "") + (KeepsStatistics ? "Keep" : KeepsSum ? "KeepSum" : "");

    public override void Emit(SourceWriter writer)
    {
        // The sum stays in z where it is kept, else in y's own row until it is normalised there.
        string row = KeepsSum ? "z" : HasSub ? "y" : "x";
        string added = HasDropout ? "V.MultiplyAdd(V.Keep(V.Load(b + i), key, (uint)i, dropout.Threshold), kept, V.Load(a + i))" : "V.Load(a + i) + V.Load(b + i)";
        string sumLoop = HasSub
            ? $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      V both = {{added}};
                      V.Store(both, s + i);
                      total += both;
                  }
              """
            : $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      total += V.Load(s + i);
                  }
              """;
        string body =
            (HasDropout ? "V kept = V.Create(dropout.Scale);\n" : "")
            + $$"""
            for (int r = first; r < end; r++)
            {
                float* s = {{row}} + ((long)r * {{Stride}}), to = y + ((long)r * {{Stride}});
            """ + (HasSub ? $"\n    float* a = x + ((long)r * {Stride}), b = sub + ((long)r * {Stride});" : "")
            + (HasDropout ? "\n    uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);" : "")
            + $$"""

                V total = V.Zero;
                {{sumLoop}}

                float mean = V.Sum(total) * {{Literal.Of(1f / Width)}};
                V m = V.Create(mean), squares = V.Zero;
                {{Loop("V d = V.Load(s + i) - m;\n        squares = V.MultiplyAdd(d, d, squares);", $"V d = V.First(V.Load(s + i) - m, {Width} - i, V.Zero);\n        squares = V.MultiplyAdd(d, d, squares);")}}

                float inverse = 1f / MathF.Sqrt((V.Sum(squares) * {{Literal.Of(1f / Width)}}) + {{Literal.Of(Epsilon)}});
                V scale = V.Create(inverse);
                for (int i = 0; i < {{Stride}}; i += V.Count)
                {
                    V.Store(V.MultiplyAdd((V.Load(s + i) - m) * scale, V.Load(gain + i), V.Load(shift + i)), to + i);
                }
            """
            + (KeepsStatistics ? $"\n\n    statistics[(long)r * {Padding.Floats}] = mean;\n    statistics[((long)r * {Padding.Floats}) + 1] = inverse;" : "")
            + "\n}";
        List<(string, string)> parameters = [HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "x")];
        if (HasSub)
        {
            parameters.Add(("float*", "sub"));
        }

        parameters.Add(("float*", "gain"));
        parameters.Add(("float*", "shift"));
        if (HasDropout)
        {
            parameters.Add(("DropoutKey", "dropout"));
            parameters.Add(("int", "site"));
        }

        if (KeepsSum)
        {
            parameters.Add(("float*", "z"));
        }

        parameters.Add(("float*", "y"));
        if (KeepsStatistics)
        {
            parameters.Add(("float*", "statistics"));
        }

        string sum = HasSub ? HasDropout ? "x + dropout(sub)" : "x + sub" : "x";
        new TeamMethod(
            MethodName,
            $"y = norm({sum})." + (KeepsStatistics
                ? (KeepsSum ? " The sum z and mean" : " The mean") + " and 1/deviation of each row are kept for the gradient."
                : KeepsSum ? " The sum z goes on beside it." : ""),
            parameters,
            HasDropout ? "rows.Count" : "rows",
            4 * Stride,
            body).Emit(writer);
    }
}

internal sealed record LayerNormBackwardKernel(int Width, float Epsilon, bool HasBeside, bool HasDropout) : LayerNormKernel(Width, Epsilon)
{
    public override string MemberKey => "2 " + MethodName;

    public string MethodName => "Backward" + (HasBeside ? "Add" : "") + (HasDropout ? "Dropout" : "");

    public override void Emit(SourceWriter writer)
    {
        string dz = "(V.MultiplyAdd(V.Zero - ((V.Load(s + i) - m) * scale), projection, (V.Load(d + i) * V.Load(gain + i)) - average) * scale)";
        string value = HasBeside ? $"V.Load(to + i) + {dz}" : dz;
        string store = HasDropout
            ? "V.Store(dx, to + i);\n        V.Store(V.Keep(dx, key, (uint)i, dropout.Threshold) * kept, b + i);"
            : "V.Store(dx, to + i);";
        string body =
            (HasDropout ? "V kept = V.Create(dropout.Scale);\n" : "")
            + $$"""
            for (int r = first; r < end; r++)
            {
                float* s = z + ((long)r * {{Stride}}), d = dy + ((long)r * {{Stride}}), to = dz + ((long)r * {{Stride}});
            """ + (HasDropout ? $"\n    float* b = dSub + ((long)r * {Stride});\n    uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);" : "")
            + $$"""

                V m = V.Create(statistics[(long)r * {{Padding.Floats}}]), scale = V.Create(statistics[((long)r * {{Padding.Floats}}) + 1]);
                V sum = V.Zero, product = V.Zero;
                for (int i = 0; i < {{Stride}}; i += V.Count)
                {
                    V g = V.Load(d + i) * V.Load(gain + i);
                    sum += g;
                    product = V.MultiplyAdd(g, (V.Load(s + i) - m) * scale, product);
                }

                // dz = (g - mean(g) - x̂ · mean(g ⊙ x̂)) / deviation, with g = dy ⊙ gain.
                V average = V.Create(V.Sum(sum) * {{Literal.Of(1f / Width)}}), projection = V.Create(V.Sum(product) * {{Literal.Of(1f / Width)}});
                {{Loop($"V dx = {value};\n        {store}", $"V dx = V.First({value}, {Width} - i, V.Zero);\n        {store}")}}
            }
            """;
        List<(string, string)> parameters =
        [
            HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "dy"), ("float*", "z"), ("float*", "statistics"), ("float*", "gain"),
            .. HasDropout ? [("DropoutKey", "dropout"), ("int", "site")] : (IEnumerable<(string, string)>)[],
            ("float*", "dz"), .. HasDropout ? [("float*", "dSub")] : (IEnumerable<(string, string)>)[],
        ];
        new TeamMethod(
            MethodName,
            (HasBeside ? "dz += " : "dz = ") + "the gradient of the sum z under its norm." + (HasDropout ? " dSub = dropout(dz), with the mask of the forward pass." : ""),
            parameters,
            HasDropout ? "rows.Count" : "rows",
            4 * Stride,
            body).Emit(writer);
    }
}

internal sealed record LayerNormBackwardWeightsKernel(int Width, float Epsilon) : LayerNormKernel(Width, Epsilon)
{
    public override string MemberKey => "3 BackwardWeights";

    public string MethodName => "BackwardWeights";

    public override void Emit(SourceWriter writer)
    {
        string body =
            $$"""
            for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
            {
                V g = V.Zero, b = V.Zero;
                for (int r = 0; r < rows; r++)
                {
                    V d = V.Load(dy + ((long)r * {{Stride}}) + i), m = V.Create(statistics[(long)r * {{Padding.Floats}}]);
                    g = V.MultiplyAdd(d * (V.Load(z + ((long)r * {{Stride}}) + i) - m), V.Create(statistics[((long)r * {{Padding.Floats}}) + 1]), g);
                    b += d;
                }

                V.Store(add ? V.Load(dGain + i) + g : g, dGain + i);
                V.Store(add ? V.Load(dShift + i) + b : b, dShift + i);
            }
            """;
        new TeamMethod(
            MethodName,
            "dGain (+)= Σ dy ⊙ x̂, dShift (+)= Σ dy over the rows, in their order; split by columns.",
            [("int", "rows"), ("float*", "dy"), ("float*", "z"), ("float*", "statistics"), ("float*", "dGain"), ("float*", "dShift"), ("bool", "add")],
            (Stride / Padding.Floats).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Padding.Floats * 512,
            body).Emit(writer);
    }
}

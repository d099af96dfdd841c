using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>What a norm over the columns of a row computes.</summary>
/// <param name="Kind">Layer, or Rms, which subtracts no mean.</param>
/// <param name="Epsilon">Added to the variance or the mean square.</param>
/// <param name="UnitOffset">The gain is 1 + weight.</param>
/// <param name="HasShift">Whether something is added behind the gain.</param>
/// <param name="HasGain">Whether x̂ is multiplied with anything.</param>
internal sealed record RowNorm(NormKind Kind, float Epsilon, bool UnitOffset, bool HasShift, bool HasGain = true)
{
    private const float UsualEpsilon = 1e-5f;

    public static RowNorm Of(NormParameters norm) => new(norm.Kind, norm.Epsilon, norm.UnitOffset, norm.Bias is not null, norm.Weight is not null);

    public bool IsRms => Kind == NormKind.Rms;

    /// <summary>Where x is zero y is, too: layer norm takes the mean away, and only a gain of zero in the padding makes zero of that.</summary>
    public bool KeepsZero => IsRms || (HasGain && !UnitOffset);

    /// <summary>What tells it from the other norms of a class's name: nothing for layer norm with a shift and ε = 1e-5.</summary>
    public string Suffix
    {
        get
        {
            string kind = IsRms ? HasShift ? "RmsShift" : "Rms" : HasShift ? "" : "Unshifted";
            string epsilon = Epsilon == UsualEpsilon ? "" : "E" + string.Concat(Epsilon.ToString("R", CultureInfo.InvariantCulture).Where(char.IsLetterOrDigit));
            return kind + (UnitOffset ? "Unit" : "") + (HasGain ? "" : "Ungained") + epsilon;
        }
    }

    /// <summary>An expression times the gain.</summary>
    public string Scaled(string value, string weight) => HasGain ? $"{value} * {Gain(weight)}" : value;

    /// <summary>x̂ ⊙ gain (+ shift).</summary>
    public string Output(string normalised, string weight, string shift) => HasShift ? $"V.MultiplyAdd({normalised}, {Gain(weight)}, {shift})" : Scaled(normalised, weight);

    private string Gain(string weight) => UnitOffset ? $"({weight} + V.Create(1f))" : weight;
}

/// <summary>
/// Residual sum and layer normalisation (Ba, Kiros, Hinton 2016) or RMS normalisation (Zhang, Sennrich 2019) in one pass over each row, and its gradient.
/// </summary>
internal abstract record RowNormKernel(int Width, RowNorm Norm) : Kernel
{
    public override string ClassName => $"AddNorm{Width}{Norm.Suffix}";

    public override string Summary => $"y[rows, {Width}] = norm(x + sub): "
        + (Norm.IsRms ? $"the root of the mean square of each row over its {Width} columns" : $"mean and deviation of each row over its {Width} columns")
        + (Norm.HasGain ? ", then gain" : "") + (Norm.UnitOffset ? " 1 + weight" : "") + (Norm.HasShift ? " and shift." : ".");

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

internal sealed record RowNormForwardKernel(int Width, RowNorm Norm, bool HasSub, bool KeepsSum, bool KeepsStatistics, bool HasDropout) : RowNormKernel(Width, Norm)
{
    public override string MemberKey => "1 " + MethodName;

    public string MethodName => (HasSub ? "Forward" : "ForwardNorm") + (HasDropout ? "Dropout" : "") + (KeepsStatistics ? "Keep" : KeepsSum ? "KeepSum" : "");

    public override void Emit(SourceWriter writer)
    {
        // The sum stays in z where it is kept, else in y's own row until it is normalised there.
        string row = KeepsSum ? "z" : HasSub ? "y" : "x";
        string added = HasDropout ? "V.MultiplyAdd(V.Keep(V.Load(b + i), key, (uint)i, dropout.Threshold), kept, V.Load(a + i))" : "V.Load(a + i) + V.Load(b + i)";
        string count = Norm.IsRms ? "squares = V.MultiplyAdd(both, both, squares);" : "total += both;";
        string sumLoop = HasSub
            ? $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      V both = {{added}};
                      V.Store(both, s + i);
                      {{count}}
                  }
              """
            : $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      {{(Norm.IsRms ? "squares = V.MultiplyAdd(V.Load(s + i), V.Load(s + i), squares);" : "total += V.Load(s + i);")}}
                  }
              """;
        string portion = Literal.Of(1f / Width), epsilon = Literal.Of(Norm.Epsilon), normalised = Norm.IsRms ? "V.Load(s + i) * scale" : "(V.Load(s + i) - m) * scale";
        string inverse =
            $$"""
            float inverse = 1f / MathF.Sqrt((V.Sum(squares) * {{portion}}) + {{epsilon}});
                V scale = V.Create(inverse);
            """;
        string deviation = Norm.IsRms
            ? $$"""
              V squares = V.Zero;
                  {{sumLoop}}

                  {{inverse}}
              """
            : $$"""
              V total = V.Zero;
                  {{sumLoop}}

                  float mean = V.Sum(total) * {{portion}};
                  V m = V.Create(mean), squares = V.Zero;
                  {{Loop("V d = V.Load(s + i) - m;\n        squares = V.MultiplyAdd(d, d, squares);", $"V d = V.First(V.Load(s + i) - m, {Width} - i, V.Zero);\n        squares = V.MultiplyAdd(d, d, squares);")}}

                  {{inverse}}
              """;
        string result = Norm.Output($"({normalised})", "V.Load(gain + i)", "V.Load(shift + i)");

        // Padding: gain and shift are zero there, but a gain of 1 + 0 or none is not, nor is 0 - mean.
        string masked = $"V.First({result}, {Width} - i, V.Zero)";
        string store = !Norm.KeepsZero && HasTail
            ? Loop($"V.Store({result}, to + i);", $"V.Store({masked}, to + i);")
            : $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      V.Store({{result}}, to + i);
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

                {{deviation}}
                {{store}}
            """
            + (KeepsStatistics ? $"\n\n    statistics[(long)r * {Padding.Floats}] = {(Norm.IsRms ? "0f" : "mean")};\n    statistics[((long)r * {Padding.Floats}) + 1] = inverse;" : "")
            + "\n}";
        List<(string, string)> parameters = [HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "x")];
        if (HasSub)
        {
            parameters.Add(("float*", "sub"));
        }

        if (Norm.HasGain)
        {
            parameters.Add(("float*", "gain"));
        }

        if (Norm.HasShift)
        {
            parameters.Add(("float*", "shift"));
        }

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
                ? (KeepsSum ? " The sum z and" : " The") + (Norm.IsRms ? " 1/root of each row are kept for the gradient." : " mean" + " and 1/deviation of each row are kept for the gradient.")
                : KeepsSum ? " The sum z goes on beside it." : ""),
            parameters,
            HasDropout ? "rows.Count" : "rows",
            4 * Stride,
            body).Emit(writer);
    }
}

internal sealed record RowNormBackwardKernel(int Width, RowNorm Norm, bool HasBeside, bool HasDropout) : RowNormKernel(Width, Norm)
{
    public override string MemberKey => "2 " + MethodName;

    public string MethodName => "Backward" + (HasBeside ? "Add" : "") + (HasDropout ? "Dropout" : "");

    public override void Emit(SourceWriter writer)
    {
        string normalised = Norm.IsRms ? "(V.Load(s + i) * scale)" : "((V.Load(s + i) - m) * scale)", g = Norm.Scaled("V.Load(d + i)", "V.Load(gain + i)");
        string dz = $"(V.MultiplyAdd(V.Zero - {normalised}, projection, {(Norm.IsRms ? g : $"({g}) - average")}) * scale)";
        string value = HasBeside ? $"V.Load(to + i) + {dz}" : dz;
        string store = HasDropout
            ? "V.Store(dx, to + i);\n        V.Store(V.Keep(dx, key, (uint)i, dropout.Threshold) * kept, b + i);"
            : "V.Store(dx, to + i);";
        string mean = Norm.IsRms ? "" : $"m = V.Create(statistics[(long)r * {Padding.Floats}]), ";
        string average = Norm.IsRms ? "" : $"average = V.Create(V.Sum(sum) * {Literal.Of(1f / Width)}), ";
        string projected = Norm.IsRms ? "V.Load(s + i) * scale" : "(V.Load(s + i) - m) * scale";

        // In the padding all of RMS norm's terms are zero.
        string last = Norm.IsRms
            ? $$"""
              for (int i = 0; i < {{Stride}}; i += V.Count)
                  {
                      V dx = {{value}};
                      {{store}}
                  }
              """
            : Loop($"V dx = {value};\n        {store}", $"V dx = V.First({value}, {Width} - i, V.Zero);\n        {store}");
        string body =
            (HasDropout ? "V kept = V.Create(dropout.Scale);\n" : "")
            + $$"""
            for (int r = first; r < end; r++)
            {
                float* s = z + ((long)r * {{Stride}}), d = dy + ((long)r * {{Stride}}), to = dz + ((long)r * {{Stride}});
            """ + (HasDropout ? $"\n    float* b = dSub + ((long)r * {Stride});\n    uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);" : "")
            + $$"""

                V {{mean}}scale = V.Create(statistics[((long)r * {{Padding.Floats}}) + 1]);
                V {{(Norm.IsRms ? "" : "sum = V.Zero, ")}}product = V.Zero;
                for (int i = 0; i < {{Stride}}; i += V.Count)
                {
                    V g = {{g}};
            """ + (Norm.IsRms ? "" : "\n        sum += g;")
            + $$"""

                    product = V.MultiplyAdd(g, {{projected}}, product);
                }

                // dz = {{(Norm.IsRms ? "(g - x̂ · mean(g ⊙ x̂)) / root" : "(g - mean(g) - x̂ · mean(g ⊙ x̂)) / deviation")}}, with g = dy{{(Norm.HasGain ? " ⊙ gain" : "")}}.
                V {{average}}projection = V.Create(V.Sum(product) * {{Literal.Of(1f / Width)}});
                {{last}}
            }
            """;
        List<(string, string)> parameters =
        [
            HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "dy"), ("float*", "z"), ("float*", "statistics"), .. Norm.HasGain ? [("float*", "gain")] : (IEnumerable<(string, string)>)[],
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

internal sealed record RowNormBackwardWeightsKernel(int Width, RowNorm Norm) : RowNormKernel(Width, Norm)
{
    public override string MemberKey => "3 BackwardWeights";

    public string MethodName => "BackwardWeights";

    public override void Emit(SourceWriter writer)
    {
        string z = $"V.Load(z + ((long)r * {Stride}) + i)";
        new NormWeightsMethod(
            MethodName,
            Stride,
            Norm.HasShift,
            PerColumns: "",
            PerRow: Norm.IsRms ? "" : $", m = V.Create(statistics[(long)r * {Padding.Floats}])",
            Sum: $"V.MultiplyAdd(d * {(Norm.IsRms ? z : $"({z} - m)")}, V.Create(statistics[((long)r * {Padding.Floats}) + 1]), g)").Emit(writer);
    }
}

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>What a kernel has to know of a <see cref="HeadNormPart"/>.</summary>
/// <param name="IsPerGroup">Every group has a gain of its own.</param>
internal sealed record HeadNormShape(int First, int Groups, int Size, bool IsPerGroup, RowNorm Norm)
{
    public static HeadNormShape Of(HeadNormPart part) =>
        new(part.First, part.Groups, part.Size, part.IsPerGroup, new RowNorm(part.Kind, part.Epsilon, part.UnitOffset, part.Bias is not null));

    public string Name => $"{Groups}From{First}Times{Size}{(IsPerGroup ? "Each" : "")}{Norm.Suffix}";

    public int End => First + (Groups * Size);

    /// <summary>The mean over a group of a sum.</summary>
    public string Portion => Literal.Of(1f / Size);

    /// <summary>A loop over the groups, which declares column: the first one of the group.</summary>
    public string EachGroup(string body) =>
        $$"""
        for (int group = 0; group < {{Groups}}; group++)
        {
            int column = {{First}} + (group * {{Size}});
            {{body.Indent(4)}}
        }
        """;

    /// <summary>A group's gain or shift.</summary>
    public string Place(string parameter) => IsPerGroup ? $"{parameter} + (group * {Size})" : parameter;
}

/// <summary>Groups of columns normalised for themselves (QK-norm, Henry et al. 2020), and the gradient. Other columns are copied.</summary>
internal abstract record HeadNormKernel(int Width, EquatableList<HeadNormShape> Parts) : Kernel
{
    public override string ClassName => $"HeadNorm{Width}Of{string.Join("And", Parts.Select(part => part.Name))}";

    public override string Summary => $"y[rows, {Width}] = x with " + string.Join(
        ", ", Parts.Select(part => $"{part.Groups} × {part.Size} columns from {part.First} on{(part.IsPerGroup ? ", each with a gain of its own" : "")}")) + " normalised for themselves.";

    public abstract string MethodName { get; }

    protected int Stride => Padding.Of(Width);

    /// <summary>Row stride of the statistics: mean and 1/deviation of every group.</summary>
    protected int StatisticsStride => Padding.Of(2 * Parts.Sum(part => part.Groups));

    /// <summary>Where a part's statistics begin.</summary>
    protected int StatisticsOf(HeadNormShape part) => 2 * Parts.TakeWhile(other => other != part).Sum(other => other.Groups);

    /// <summary>Where a group's mean and 1/deviation are.</summary>
    protected string Kept(HeadNormShape part) => $"float* kept = statistics + ((long)r * {StatisticsStride}) + {StatisticsOf(part)} + (2 * group);";

    /// <summary>Gain and shift of every part: gain1, shift1, gain2 ...</summary>
    protected IEnumerable<(string, string)> Parameters(bool withShift)
    {
        for (int i = 0; i < Parts.Count; i++)
        {
            yield return ("float*", "gain" + Number(i));
            if (withShift && Parts[i].Norm.HasShift)
            {
                yield return ("float*", "shift" + Number(i));
            }
        }
    }

    protected static string Number(int part) => (part + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>A row: its pointers, the columns that no part names copied, the groups of every part.</summary>
    protected string EachRow(string pointers, System.Func<HeadNormShape, int, string> group)
    {
        var steps = new List<string>();
        int at = 0;
        for (int i = 0; i <= Parts.Count; i++)
        {
            int begin = i < Parts.Count ? Parts[i].First : Stride;
            if (begin > at)
            {
                steps.Add($"new ReadOnlySpan<float>(from + {at}, {begin - at}).CopyTo(new Span<float>(to + {at}, {begin - at}));");
            }

            if (i < Parts.Count)
            {
                steps.Add(Parts[i].EachGroup(group(Parts[i], i)) + "\n");
                at = Parts[i].End;
            }
        }

        return
            $$"""
            for (int r = first; r < end; r++)
            {
                {{pointers}}
                {{string.Join("\n", steps).TrimEnd().Indent(4)}}
            }
            """;
    }
}

internal sealed record HeadNormForwardKernel(int Width, EquatableList<HeadNormShape> Parts, bool KeepsStatistics) : HeadNormKernel(Width, Parts)
{
    public override string MemberKey => "1 " + MethodName;

    public override string MethodName => KeepsStatistics ? "ForwardKeep" : "Forward";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        "y = x with its groups normalised; y may be x." + (KeepsStatistics ? " Mean (RMS norm: 0) and 1/deviation of every group are kept for the gradient." : ""),
        [
            ("int", "rows"), ("float*", "x"), .. Parameters(withShift: true), ("float*", "y"),
            .. KeepsStatistics ? [("float*", "statistics")] : (IEnumerable<(string, string)>)[],
        ],
        "rows",
        3 * Stride,
        EachRow($"float* from = x + ((long)r * {Stride}), to = y + ((long)r * {Stride});", Group)).Emit(writer);

    private string Group(HeadNormShape part, int index)
    {
        RowNorm norm = part.Norm;
        string shift = norm.HasShift ? $", shift = {part.Place("shift" + Number(index))}" : "";
        string deviation = norm.IsRms
            ? "V squares = V.Zero;\n" + ColumnLoop.Of(part.Size, lanes => $"squares = V.MultiplyAdd({lanes.Load("s")}, {lanes.Load("s")}, squares);")
            : $"""
               V total = V.Zero;
               {ColumnLoop.Of(part.Size, lanes => $"total += {lanes.Load("s")};")}

               float mean = V.Sum(total) * {part.Portion};
               V m = V.Create(mean), squares = V.Zero;
               {ColumnLoop.Of(part.Size, lanes => $"V d = {lanes.Masked(lanes.Load("s") + " - m")};\nsquares = V.MultiplyAdd(d, d, squares);")}
               """;
        string keep = KeepsStatistics ? $"\n\n{Kept(part)}\nkept[0] = {(norm.IsRms ? "0f" : "mean")};\nkept[1] = inverse;" : "";
        return
            $"""
            float* s = from + column, normalised = to + column, gain = {part.Place("gain" + Number(index))}{shift};
            {deviation}

            float inverse = 1f / MathF.Sqrt((V.Sum(squares) * {part.Portion}) + {Literal.Of(norm.Epsilon)});
            V scale = V.Create(inverse);
            {ColumnLoop.Of(part.Size, lanes => lanes.Store(norm.Output(Normalised(part, lanes), lanes.Load("gain"), lanes.Load("shift")), "normalised"))}
            """ + keep;
    }

    private static string Normalised(HeadNormShape part, ColumnLoop.Access lanes) => part.Norm.IsRms ? $"({lanes.Load("s")} * scale)" : $"(({lanes.Load("s")} - m) * scale)";
}

internal sealed record HeadNormBackwardKernel(int Width, EquatableList<HeadNormShape> Parts) : HeadNormKernel(Width, Parts)
{
    public override string MemberKey => "2 " + MethodName;

    public override string MethodName => "Backward";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        "dx: the gradient under the norm of every group, and dy at the other columns. dx may be dy or x.",
        [("int", "rows"), ("float*", "dy"), ("float*", "x"), ("float*", "statistics"), .. Parameters(withShift: false), ("float*", "dx")],
        "rows",
        4 * Stride,
        EachRow($"float* from = dy + ((long)r * {Stride}), to = dx + ((long)r * {Stride}), source = x + ((long)r * {Stride});", Group)).Emit(writer);

    private string Group(HeadNormShape part, int index)
    {
        bool isRms = part.Norm.IsRms;
        string Normalised(ColumnLoop.Access lanes) => isRms ? $"{lanes.Load("s")} * scale" : $"({lanes.Load("s")} - m) * scale";
        string G(ColumnLoop.Access lanes) => part.Norm.Scaled(lanes.Load("d"), lanes.Load("gain"));
        string Result(ColumnLoop.Access lanes) => $"V.MultiplyAdd(V.Zero - ({Normalised(lanes)}), projection, {(isRms ? G(lanes) : $"({G(lanes)}) - average")}) * scale";
        return
            $"""
            float* s = source + column, d = from + column, result = to + column, gain = {part.Place("gain" + Number(index))};
            {Kept(part)}
            V {(isRms ? "" : "m = V.Create(kept[0]), sum = V.Zero, ")}scale = V.Create(kept[1]), product = V.Zero;
            {ColumnLoop.Of(part.Size, lanes => $"V g = {G(lanes)};\n{(isRms ? "" : "sum += g;\n")}product = V.MultiplyAdd(g, {Normalised(lanes)}, product);")}

            {(isRms ? "// (g - x̂ · mean(g ⊙ x̂)) / root, with g = dy ⊙ gain." : "// (g - mean(g) - x̂ · mean(g ⊙ x̂)) / deviation, with g = dy ⊙ gain.")}
            V {(isRms ? "" : $"average = V.Create(V.Sum(sum) * {part.Portion}), ")}projection = V.Create(V.Sum(product) * {part.Portion});
            {ColumnLoop.Of(part.Size, lanes => lanes.Store(Result(lanes), "result"))}
            """;
    }
}

/// <summary>Gradients of one part's gain and shift.</summary>
internal sealed record HeadNormWeightsKernel(int Width, EquatableList<HeadNormShape> Parts, int Part) : HeadNormKernel(Width, Parts)
{
    public override string MemberKey => "3 " + MethodName;

    public override string MethodName => "BackwardWeights" + Number(Part);

    private HeadNormShape Shape => Parts[Part];

    public override void Emit(SourceWriter writer)
    {
        bool hasShift = Shape.Norm.HasShift;
        int units = Shape.IsPerGroup ? Shape.Groups : Padding.Of(Shape.Size) / Padding.Floats;
        new TeamMethod(
            MethodName,
            $"dGain (+)= Σ dy ⊙ x̂{(hasShift ? ", dShift (+)= Σ dy" : "")} over the rows, in their order{(Shape.IsPerGroup ? "; split by groups." : ", and over the groups; split by columns.")}",
            [
                ("int", "rows"), ("float*", "dy"), ("float*", "x"), ("float*", "statistics"), ("float*", "dGain"),
                .. hasShift ? [("float*", "dShift")] : (IEnumerable<(string, string)>)[], ("bool", "add"),
            ],
            units.ToString(CultureInfo.InvariantCulture),
            512 * Shape.Size * Shape.Groups / units,
            Shape.IsPerGroup ? OneByOne() : Together()).Emit(writer);
    }

    // A gain per group: groups are the units, and what stands beside their columns belongs to another one.
    private string OneByOne() =>
        $$"""
        for (int group = first; group < end; group++)
        {
            int column = {{Shape.First}} + (group * {{Shape.Size}}), place = group * {{Shape.Size}};
            {{ColumnLoop.Of(Shape.Size, lanes => Sums(Row(lanes), name => lanes.Store($"add ? {lanes.Load(name + " + place")} + {Sum(name)} : {Sum(name)}", name + " + place"))).Indent(4)}}
        }
        """;

    // One gain: its columns are the units, the padding included.
    private string Together()
    {
        var lanes = new ColumnLoop.Access(Shape.Size, Shape.Size % Padding.Floats != 0);
        string rows =
            $$"""
            for (int group = 0; group < {{Shape.Groups}}; group++)
            {
                int column = {{Shape.First}} + (group * {{Shape.Size}});
                {{Row(lanes).Indent(4)}}
            }
            """;
        return
            $$"""
            for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
            {
                {{Sums(rows, name => $"V.Store(add ? V.Load({name} + i) + {Sum(name)} : {Sum(name)}, {name} + i);").Indent(4)}}
            }
            """;
    }

    private string Sums(string row, System.Func<string, string> store) =>
        $$"""
        V g = V.Zero{{(Shape.Norm.HasShift ? ", b = V.Zero" : "")}};
        for (int r = 0; r < rows; r++)
        {
            {{row.Indent(4)}}
        }

        {{store("dGain")}}
        """ + (Shape.Norm.HasShift ? "\n" + store("dShift") : "");

    private string Row(ColumnLoop.Access lanes)
    {
        string x = lanes.Load($"x + ((long)r * {Stride}) + column");
        return
            $"""
            {Kept(Shape)}
            V d = {lanes.Load($"dy + ((long)r * {Stride}) + column")};
            g = V.MultiplyAdd(d * {(Shape.Norm.IsRms ? x : $"({x} - V.Create(kept[0]))")}, V.Create(kept[1]), g);
            """ + (Shape.Norm.HasShift ? "\nb += d;" : "");
    }

    private static string Sum(string gradient) => gradient == "dGain" ? "g" : "b";
}

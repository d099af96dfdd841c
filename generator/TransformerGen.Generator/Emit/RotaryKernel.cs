using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The cosines and sines of one rotary spec: the runtime's table, made from the frequencies that stand here.</summary>
/// <param name="Number">Tells it from the model's others.</param>
internal sealed record RotaryTableKernel(RotarySpec Spec, int Number) : Kernel
{
    private const int PerLine = 4;

    public override string ClassName => "Rotation" + Number.ToString(CultureInfo.InvariantCulture);

    public override string Summary => $"Angles of rotary positions (Su et al. 2021): position · frequency for {Spec.InverseFrequencies.Count} pairs of columns"
        + (Spec.Factor == 1f ? "." : $"; cosines and sines are times {Literal.Of(Spec.Factor)}.");

    public override string MemberKey => "Table";

    public override void Emit(SourceWriter writer)
    {
        writer.Lines("/// <summary>Cosines and sines, computed as far as positions are used.</summary>");
        writer.Lines("public static readonly RotaryTable Table = new(\n    [");
        for (int i = 0; i < Spec.InverseFrequencies.Count; i += PerLine)
        {
            writer.Lines("        " + string.Join(", ", Spec.InverseFrequencies.Skip(i).Take(PerLine).Select(Literal.Of)) + ",");
        }

        writer.Lines($"    ],\n    {Literal.Of(Spec.Factor)},\n    interleaved: {(Spec.Kind == RotaryKind.Interleaved ? "true" : "false")});");
    }
}

/// <summary>Turns pairs of columns of some heads, in place; back again for the gradient.</summary>
internal sealed record RotaryKernel(int Width, RotaryKind Kind, int Dimensions, EquatableList<(int First, int Heads)> Ranges, int HeadWidth, bool IsBackward) : Kernel
{
    /// <summary>Places of the heads, in the name: two projections of one width may have other heads.</summary>
    public override string ClassName =>
        $"Rotary{Width}{(Kind == RotaryKind.Interleaved ? "Interleaved" : "")}Of{string.Join("And", Ranges.Select(range => $"{range.Heads}From{range.First}"))}Times{HeadWidth}"
        + (Dimensions < HeadWidth ? $"First{Dimensions}" : "");

    public override string Summary =>
        $"Rotary positions: columns {(Kind == RotaryKind.Interleaved ? "2c and 2c + 1" : $"c and c + {Dimensions / 2}")} of each head of {HeadWidth}"
        + $"{(Dimensions < HeadWidth ? $", among its first {Dimensions}," : "")} turn by position · frequency. [rows, {Width}]";

    public override string MemberKey => IsBackward ? "2" : "1";

    public string MethodName => IsBackward ? "TurnBack" : "Turn";

    private int Stride => Padding.Of(Width);

    public override void Emit(SourceWriter writer)
    {
        bool isSplit = Kind == RotaryKind.HalfSplit;
        int half = Padding.Of(isSplit ? Dimensions / 2 : Dimensions);
        string minus = IsBackward ? "sine" : "V.Zero - sine", plus = IsBackward ? "V.Zero - sine" : "sine";
        string turn = isSplit
            ? ColumnLoop.Of(
                Dimensions / 2,
                lanes =>
                    $"""
                    V a = {lanes.Load("left")}, b = {lanes.Load("right")}, cosine = V.Load(cosines + i), sine = V.Load(sines + i);
                    {lanes.Store($"V.MultiplyAdd(b, {minus}, a * cosine)", "left")}
                    {lanes.Store($"V.MultiplyAdd(a, {plus}, b * cosine)", "right")}
                    """)
            : ColumnLoop.Of(
                Dimensions,
                lanes =>
                    $"""
                    V a = {lanes.Load("left")}, cosine = V.Load(cosines + i), sine = V.Load(sines + i);
                    {lanes.Store($"V.MultiplyAdd(V.Swap(a), {plus}, a * cosine)", "left")}
                    """);
        string heads = string.Join("\n\n", Ranges.Select(range =>
            $$"""
            for (int head = 0; head < {{range.Heads}}; head++)
            {
                float* left = row + {{range.First}} + (head * {{HeadWidth}}){{(isSplit ? $", right = left + {Dimensions / 2}" : "")}};
                {{turn.Indent(4)}}
            }
            """));
        new TeamMethod(
            MethodName,
            (IsBackward ? "dx: dy turned back" : "y: x turned") + $", in its place. pages: cosines and sines of {1 << PageShift} positions each.",
            [("RowView", "rows"), ("float**", "pages"), ("float*", "x")],
            "rows.Count",
            2 * Ranges.Sum(range => range.Heads) * Dimensions,
            $$"""
            for (int r = first; r < end; r++)
            {
                int position = rows.Positions[r];
                float* row = x + ((long)r * {{Stride}}), cosines = pages[position >> {{PageShift}}] + ((position & {{(1 << PageShift) - 1}}) * {{2 * half}}), sines = cosines + {{half}};
                {{heads.Indent(4)}}
            }
            """).Emit(writer);
    }

    // That of the runtime's RotaryTable.
    private const int PageShift = 8;
}

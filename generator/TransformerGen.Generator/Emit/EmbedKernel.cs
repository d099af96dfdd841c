using System.Collections.Generic;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>Token embedding plus position plus token type, and its gradient.</summary>
internal abstract record EmbedKernel(int Width, float Scale, bool HasPositions, bool HasTypes, bool HasDropout) : Kernel
{
    /// <summary>The table is one of positions: a row's position is what it is looked up by.</summary>
    public bool ByPosition { get; init; }

    public override string ClassName => $"Embed{Width}" + (Scale == 1f ? "" : "Scaled");

    protected string Index => ByPosition ? "rows.Positions" : "rows.Tokens";

    public override string Summary => $"x[rows, {Width}] = {(Scale == 1f ? "" : "√D · ")}E[token] + position{(HasTypes ? " + T[type]" : "")}: the table's rows are gathered, nothing is multiplied by one-hot vectors.";

    protected int Stride => Padding.Of(Width);

    protected string ScaleLiteral => Literal.Of(Scale);

    /// <summary>What a row is known by beside its token.</summary>
    protected string More => (HasDropout ? ", positionOf = rows.Positions, sequenceOf = rows.SequenceOf" : HasPositions ? ", positionOf = rows.Positions" : "")
        + (HasTypes ? ", typeOf = rows.Types" : "");

    /// <summary>What is in a method's name.</summary>
    protected string Parts => (ByPosition ? "Positions" : "") + (HasPositions ? "AtPositions" : "") + (HasTypes ? "OfTypes" : "") + (HasDropout ? "Dropout" : "");

    protected IEnumerable<(string, string)> DropoutParameters => HasDropout ? [("DropoutKey", "dropout"), ("int", "site")] : [];
}

internal sealed record EmbedForwardKernel(int Width, float Scale, bool HasPositions, bool HasTypes, bool HasDropout)
    : EmbedKernel(Width, Scale, HasPositions, HasTypes, HasDropout)
{
    public override string MemberKey => "1 " + MethodName;

    public string MethodName => "Forward" + Parts;

    public override void Emit(SourceWriter writer)
    {
        string sum = HasPositions ? "V.MultiplyAdd(V.Load(e + i), scale, V.Load(p + i))" : "V.Load(e + i) * scale";
        if (HasTypes)
        {
            sum = $"({sum}) + V.Load(t + i)";
        }

        string drop = HasDropout ? "V.Keep(" + sum + ", key, (uint)i, dropout.Threshold) * kept" : sum;
        string body =
            $$"""
            int* tokens = {{Index}}{{More}};
            V scale = V.Create({{ScaleLiteral}});{{(HasDropout ? "\nV kept = V.Create(dropout.Scale);" : "")}}
            for (int r = first; r < end; r++)
            {
                float* e = table + ((long)tokens[r] * {{Stride}}), to = y + ((long)r * {{Stride}});
            """ + (HasPositions ? $"\n    float* p = positions + ((long)positionOf[r] * {Stride});" : "")
            + (HasTypes ? $"\n    float* t = types + ((long)typeOf[r] * {Stride});" : "")
            + (HasDropout ? "\n    uint key = dropout.Row(site, sequenceOf[r], positionOf[r]);" : "")
            + $$"""

                for (int i = 0; i < {{Stride}}; i += V.Count)
                {
                    V.Store({{drop}}, to + i);
                }
            }
            """;
        new TeamMethod(
            MethodName,
            $"x = scale · E[token] + position{(HasTypes ? " + T[type]" : "")}, for every row." + (HasDropout ? " Dropout acts on the sum (paper, section 5.4)." : ""),
            [
                ("RowView", "rows"), ("float*", "table"), .. HasPositions ? [("float*", "positions")] : (IEnumerable<(string, string)>)[],
                .. HasTypes ? [("float*", "types")] : (IEnumerable<(string, string)>)[], .. DropoutParameters, ("float*", "y"),
            ],
            "rows.Count",
            Stride,
            body).Emit(writer);
    }
}

/// <param name="HasPositions">Whether positions are learned.</param>
/// <param name="PaddingRow">The row that learns nothing, -1 for none.</param>
internal sealed record EmbedBackwardKernel(int Width, float Scale, bool HasPositions, bool HasTypes, bool HasDropout, int PaddingRow)
    : EmbedKernel(Width, Scale, HasPositions, HasTypes, HasDropout)
{
    /// <summary>Rows at position -1 teach no position.</summary>
    public bool SkipsPadding { get; init; }

    public override string MemberKey => "2 " + MethodName;

    public string MethodName => "Backward" + Parts + (SkipsPadding ? "FromZero" : "") + (PaddingRow < 0 ? "" : "But" + PaddingRow.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public override void Emit(SourceWriter writer)
    {
        string store = "V.Store(V.MultiplyAdd(d, scale, V.Load(e + i)), e + i);";
        if (PaddingRow >= 0)
        {
            store = $"if (tokens[r] != {PaddingRow})\n        {{\n            {store}\n        }}\n";
        }

        string load = HasDropout ? "V.Keep(V.Load(from + i), key, (uint)i, dropout.Threshold) * kept" : "V.Load(from + i)";
        string body =
            $$"""
            int* tokens = {{Index}}{{More}};
            V scale = V.Create({{ScaleLiteral}});{{(HasDropout ? "\nV kept = V.Create(dropout.Scale);" : "")}}
            for (int r = 0; r < rows.Count; r++)
            {
                float* from = dy + ((long)r * {{Stride}}), e = dTable + ((long)tokens[r] * {{Stride}});
            """ + (HasPositions ? $"\n    float* p = dPositions + ((long)positionOf[r] * {Stride});" : "")
            + (HasTypes ? $"\n    float* t = dTypes + ((long)typeOf[r] * {Stride});" : "")
            + (HasDropout ? "\n    uint key = dropout.Row(site, sequenceOf[r], positionOf[r]);" : "")
            + $$"""

                for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
                {
                    V d = {{load}};
                    {{store}}
            """ + (HasPositions ? SkipsPadding ? "\n        if (positionOf[r] >= 0)\n        {\n            V.Store(V.Load(p + i) + d, p + i);\n        }\n" : "\n        V.Store(V.Load(p + i) + d, p + i);" : "")
            + (HasTypes ? "\n        V.Store(V.Load(t + i) + d, t + i);" : "")
            + """

                }
            }
            """;
        new TeamMethod(
            MethodName,
            "dE[token] += scale · dx" + (HasPositions ? ", dP[position] += dx" : "") + (HasTypes ? ", dT[type] += dx" : "")
                + (PaddingRow >= 0 ? $"; row {PaddingRow} is padding and learns nothing" : "") + (SkipsPadding ? ", nor does position -1" : "") + ". Split by columns: every thread goes through the rows in order, so sums have one order.",
            [
                ("RowView", "rows"), ("float*", "dy"), .. DropoutParameters, ("float*", "dTable"), .. HasPositions ? [("float*", "dPositions")] : (IEnumerable<(string, string)>)[],
                .. HasTypes ? [("float*", "dTypes")] : (IEnumerable<(string, string)>)[],
            ],
            (Stride / Padding.Floats).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Stride * Padding.Floats,
            body).Emit(writer);
    }
}

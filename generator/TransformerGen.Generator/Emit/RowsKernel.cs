using System.Collections.Generic;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Element-wise and row-wise steps of one width: sums, dropout, selected rows, gradients of activations.</summary>
internal abstract record RowsKernel(int Width) : Kernel
{
    public override string ClassName => $"Rows{Width}";

    public override string Summary => $"Steps on rows of {Width} columns.";

    public override string MemberKey => MethodName;

    public abstract string MethodName { get; }

    protected int Stride => Padding.Of(Width);
}

/// <summary>y[label row] = x[its row].</summary>
internal sealed record SelectKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Select";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y[i] = x[labels.Rows[i]]: the rows whose next token is wanted. [rows, {Width}]",
        [("LabelView", "labels"), ("float*", "x"), ("float*", "y")],
        "labels.Count",
        2 * Stride,
        $$"""
        for (int r = first; r < end; r++)
        {
            float* from = x + ((long)labels.Rows[r] * {{Stride}}), to = y + ((long)r * {{Stride}});
            for (int i = 0; i < {{Stride}}; i += V.Count)
            {
                V.Store(V.Load(from + i), to + i);
            }
        }
        """).Emit(writer);
}

/// <summary>dx[row] = dy[label row], zero elsewhere.</summary>
internal sealed record ScatterKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Scatter";

    public override void Emit(SourceWriter writer)
    {
        using (writer.Open(
            $"""
            /// <summary>dx[labels.Rows[i]] = dy[i], the other rows zero: the gradient of <see cref="Select"/>. [rows, {Width}]</summary>
            public static void Scatter(LabelView labels, int rows, float* dy, float* dx)
            """))
        {
            writer.Lines(
                $$"""
                int next = 0;
                for (int r = 0; r < rows; r++)
                {
                    var to = new Span<float>(dx + ((long)r * {{Stride}}), {{Stride}});
                    if (next < labels.Count && labels.Rows[next] == r)
                    {
                        new ReadOnlySpan<float>(dy + ((long)next++ * {{Stride}}), {{Stride}}).CopyTo(to);
                    }
                    else
                    {
                        to.Clear();
                    }
                }
                """);
        }
    }

    public override IEnumerable<Kernel> Needs => [new SelectKernel(Width)];
}

/// <summary>z = x + scale · dropout(sub).</summary>
internal sealed record AddKernel(int Width, bool HasDropout, bool HasScale) : RowsKernel(Width)
{
    public override string MethodName => "Add" + (HasScale ? "Scaled" : "") + (HasDropout ? "Dropout" : "");

    private string Sub => HasDropout ? "V.Keep(V.Load(b + i), key, (uint)i, dropout.Threshold)" : "V.Load(b + i)";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"z = x + {(HasScale ? "scale · " : "")}{(HasDropout ? "dropout(sub)" : "sub")}. [rows, {Width}]",
        [
            HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "x"), ("float*", "sub"),
            .. HasDropout ? [("DropoutKey", "dropout"), ("int", "site")] : (IEnumerable<(string, string)>)[],
            .. HasScale ? [("float", "scale")] : (IEnumerable<(string, string)>)[], ("float*", "z"),
        ],
        HasDropout ? "rows.Count" : "rows",
        3 * Stride,
        (HasDropout || HasScale ? $"V kept = V.Create({(HasDropout ? HasScale ? "dropout.Scale * scale" : "dropout.Scale" : "scale")});\n" : "")
        + $$"""
        for (int r = first; r < end; r++)
        {
            float* a = x + ((long)r * {{Stride}}), b = sub + ((long)r * {{Stride}}), to = z + ((long)r * {{Stride}});
        """ + (HasDropout ? "\n    uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);" : "")
        + $$"""

            for (int i = 0; i < {{Stride}}; i += V.Count)
            {
                V.Store({{(HasDropout || HasScale ? $"V.MultiplyAdd({Sub}, kept, V.Load(a + i))" : $"V.Load(a + i) + {Sub}")}}, to + i);
            }
        }
        """).Emit(writer);
}

/// <summary>y = scale · x.</summary>
internal sealed record ScaleKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Scale";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y = scale · x. [rows, {Width}]",
        [("int", "rows"), ("float*", "x"), ("float", "scale"), ("float*", "y")],
        "rows",
        2 * Stride,
        $$"""
        V factor = V.Create(scale);
        for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
        {
            V.Store(V.Load(x + at) * factor, y + at);
        }
        """).Emit(writer);
}

/// <summary>y = scale · dropout(x), forward and backward.</summary>
internal sealed record DropoutKernel(int Width, bool HasScale) : RowsKernel(Width)
{
    public override string MethodName => "Dropout" + (HasScale ? "Scaled" : "");

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y = {(HasScale ? "scale · " : "")}dropout(x), with the mask that the site has in this pass. [rows, {Width}]",
        [
            ("RowView", "rows"), ("float*", "x"), ("DropoutKey", "dropout"), ("int", "site"),
            .. HasScale ? [("float", "scale")] : (IEnumerable<(string, string)>)[], ("float*", "y"),
        ],
        "rows.Count",
        3 * Stride,
        $$"""
        V kept = V.Create(dropout.Scale{{(HasScale ? " * scale" : "")}});
        for (int r = first; r < end; r++)
        {
            float* from = x + ((long)r * {{Stride}}), to = y + ((long)r * {{Stride}});
            uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);
            for (int i = 0; i < {{Stride}}; i += V.Count)
            {
                V.Store(V.Keep(V.Load(from + i), key, (uint)i, dropout.Threshold) * kept, to + i);
            }
        }
        """).Emit(writer);
}

/// <summary>dBefore = dy ⊙ activation'.</summary>
internal sealed record ActivationBackwardKernel(int Width, ActivationKind Activation) : RowsKernel(Width)
{
    public override string MethodName => Activation + "Backward";

    public override void Emit(SourceWriter writer)
    {
        string derivative = Activations.TimesSlope(Activation, "V.Load(dy + at)", "V.Load(of + at)");
        new TeamMethod(
            MethodName,
            $"dBefore = dy ⊙ {Activation}'({(Activation == ActivationKind.Relu ? "told from its output" : "its input")}). [rows, {Width}]",
            [("int", "rows"), ("float*", "dy"), ("float*", "of"), ("float*", "dBefore")],
            "rows",
            3 * Stride,
            $$"""
            for (long at = (long)first * {{Stride}}; at < (long)end * {{Stride}}; at += V.Count)
            {
                V.Store({{derivative}}, dBefore + at);
            }
            """).Emit(writer);
    }
}

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

/// <summary>z = x + dropout(sub).</summary>
internal sealed record AddKernel(int Width, bool HasDropout) : RowsKernel(Width)
{
    public override string MethodName => HasDropout ? "AddDropout" : "Add";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"z = x + {(HasDropout ? "dropout(sub)" : "sub")}. [rows, {Width}]",
        [
            HasDropout ? ("RowView", "rows") : ("int", "rows"), ("float*", "x"), ("float*", "sub"),
            .. HasDropout ? [("DropoutKey", "dropout"), ("int", "site")] : (IEnumerable<(string, string)>)[], ("float*", "z"),
        ],
        HasDropout ? "rows.Count" : "rows",
        3 * Stride,
        (HasDropout ? "V kept = V.Create(dropout.Scale);\n" : "")
        + $$"""
        for (int r = first; r < end; r++)
        {
            float* a = x + ((long)r * {{Stride}}), b = sub + ((long)r * {{Stride}}), to = z + ((long)r * {{Stride}});
        """ + (HasDropout ? "\n    uint key = dropout.Row(site, rows.SequenceOf[r], rows.Positions[r]);" : "")
        + $$"""

            for (int i = 0; i < {{Stride}}; i += V.Count)
            {
                V.Store({{(HasDropout ? "V.MultiplyAdd(V.Keep(V.Load(b + i), key, (uint)i, dropout.Threshold), kept, V.Load(a + i))" : "V.Load(a + i) + V.Load(b + i)")}}, to + i);
            }
        }
        """).Emit(writer);
}

/// <summary>dsub = dropout(dz).</summary>
internal sealed record DropoutKernel(int Width) : RowsKernel(Width)
{
    public override string MethodName => "Dropout";

    public override void Emit(SourceWriter writer) => new TeamMethod(
        MethodName,
        $"y = dropout(x), with the mask that the site has in this pass. [rows, {Width}]",
        [("RowView", "rows"), ("float*", "x"), ("DropoutKey", "dropout"), ("int", "site"), ("float*", "y")],
        "rows.Count",
        3 * Stride,
        $$"""
        V kept = V.Create(dropout.Scale);
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
        // Φ(x) + x·φ(x) is the derivative of x·Φ(x).
        string derivative = Activation switch
        {
            ActivationKind.Relu => "V.WhereGreater(V.Load(of + at), V.Zero, V.Load(dy + at), V.Zero)",
            ActivationKind.Gelu => "V.Load(dy + at) * V.MultiplyAdd(V.Load(of + at), LaneMath.NormalDensity(V.Load(of + at)), LaneMath.NormalCdf(V.Load(of + at)))",
            _ => throw new System.InvalidOperationException($"{Activation} has no gradient kernel."),
        };
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

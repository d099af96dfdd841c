using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>Softmax and cross-entropy with label smoothing, the gradient in the logits' place.</summary>
internal sealed record CrossEntropyKernel(int Classes, bool Gradient) : Kernel
{
    public override string ClassName => $"CrossEntropy{Classes}";

    public override string Summary =>
        $"Cross-entropy over {Literal.Prose(Classes)} classes against (1 - ε) · one-hot + ε / V (Szegedy et al. 2016): loss = log Σ e^x - (1 - ε)·x_label - ε / V · Σ x.";

    public override string MemberKey => MethodName;

    public string MethodName => Gradient ? "LossAndGradient" : "Loss";

    public override void Emit(SourceWriter writer)
    {
        int stride = Padding.Of(Classes), whole = Classes / Padding.Floats * Padding.Floats;
        bool hasTail = whole < stride;
        string Loop(string full, string masked) =>
            $$"""
            for (int i = 0; i < {{whole}}; i += V.Count)
                {
                    {{full}}
                }
            """ + (hasTail
            ? "\n\n" + $$"""
                for (int i = {{whole}}; i < {{stride}}; i += V.Count)
                {
                    {{masked}}
                }
            """
            : "");
        string exponential = "V.Exp2((x - largest) * log2E)";
        string store = Gradient ? "\n        V.Store(e, row + i);" : "";
        string body =
            $$"""
            V log2E = V.Create(1.44269504088896341f){{(Gradient ? $", uniform = V.Create(smoothing / {Classes})" : "")}};
            for (int r = first; r < end; r++)
            {
                float* row = logits + ((long)r * {{stride}});
                V most = V.Load(row), sum = V.Zero, total = V.Zero;
            """ + (whole == 0 ? $"\n    most = V.First(most, {Classes}, V.Create(float.NegativeInfinity));" : "")
            + $$"""

                {{Loop("V x = V.Load(row + i);\n        most = V.Max(most, x);\n        sum += x;", $"V x = V.Load(row + i);\n        most = V.Max(most, V.First(x, {Classes} - i, V.Create(float.NegativeInfinity)));\n        sum += V.First(x, {Classes} - i, V.Zero);")}}

                float atLabel = row[labels.Labels[r]];
                V largest = V.Create(V.Largest(most));
                {{Loop($"V x = V.Load(row + i);\n        V e = {exponential};{store}\n        total += e;", $"V x = V.Load(row + i);\n        V e = V.First({exponential}, {Classes} - i, V.Zero);{store}\n        total += e;")}}

                float all = V.Sum(total);
                losses[(long)r * {{Padding.Floats}}] = V.Largest(most) + MathF.Log(all) - ((1f - smoothing) * atLabel) - (smoothing / {{Classes}} * V.Sum(sum));
            """
            + (!Gradient ? "" : "\n" + $$"""

                // d(loss) = softmax - q, times the share of this row in the mean.
                V share = V.Create(1f / all), times = V.Create(scale);
                {{Loop("V.Store(((V.Load(row + i) * share) - uniform) * times, row + i);", $"V.Store(V.First(((V.Load(row + i) * share) - uniform) * times, {Classes} - i, V.Zero), row + i);")}}

                row[labels.Labels[r]] -= (1f - smoothing) * scale;
            """)
            + "\n}";
        new TeamMethod(
            MethodName,
            Gradient
                ? $"losses[r] = the loss of each label row; logits [rows, {Classes}] become their gradient (softmax - q) · scale."
                : $"losses[r] = the loss of each label row of logits [rows, {Classes}].",
            Gradient
                ? [("LabelView", "labels"), ("float*", "logits"), ("float", "smoothing"), ("float", "scale"), ("float*", "losses")]
                : [("LabelView", "labels"), ("float*", "logits"), ("float", "smoothing"), ("float*", "losses")],
            "labels.Count",
            8 * stride,
            body).Emit(writer);
    }
}

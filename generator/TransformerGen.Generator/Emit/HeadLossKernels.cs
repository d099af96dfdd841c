using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>Losses of heads with few columns: plain loops in double precision, on the calling thread.</summary>
/// <param name="Gradient">Whether the gradient takes the logits' place.</param>
internal abstract record HeadLossKernel(bool Gradient) : Kernel
{
    public override string MemberKey => MethodName;

    public string MethodName => Gradient ? "LossAndGradient" : "Loss";
}

/// <summary>Multi-label and regression: the mean over a row's classes.</summary>
internal sealed record TargetLossKernel(int Classes, LossKind Kind, bool Gradient) : HeadLossKernel(Gradient)
{
    public override string ClassName => $"{Kind}{Classes}";

    public override string Summary => Kind == LossKind.MultiLabel
        ? $"Each of {Literal.Prose(Classes)} classes on its own: loss = mean of max(x, 0) - x·t + log(1 + e^-|x|)."
        : $"Regression of {Literal.Prose(Classes)} numbers: loss = mean of (x - t)².";

    public override void Emit(SourceWriter writer)
    {
        int stride = Padding.Of(Classes);
        bool isMultiLabel = Kind == LossKind.MultiLabel;
        writer.Lines(Gradient
            ? $"/// <summary>losses[r] = the loss of each label row; logits [rows, {Classes}] become their gradient times scale.</summary>"
            : $"/// <summary>losses[r] = the loss of each label row of logits [rows, {Classes}].</summary>");
        using (writer.Open($"public static void {MethodName}(LabelView labels, float* logits, {(Gradient ? "float scale, " : "")}float* losses)"))
        {
            using (writer.Open("for (int r = 0; r < labels.Count; r++)"))
            {
                writer.Lines($"float* row = logits + ((long)r * {stride}), targets = labels.Targets + ((long)r * {stride});");
                writer.Lines("double sum = 0;");
                using (writer.Open($"for (int c = 0; c < {Classes}; c++)"))
                {
                    writer.Lines("double x = row[c], t = targets[c];");
                    if (isMultiLabel)
                    {
                        writer.Lines("double small = Math.Exp(-Math.Abs(x));");
                        writer.Lines("sum += Math.Max(x, 0) - (x * t) + Math.Log(1 + small);");
                        if (Gradient)
                        {
                            writer.Lines($"row[c] = (float)(((x >= 0 ? 1 : small) / (1 + small) - t) * scale / {Classes});");
                        }
                    }
                    else
                    {
                        writer.Lines("sum += (x - t) * (x - t);");
                        if (Gradient)
                        {
                            writer.Lines($"row[c] = (float)(2 * (x - t) * scale / {Classes});");
                        }
                    }
                }

                writer.Blank();
                writer.Lines($"losses[(long)r * {Padding.Floats}] = (float)(sum / {Classes});");
            }
        }
    }
}

/// <summary>First and last token of an answer: softmax over the tokens of each sequence.</summary>
internal sealed record SpanLossKernel(bool Gradient) : HeadLossKernel(Gradient)
{
    public override string ClassName => "Spans";

    public override string Summary => "Where an answer begins and ends: cross-entropy over the tokens of each sequence, at the answer's first and last token.";

    public override void Emit(SourceWriter writer)
    {
        writer.Lines(Gradient
            ? "/// <summary>losses[r] = the loss at each row, 0 where no answer begins or ends; logits [rows, 2] become their gradient times scale.</summary>"
            : "/// <summary>losses[r] = the loss at each row of logits [rows, 2], 0 where no answer begins or ends.</summary>");
        using (writer.Open(
            $"public static void {MethodName}(RowView rows, LabelView labels, float* logits, float startWeight, float endWeight, {(Gradient ? "float scale, " : "")}float* losses)"))
        {
            writer.Lines(
                $$"""
                for (int r = 0; r < rows.Count; r++)
                {
                    losses[(long)r * {{Padding.Floats}}] = 0f;
                }

                for (int s = 0; s < rows.Sequences; s++)
                {
                    int first = rows.Offsets[s], end = rows.Offsets[s + 1];
                    for (int column = 0; column < 2; column++)
                    {
                        float* x = logits + column;
                        int answer = -1;
                        float most = float.NegativeInfinity;
                        for (int r = first; r < end; r++)
                        {
                            most = MathF.Max(most, x[(long)r * {{Padding.Floats}}]);
                            answer = (labels.Labels[r] & (1 << column)) != 0 ? r : answer;
                        }

                        double sum = 0;
                        for (int r = first; r < end; r++)
                        {
                            sum += Math.Exp((double)x[(long)r * {{Padding.Floats}}] - most);
                        }

                        float weight = column == 0 ? startWeight : endWeight;
                        if (answer >= 0)
                        {
                            losses[(long)answer * {{Padding.Floats}}] += (float)(weight * (most - (double)x[(long)answer * {{Padding.Floats}}] + Math.Log(sum)));
                        }
                """);
            if (Gradient)
            {
                writer.Lines(
                    $$"""

                            // d(loss) = softmax - 1 at the answer; 0 for a sequence without one.
                            double share = answer < 0 ? 0 : (double)weight * scale;
                            for (int r = first; r < end; r++)
                            {
                                float* at = x + ((long)r * {{Padding.Floats}});
                                *at = (float)(((Math.Exp((double)*at - most) / sum) - (r == answer ? 1 : 0)) * share);
                            }
                    """);
            }

            writer.Lines("    }\n}");
        }
    }
}

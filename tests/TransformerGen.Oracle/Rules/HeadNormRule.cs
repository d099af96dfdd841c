using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>Every group of columns of every part: y = gain ⊙ x̂ + shift, x̂ = (x - mean) / deviation, RMS norm's mean 0. Other columns are copied.</summary>
internal static class HeadNormRule
{
    public static void Forward(Execution execution, HeadNorm op)
    {
        Matrix x = execution.Read(op.X), y = execution.Write(op.Y);
        Matrix? statistics = op.Statistics is null ? null : execution.Write(op.Statistics);
        x.Data.CopyTo(y.Data, 0);
        foreach (Group group in Groups(op, x))
        {
            double[] normalised = group.Normalised(x);
            Matrix? shift = group.Part.Bias is { } bias ? execution.Of(bias) : null;
            for (int c = 0; c < group.Part.Size; c++)
            {
                y[group.Row, group.First + c] = (group.Gain(execution, c) * normalised[c]) + (shift is null ? 0 : shift[0, group.Weight + c]);
            }

            if (statistics is not null)
            {
                (statistics[group.Row, 2 * group.Number], statistics[group.Row, (2 * group.Number) + 1]) = (group.Mean, group.Inverse);
            }
        }
    }

    /// <summary>With g = gain ⊙ dy: dx = (g - mean(g) - x̂ · mean(g ⊙ x̂)) / deviation, RMS norm without mean(g).</summary>
    public static void Backward(Execution execution, HeadNormBackward op)
    {
        Matrix x = execution.Read(op.Forward.X), dy = execution.Read(op.DY), dx = execution.Write(op.DX);
        dy.Data.CopyTo(dx.Data, 0);
        foreach (Group group in Groups(op.Forward, x))
        {
            double[] normalised = group.Normalised(x);
            double[] g = [.. Enumerable.Range(0, group.Part.Size).Select(c => group.Gain(execution, c) * dy[group.Row, group.First + c])];
            double mean = group.Part.Kind == NormKind.Rms ? 0 : g.Average(), projection = g.Zip(normalised, (a, b) => a * b).Average();
            for (int c = 0; c < g.Length; c++)
            {
                dx[group.Row, group.First + c] = (g[c] - mean - (normalised[c] * projection)) * group.Inverse;
            }
        }
    }

    /// <summary>dGain += Σ dy ⊙ x̂, dShift += Σ dy.</summary>
    public static void BackwardWeights(Execution execution, HeadNormBackwardWeights op)
    {
        Matrix x = execution.Read(op.Forward.X), dy = execution.Read(op.DY);
        foreach (Group group in Groups(op.Forward, x))
        {
            double[] normalised = group.Normalised(x);
            Matrix dGain = execution.GradientOf(group.Part.Weight);
            Matrix? dShift = group.Part.Bias is { } bias ? execution.GradientOf(bias) : null;
            for (int c = 0; c < group.Part.Size; c++)
            {
                double d = dy[group.Row, group.First + c];
                dGain[0, group.Weight + c] += d * normalised[c];
                if (dShift is not null)
                {
                    dShift[0, group.Weight + c] += d;
                }
            }
        }
    }

    private static IEnumerable<Group> Groups(HeadNorm op, Matrix x)
    {
        for (int r = 0; r < x.Rows; r++)
        {
            int number = 0;
            foreach (HeadNormPart part in op.Parts)
            {
                for (int i = 0; i < part.Groups; i++, number++)
                {
                    int first = part.First + (i * part.Size);
                    (double mean, double inverse) = AddNormRule.Statistics(x.Row(r).Slice(first, part.Size), part.Kind, part.Epsilon);
                    yield return new Group(part, r, number, first, part.IsPerGroup ? i * part.Size : 0, mean, inverse);
                }
            }
        }
    }

    /// <param name="Weight">First column of its gain.</param>
    private sealed record Group(HeadNormPart Part, int Row, int Number, int First, int Weight, double Mean, double Inverse)
    {
        public double[] Normalised(Matrix x) => [.. Enumerable.Range(First, Part.Size).Select(c => (x[Row, c] - Mean) * Inverse)];

        public double Gain(Execution execution, int column) => (Part.UnitOffset ? 1 : 0) + execution.Of(Part.Weight)[0, Weight + column];
    }
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>The gradients of add and norm. With x̂ = (z - mean) / deviation and g = gain ⊙ dy, d(norm) = (g - mean(g) - x̂ · mean(g ⊙ x̂)) / deviation; RMS norm takes no mean, so its gradient has none.</summary>
internal static class AddNormBackwardRule
{
    /// <summary>dz = d(norm)(dy) + dzBeside, dsub = dropout(dz).</summary>
    public static void Backward(Execution execution, AddNormBackward op)
    {
        AddNorm forward = op.Forward;
        bool isRows = forward.Norm.Kind != NormKind.Batch;
        Matrix dy = execution.Read(op.DY), normalised = Normalised(execution, forward);
        double[] gain = AddNormRule.Gain(execution, forward.Norm, forward.X.Width);
        Matrix? beside = op.DZBeside is null ? null : execution.Read(op.DZBeside);
        Matrix dz = execution.Write(op.DZ);
        int groups = isRows ? dz.Rows : dz.Columns, size = isRows ? dz.Columns : dz.Rows;
        Matrix inverse = Inverses(execution, forward);
        bool areConstants = !isRows && !AddNormRule.UsesBatch(execution, forward);
        for (int group = 0; group < groups; group++)
        {
            double meanG = 0, meanGx = 0;
            for (int i = 0; i < size; i++)
            {
                (int r, int c) = isRows ? (group, i) : (i, group);
                double g = gain[c] * dy[r, c];
                meanG += forward.Norm.Kind == NormKind.Rms ? 0 : g / size;
                meanGx += g * normalised[r, c] / size;
            }

            for (int i = 0; i < size; i++)
            {
                (int r, int c) = isRows ? (group, i) : (i, group);
                double g = gain[c] * dy[r, c];
                double d = areConstants ? g : g - meanG - (normalised[r, c] * meanGx);
                dz[r, c] = (d * inverse[isRows ? r : 0, isRows ? 0 : c]) + (beside is null ? 0 : beside[r, c]);
            }
        }

        if (op.DSub is not null)
        {
            Matrix dSub = execution.Write(op.DSub);
            for (int r = 0; r < dz.Rows; r++)
            {
                double[] keep = DropoutMask.Factors(execution, forward.Dropout, forward.X.Rows, r, dz.Columns);
                for (int c = 0; c < dz.Columns; c++)
                {
                    dSub[r, c] = keep[c] * dz[r, c];
                }
            }
        }
    }

    /// <summary>dGain += Σ dy ⊙ x̂, dShift += Σ dy.</summary>
    public static void BackwardWeights(Execution execution, AddNormBackwardWeights op)
    {
        Matrix dy = execution.Read(op.DY), normalised = Normalised(execution, op.Forward);
        Matrix dGain = execution.GradientOf(op.Forward.Norm.Weight!);
        Matrix? dShift = op.Forward.Norm.Bias is { } bias ? execution.GradientOf(bias) : null;
        for (int r = 0; r < dy.Rows; r++)
        {
            for (int c = 0; c < dy.Columns; c++)
            {
                dGain[0, c] += dy[r, c] * normalised[r, c];
                if (dShift is not null)
                {
                    dShift[0, c] += dy[r, c];
                }
            }
        }
    }

    private static Matrix Normalised(Execution execution, AddNorm forward)
    {
        bool isRows = forward.Norm.Kind != NormKind.Batch;
        Matrix normalised = execution.Read(forward.Normalised!).Copy(), statistics = execution.Read(forward.Statistics!), inverse = Inverses(execution, forward);
        for (int r = 0; r < normalised.Rows; r++)
        {
            for (int c = 0; c < normalised.Columns; c++)
            {
                (int row, int column) = isRows ? (r, 0) : (0, c);
                normalised[r, c] = (normalised[r, c] - statistics[row, column]) * inverse[row, column];
            }
        }

        return normalised;
    }

    /// <summary>1/deviation: of each row [rows, 1], or of each column [1, D].</summary>
    private static Matrix Inverses(Execution execution, AddNorm forward)
    {
        Matrix statistics = execution.Read(forward.Statistics!);
        bool isRows = forward.Norm.Kind != NormKind.Batch;
        var inverse = isRows ? new Matrix(statistics.Rows, 1) : new Matrix(1, forward.X.Width);
        for (int i = 0; i < inverse.Data.Length; i++)
        {
            inverse.Data[i] = isRows ? statistics[i, 1] : statistics[0, forward.X.Stride + i];
        }

        return inverse;
    }
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Rules;

/// <summary>y = activation(x·Wᵀ + b).</summary>
internal static class LinearRule
{
    public static void Forward(Execution execution, Linear op)
    {
        Matrix x = execution.Read(op.X), weight = execution.Of(op.Weight), y = execution.Write(op.Y);
        Matrix? bias = op.Bias is null ? null : execution.Of(op.Bias), before = op.Before is null ? null : execution.Write(op.Before);
        for (int r = 0; r < y.Rows; r++)
        {
            for (int c = 0; c < y.Columns; c++)
            {
                double sum = bias is null ? 0 : bias[0, c];
                ReadOnlySpan<double> xRow = x.Row(r), weightRow = weight.Row(c);
                for (int k = 0; k < xRow.Length; k++)
                {
                    sum += xRow[k] * weightRow[k];
                }

                if (op.Activation == ActivationKind.Relu)
                {
                    execution.Decide(sum);
                }

                y[r, c] = ActivationRule.Apply(op.Activation, sum);
                if (before is not null)
                {
                    before[r, c] = sum;
                }
            }
        }
    }

    /// <summary>dx = dy·W (+ what is there), zero where a fused ReLU's output was not positive.</summary>
    public static void BackwardInput(Execution execution, LinearBackwardInput op)
    {
        Matrix dy = execution.Read(op.DY), weight = execution.Of(op.Forward.Weight), dx = execution.Write(op.DX);
        Matrix? existing = op.Existing is null ? null : execution.Read(op.Existing), relu = op.ReluOutput is null ? null : execution.Read(op.ReluOutput);
        for (int r = 0; r < dx.Rows; r++)
        {
            Span<double> dxRow = dx.Row(r);
            existing?.Row(r).CopyTo(dxRow);
            for (int c = 0; c < dy.Columns; c++)
            {
                double d = dy[r, c];
                ReadOnlySpan<double> weightRow = weight.Row(c);
                for (int k = 0; k < dxRow.Length; k++)
                {
                    dxRow[k] += d * weightRow[k];
                }
            }

            for (int k = 0; relu is not null && k < dxRow.Length; k++)
            {
                dxRow[k] = relu[r, k] > 0 ? dxRow[k] : 0;
            }
        }
    }

    /// <summary>dW += dyᵀ·x, db += Σ dy.</summary>
    public static void BackwardWeights(Execution execution, LinearBackwardWeights op)
    {
        Matrix dy = execution.Read(op.DY), x = execution.Read(op.Forward.X), dWeight = execution.GradientOf(op.Forward.Weight);
        Matrix? dBias = op.Forward.Bias is { } bias ? execution.GradientOf(bias) : null;
        for (int r = 0; r < dy.Rows; r++)
        {
            for (int c = 0; c < dy.Columns; c++)
            {
                double d = dy[r, c];
                Span<double> dWeightRow = dWeight.Row(c), xRow = x.Row(r);
                for (int k = 0; k < xRow.Length; k++)
                {
                    dWeightRow[k] += d * xRow[k];
                }

                if (dBias is not null)
                {
                    dBias[0, c] += dy[r, c];
                }
            }
        }
    }
}

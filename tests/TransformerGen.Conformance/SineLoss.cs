using TransformerGen.Training;

namespace TransformerGen.Conformance;

/// <summary>The loss of bare models in the reference cases: the sum of the sines of all numbers that they give, times a factor.</summary>
internal static class SineLoss
{
    /// <summary>The loss; writes its gradient.</summary>
    public static double Of(in HiddenOutputs outputs, double factor = 1) =>
        Of(outputs.Hidden, outputs.HiddenGradient, factor) + Of(outputs.Pooled, outputs.PooledGradient, factor);

    private static double Of(FloatRows y, FloatRows dy, double factor)
    {
        double sum = 0;
        for (int row = 0; row < y.Count; row++)
        {
            for (int i = 0; i < y.Width; i++)
            {
                sum += factor * Math.Sin(y[row][i]);
                dy[row][i] = (float)(factor * Math.Cos(y[row][i]));
            }
        }

        return sum;
    }
}

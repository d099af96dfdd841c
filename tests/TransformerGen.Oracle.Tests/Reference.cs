namespace TransformerGen.Oracle.Tests;

/// <summary>The oracle's numbers against a reference's.</summary>
internal static class Reference
{
    /// <summary>Largest difference; infinity where a number is none.</summary>
    public static double Distance(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        return expected.Length == 0 ? 0 : expected.Zip(actual, (e, a) => double.IsFinite(a) ? Math.Abs(e - a) : double.PositiveInfinity).Max();
    }

    /// <summary>Every row of the probabilities, [sequences, heads, queries, keys]; behind a sequence's own keys the reference has zeros.</summary>
    public static void NearAttention(StoredTensor expected, OracleProbabilities actual, string name, double allowed)
    {
        (int heads, int queries, int keys) = (expected.Shape[1], expected.Shape[2], expected.Shape[3]);
        for (int s = 0; s < expected.Shape[0]; s++)
        {
            for (int h = 0; h < heads; h++)
            {
                Matrix matrix = actual.Sequences[s][h];
                for (int i = 0; i < matrix.Rows; i++)
                {
                    double[] row = expected.Data.AsSpan((((((s * heads) + h) * queries) + i) * keys), keys).ToArray();
                    double error = Distance(row[..matrix.Columns], matrix.Row(i).ToArray());
                    Assert.True(error <= allowed, $"{name}, sequence {s}, head {h}, query {i}: {error:E2}, {allowed:E2} allowed");
                    Assert.All(row[matrix.Columns..], padding => Assert.Equal(0, padding));
                }
            }
        }
    }
}

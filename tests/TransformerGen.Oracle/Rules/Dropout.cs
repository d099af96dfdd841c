using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle.Rules;

/// <summary>What dropout multiplies an element with: 0, or 1 / (1 - rate). The gradient asks the same question.</summary>
internal static class Dropout
{
    /// <summary>Factor of each feature of a row; ones without a site.</summary>
    public static double[] Factors(Execution execution, int? site, Symbol rows, int row, int width)
    {
        var factors = new double[width];
        Array.Fill(factors, 1.0);
        if (site is { } number && execution.Batch.Dropout.Threshold != 0)
        {
            PackedRows side = execution.Side(rows);
            uint key = execution.Batch.Dropout.Row(number, side.SequenceOf[row], side.Positions[row]);
            for (int c = 0; c < width; c++)
            {
                factors[c] = execution.Batch.Dropout.Keeps(key, (uint)c) ? execution.Batch.Dropout.Scale : 0;
            }
        }

        return factors;
    }
}

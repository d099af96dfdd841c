using TransformerGen.Generator.Graph;

namespace TransformerGen.Oracle.Rules;

/// <summary>What dropout multiplies an element with: 0, or 1 / (1 - rate). The gradient asks the same question.</summary>
internal static class DropoutMask
{
    /// <summary>Factor of each feature of a row; ones without a site.</summary>
    public static double[] Factors(Execution execution, DropoutSite? site, Symbol rows, int row, int width)
    {
        var factors = new double[width];
        Array.Fill(factors, 1.0);
        if (site is not null && execution.DropoutAt(site) is { Threshold: not 0 } dropout)
        {
            (PackedRows side, row) = execution.Token(rows, row);
            uint key = dropout.Row(site.Number, side.SequenceOf[row], side.Positions[row]);
            for (int c = 0; c < width; c++)
            {
                factors[c] = dropout.Keeps(key, (uint)c) ? dropout.Scale : 0;
            }
        }

        return factors;
    }
}

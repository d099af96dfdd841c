using System.ComponentModel;

namespace TransformerGen.Model;

/// <summary>Sinusoidal position encodings (Vaswani et al. 2017, section 3.5), computed in double precision. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Sinusoid
{
    /// <summary>PE(p, 2i) = sin(p / 10000^(2i / width)), PE(p, 2i + 1) = cos of the same angle.</summary>
    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns, even.</param>
    /// <param name="interleaved">sin and cos by turns (the paper), or all sines and then all cosines.</param>
    /// <returns>[positions, width rounded up to 16], the padding zero.</returns>
    public static unsafe NativeBuffer Create(int positions, int width, bool interleaved)
    {
        int stride = Padding.RoundUp(width);
        var table = new NativeBuffer((long)positions * stride);
        for (int p = 0; p < positions; p++)
        {
            float* row = table.Start + ((long)p * stride);
            for (int i = 0; i < width / 2; i++)
            {
                double angle = p / Math.Pow(10000.0, 2.0 * i / width);
                row[interleaved ? 2 * i : i] = (float)Math.Sin(angle);
                row[interleaved ? (2 * i) + 1 : (width / 2) + i] = (float)Math.Cos(angle);
            }
        }

        return table;
    }

    /// <summary>fairseq's variant: PE(p, i) = sin(p · 10000^(-i / (width / 2 - 1))) for i below width / 2, then as many cosines of the same angles.</summary>
    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns, even, at least 4.</param>
    /// <returns>[positions, width rounded up to 16], the padding zero.</returns>
    public static unsafe NativeBuffer CreateFairseq(int positions, int width)
    {
        int stride = Padding.RoundUp(width), half = width / 2;
        var table = new NativeBuffer((long)positions * stride);
        for (int p = 0; p < positions; p++)
        {
            float* row = table.Start + ((long)p * stride);
            for (int i = 0; i < half; i++)
            {
                double angle = p * Math.Exp(-Math.Log(10000.0) * i / (half - 1));
                row[i] = (float)Math.Sin(angle);
                row[half + i] = (float)Math.Cos(angle);
            }
        }

        return table;
    }
}

using System.ComponentModel;

namespace TransformerGen.Kernels;

/// <summary>Losses of label rows, one per 16 floats. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class Losses
{
    /// <summary>Their sum in double precision, in the order of the rows.</summary>
    /// <param name="rows">Label rows.</param>
    /// <param name="losses">[rows, 16], the loss in the first column.</param>
    public static double Sum(int rows, float* losses)
    {
        double sum = 0;
        for (int r = 0; r < rows; r++)
        {
            sum += losses[(long)r * 16];
        }

        return sum;
    }
}

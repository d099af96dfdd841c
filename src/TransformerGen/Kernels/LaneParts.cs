using System.ComponentModel;

namespace TransformerGen.Kernels;

/// <summary>Less than a vector: the last columns of a group whose width no vector divides and whose neighbours belong to somebody else. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class LaneParts
{
    /// <summary>Reads the first <paramref name="count"/> lanes, and no float behind them; the other lanes are zero.</summary>
    public static V Load<V>(float* source, int count)
        where V : unmanaged, ILanes<V>
    {
        V value = V.Zero;
        float* lanes = (float*)&value;
        for (int i = 0; i < Math.Min(count, V.Count); i++)
        {
            lanes[i] = source[i];
        }

        return value;
    }

    /// <summary>Writes the first <paramref name="count"/> lanes, and no float behind them.</summary>
    public static void Store<V>(V value, float* destination, int count)
        where V : unmanaged, ILanes<V>
    {
        float* lanes = (float*)&value;
        for (int i = 0; i < Math.Min(count, V.Count); i++)
        {
            destination[i] = lanes[i];
        }
    }
}

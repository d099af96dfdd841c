using System.ComponentModel;

namespace TransformerGen.Kernels;

/// <summary>
/// One hardware vector of floats. Kernels are written once over this interface and compiled by the JIT for 512, 256 and 128 bits;
/// every member becomes one or a few instructions (the wrapper costs nothing). For generated code.
/// </summary>
/// <typeparam name="TSelf">The vector: <see cref="Lanes512"/>, <see cref="Lanes256"/> or <see cref="Lanes128"/>.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Floats in one vector: 16, 8 or 4.</summary>
    static abstract int Count { get; }

    /// <summary>All zeros.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>Every lane holds <paramref name="value"/>.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Reads <see cref="Count"/> floats from <paramref name="source"/> (any alignment).</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Writes <see cref="Count"/> floats to <paramref name="destination"/> (any alignment).</summary>
    static abstract void Store(TSelf value, float* destination);

    /// <summary>Lane-wise sum.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>Lane-wise difference.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>Lane-wise product.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>Lane-wise quotient.</summary>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>left · right + addend, fused where the hardware fuses.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>Lane-wise maximum (of ordinary numbers).</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>Lane-wise minimum (of ordinary numbers).</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>Lane-wise square root.</summary>
    static abstract TSelf Sqrt(TSelf value);

    /// <summary>Where left &gt; right: <paramref name="whenTrue"/>, else <paramref name="whenFalse"/>.</summary>
    static abstract TSelf WhereGreater(TSelf left, TSelf right, TSelf whenTrue, TSelf whenFalse);

    /// <summary>The first <paramref name="count"/> lanes of <paramref name="value"/>, <paramref name="filling"/> in the others.</summary>
    static abstract TSelf First(TSelf value, int count, TSelf filling);

    /// <summary>2^x, within 2 units in the last place for |x| &lt; 126; 0 below -126 and for minus infinity.</summary>
    static abstract TSelf Exp2(TSelf value);

    /// <summary>
    /// Dropout: lane i of <paramref name="value"/> is kept when the hash of (<paramref name="key"/>, <paramref name="first"/> + i) is not below
    /// <paramref name="threshold"/>, else zero. See <see cref="DropoutKey"/>.
    /// </summary>
    static abstract TSelf Keep(TSelf value, uint key, uint first, uint threshold);

    /// <summary>Sum of the lanes.</summary>
    static abstract float Sum(TSelf value);

    /// <summary>Largest lane.</summary>
    static abstract float Largest(TSelf value);

    /// <summary>Neighbours change places: lane 2i takes lane 2i + 1, and the other way round.</summary>
    static abstract TSelf Swap(TSelf value);

    /// <summary>Transposes a square of <see cref="Count"/> floats a side: destination[j, i] = source[i, j]; strides in floats, any alignment.</summary>
    static abstract void Transpose(float* source, int sourceStride, float* destination, int destinationStride);
}

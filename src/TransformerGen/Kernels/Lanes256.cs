using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerGen.Kernels;

/// <summary>8 floats in one 256-bit vector. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> value) => _value = value;

    /// <inheritdoc/>
    public static int Count => 8;

    /// <inheritdoc/>
    public static Lanes256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(*(Vector256<float>*)source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, float* destination) => *(Vector256<float>*)destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(Vector256.MultiplyAddEstimate(left._value, right._value, addend._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) => new(Vector256.MaxNative(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Min(Lanes256 left, Lanes256 right) => new(Vector256.MinNative(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Sqrt(Lanes256 value) => new(Vector256.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 WhereGreater(Lanes256 left, Lanes256 right, Lanes256 whenTrue, Lanes256 whenFalse) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(left._value, right._value), whenTrue._value, whenFalse._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 First(Lanes256 value, int count, Lanes256 filling)
    {
        var inside = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
        return new(Vector256.ConditionalSelect(inside, value._value, filling._value));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Exp2(Lanes256 value)
    {
        // x = n + r, n whole, |r| <= 1/2: 2^x = 2^n · 2^r; the degree-6 polynomial is the minimax fit of 2^r.
        var low = Vector256.Create(-126f);
        var x = Vector256.MinNative(Vector256.MaxNative(value._value, low), Vector256.Create(127f));
        var n = Vector256.Round(x);
        var r = x - n;
        var p = Vector256.Create(1.535336188319500e-4f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.339887440266574e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(9.618437357674640e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(5.550332471162809e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(2.402264791363012e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(6.931472028550421e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256<float>.One);
        var power = ((Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23).AsSingle();
        return new(Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(value._value, low), p * power, Vector256<float>.Zero));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Keep(Lanes256 value, uint key, uint first, uint threshold)
    {
        var hash = (Vector256<uint>.Indices + Vector256.Create(first)) * Vector256.Create(DropoutKey.Spread) ^ Vector256.Create(key);
        hash = (hash ^ (hash >>> 16)) * Vector256.Create(DropoutKey.Mix1);
        hash = (hash ^ (hash >>> 13)) * Vector256.Create(DropoutKey.Mix2);
        hash ^= hash >>> 16;
        return new(value._value & Vector256.GreaterThanOrEqual(hash, Vector256.Create(threshold)).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 value) => Vector256.Sum(value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes256 value)
    {
        var quarter = Vector128.MaxNative(value._value.GetLower(), value._value.GetUpper());
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Swap(Lanes256 value) => new(Vector256.Shuffle(value._value, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* source, int sourceStride, float* destination, int destinationStride) =>
        LaneTranspose.Eight(source, sourceStride, destination, destinationStride);
}

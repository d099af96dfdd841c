using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TransformerGen.Kernels;

/// <summary>4 floats in one 128-bit vector. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> value) => _value = value;

    /// <inheritdoc/>
    public static int Count => 4;

    /// <inheritdoc/>
    public static Lanes128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(float value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(*(Vector128<float>*)source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, float* destination) => *(Vector128<float>*)destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 left, Lanes128 right) => new(left._value + right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 left, Lanes128 right) => new(left._value - right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 left, Lanes128 right) => new(left._value * right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 left, Lanes128 right) => new(left._value / right._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 left, Lanes128 right, Lanes128 addend) =>
        new(Vector128.MultiplyAddEstimate(left._value, right._value, addend._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 left, Lanes128 right) => new(Vector128.MaxNative(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Min(Lanes128 left, Lanes128 right) => new(Vector128.MinNative(left._value, right._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Sqrt(Lanes128 value) => new(Vector128.Sqrt(value._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 WhereGreater(Lanes128 left, Lanes128 right, Lanes128 whenTrue, Lanes128 whenFalse) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(left._value, right._value), whenTrue._value, whenFalse._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 First(Lanes128 value, int count, Lanes128 filling)
    {
        var inside = Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();
        return new(Vector128.ConditionalSelect(inside, value._value, filling._value));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Exp2(Lanes128 value)
    {
        // x = n + r, n whole, |r| <= 1/2: 2^x = 2^n · 2^r; the degree-6 polynomial is the minimax fit of 2^r.
        var low = Vector128.Create(-126f);
        var x = Vector128.MinNative(Vector128.MaxNative(value._value, low), Vector128.Create(127f));
        var n = Vector128.Round(x);
        var r = x - n;
        var p = Vector128.Create(1.535336188319500e-4f);
        p = Vector128.MultiplyAddEstimate(p, r, Vector128.Create(1.339887440266574e-3f));
        p = Vector128.MultiplyAddEstimate(p, r, Vector128.Create(9.618437357674640e-3f));
        p = Vector128.MultiplyAddEstimate(p, r, Vector128.Create(5.550332471162809e-2f));
        p = Vector128.MultiplyAddEstimate(p, r, Vector128.Create(2.402264791363012e-1f));
        p = Vector128.MultiplyAddEstimate(p, r, Vector128.Create(6.931472028550421e-1f));
        p = Vector128.MultiplyAddEstimate(p, r, Vector128<float>.One);
        var power = ((Vector128.ConvertToInt32(n) + Vector128.Create(127)) << 23).AsSingle();
        return new(Vector128.ConditionalSelect(Vector128.GreaterThanOrEqual(value._value, low), p * power, Vector128<float>.Zero));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Keep(Lanes128 value, uint key, uint first, uint threshold)
    {
        var hash = (Vector128<uint>.Indices + Vector128.Create(first)) * Vector128.Create(DropoutKey.Spread) ^ Vector128.Create(key);
        hash = (hash ^ (hash >>> 16)) * Vector128.Create(DropoutKey.Mix1);
        hash = (hash ^ (hash >>> 13)) * Vector128.Create(DropoutKey.Mix2);
        hash ^= hash >>> 16;
        return new(value._value & Vector128.GreaterThanOrEqual(hash, Vector128.Create(threshold)).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 value) => Vector128.Sum(value._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes128 value)
    {
        var quarter = value._value;
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Swap(Lanes128 value) => new(Vector128.Shuffle(value._value, Vector128.Create(1, 0, 3, 2)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* source, int sourceStride, float* destination, int destinationStride) =>
        LaneTranspose.Four(source, sourceStride, destination, destinationStride);
}

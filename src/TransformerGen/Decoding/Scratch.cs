namespace TransformerGen.Decoding;

/// <summary>Memory that an algorithm keeps from call to call and that only grows.</summary>
internal static class Scratch
{
    /// <summary>The first <paramref name="length"/> elements of an array that is replaced when it is too short; contents are not kept.</summary>
    public static Span<T> Take<T>(ref T[]? array, int length)
    {
        if (array is null || array.Length < length) array = new T[length];
        return array.AsSpan(0, length);
    }
}

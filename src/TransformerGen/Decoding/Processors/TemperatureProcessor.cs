using System.Numerics;
using System.Runtime.InteropServices;

namespace TransformerGen.Decoding;

/// <summary>Divides the logits by a temperature: below 1 sharpens the distribution, above 1 flattens it.</summary>
public sealed class TemperatureProcessor : ILogitsProcessor
{
    private readonly float temperature;

    /// <summary>Creates the processor.</summary>
    /// <param name="temperature">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0 or not finite.</exception>
    public TemperatureProcessor(double temperature)
    {
        this.temperature = (float)Require.PositiveFinite(temperature, nameof(temperature));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        Vector<float> divisor = new(temperature);
        for (int v = 0; v < vectors.Length; v++) vectors[v] /= divisor;
        for (int i = vectors.Length * Vector<float>.Count; i < logits.Length; i++) logits[i] /= temperature;
    }
}

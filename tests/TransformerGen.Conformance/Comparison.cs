using System.Globalization;

namespace TransformerGen.Conformance;

/// <summary>How a case ended.</summary>
/// <param name="Kind">PASS, FAIL or UNSUPPORTED.</param>
/// <param name="Worst">The item that came nearest to (or went furthest beyond) what is allowed, or the reason.</param>
internal sealed record Verdict(string Kind, string Worst);

/// <summary>Gathers comparisons and remembers the worst, as a fraction of what is allowed.</summary>
internal sealed class Comparison
{
    private readonly HashSet<string> _items = new(StringComparer.Ordinal);
    private double _worst = -1;
    private string _description = "nothing was compared";

    /// <summary>Items compared.</summary>
    public int Count { get; private set; }

    /// <summary>The verdict over all of them.</summary>
    public Verdict Verdict => new(Count > 0 && _worst <= 1 ? "PASS" : "FAIL", _description);

    /// <summary>Compares numbers by absolute error.</summary>
    public void Add(string item, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double allowed)
    {
        if (actual.Length != expected.Length)
        {
            Fail(item, $"has {actual.Length} elements, expected {expected.Length}");
            return;
        }

        double error = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - expected[i]);
            error = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, difference);
        }

        Add(item, error, allowed);
    }

    /// <summary>Adds an error that has been computed.</summary>
    public void Add(string item, double error, double allowed)
    {
        Count++;
        _items.Add(item);
        double fraction = double.IsNaN(error) ? double.PositiveInfinity : error / allowed;
        if (fraction > _worst)
        {
            _worst = fraction;
            _description = string.Create(CultureInfo.InvariantCulture, $"{item} {error:0.0e+00}/{allowed:0.0e+00}");
        }
    }

    /// <summary>Something that is plainly wrong.</summary>
    public void Fail(string item, string reason)
    {
        Count++;
        _items.Add(item);
        if (_worst < double.MaxValue)
        {
            _worst = double.MaxValue;
            _description = $"{item}: {reason}";
        }
    }

    /// <summary>Fails where a reference was stored and nothing was compared with it.</summary>
    /// <param name="stored">Tensors of the case; those whose names begin with "input" are its inputs.</param>
    public void RequireAll(IEnumerable<string> stored)
    {
        string[] missed = [.. stored.Where(name => !name.StartsWith("input", StringComparison.Ordinal) && !_items.Contains(name)).Order(StringComparer.Ordinal)];
        if (missed.Length > 0)
        {
            Fail("coverage", $"{missed.Length} tensors of expected.safetensors were not compared: {string.Join(", ", missed.Take(5))}");
        }
    }
}

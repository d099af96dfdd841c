using System.Globalization;
using TransformerGen.Oracle;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Gathers what a spec's checks find: every failure, and how near the others came to what is allowed.</summary>
internal sealed class SpecReport
{
    /// <summary>
    /// Allowed error as a fraction of a tensor's largest element: 170 units in the last place of a float. A value lies behind at most some twenty operations,
    /// each with sums of at most a few hundred products whose roundings mostly cancel.
    /// </summary>
    private const double Tolerance = 2e-5;

    /// <summary>
    /// Where a tensor is sensitive, such as behind a softmax of large scores: allowed error in units of what rounding the parameters once, to the precision of a
    /// float, does to it. Generated code rounds everything that it computes, not the parameters alone.
    /// </summary>
    private const double Roundings = 32;

    private readonly List<string> _failures = [];

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Tensors compared.</summary>
    public int Count { get; private set; }

    /// <summary>Largest error as a fraction of what is allowed.</summary>
    public double Worst { get; private set; }

    /// <summary>The tensor with it.</summary>
    public string WorstItem { get; private set; } = "nothing";

    /// <summary>Compares with the oracle, relative to the tensor's largest element, or to <paramref name="least"/> where the tensor is smaller than that.</summary>
    /// <param name="item">What is compared.</param>
    /// <param name="actual">What the generated code computed.</param>
    /// <param name="expected">What the oracle says.</param>
    /// <param name="least">Size below which a tensor's own size does not count.</param>
    /// <param name="rounded">What the oracle says with rounded parameters; asked for only when the error is larger than usual.</param>
    public void Near(string item, ReadOnlySpan<float> actual, Matrix expected, double least, Func<Matrix>? rounded = null)
    {
        if (actual.Length != expected.Data.Length)
        {
            _failures.Add($"{item} has {actual.Length} elements, expected {expected.Data.Length}");
            return;
        }

        double scale = Math.Max(least, expected.Data.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max()), error = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = actual[i].Equals((float)expected.Data[i]) ? 0 : Math.Abs(actual[i] - expected.Data[i]);
            error = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, difference);
        }

        double allowed = Tolerance * scale;
        if (error > allowed && rounded is not null)
        {
            allowed = Math.Max(allowed, Roundings * rounded().Data.Zip(expected.Data, (a, b) => a.Equals(b) ? 0 : Math.Abs(a - b)).Max());
        }

        Add(item, error, allowed);
    }

    /// <summary>Compares bit for bit.</summary>
    public void Same(string item, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Count++;
        ReadOnlySpan<int> left = System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(actual), right = System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(expected);
        int common = left.CommonPrefixLength(right);
        if (left.Length != right.Length)
        {
            _failures.Add($"{item} has {left.Length} elements, expected {right.Length}");
        }
        else if (common < left.Length)
        {
            _failures.Add(string.Create(CultureInfo.InvariantCulture, $"{item} differs first at {common} of {left.Length}: {actual[common]:R}, expected {expected[common]:R}"));
        }
    }

    /// <summary>Something that must hold.</summary>
    public void Check(string item, bool holds)
    {
        Count++;
        if (!holds)
        {
            _failures.Add(item);
        }
    }

    private void Add(string item, double error, double allowed)
    {
        Count++;
        if (error / allowed > Worst)
        {
            (Worst, WorstItem) = (error / allowed, item);
        }

        if (!(error <= allowed))
        {
            _failures.Add(string.Create(CultureInfo.InvariantCulture, $"{item} {error:0.0e+00}/{allowed:0.0e+00}"));
        }
    }
}

using System.Diagnostics;

namespace TransformerGen.Benchmarks.Kernels;

/// <summary>Timing that compares only what ran next to each other.</summary>
internal static class Sampling
{
    // Shorter than a scheduler's time slice, so that on a shared machine some samples run undisturbed.
    private const double SampleSeconds = 0.001;

    /// <summary>
    /// Runs the work and the limit in turns, at least <paramref name="samples"/> times, and gives the medians: the work's rate, and its share of the limit
    /// measured just before and after it. Best is the best rate as a share of the best limit, what an undisturbed machine would show.
    /// </summary>
    /// <param name="amount">What one run of the work does, in the unit of the limit (operations, bytes).</param>
    /// <param name="work">The work.</param>
    /// <param name="limit">Measures the limit, in units per second.</param>
    /// <param name="samples">How often.</param>
    public static (double Rate, double Share, double Best) Against(double amount, Action work, Func<double> limit, int samples)
    {
        // The first runs compile the code and warm the caches; the next ones say how many make a sample.
        work();
        long start = Stopwatch.GetTimestamp();
        work();
        work();
        double once = Stopwatch.GetElapsedTime(start).TotalSeconds / 2;
        int repeats = (int)Math.Clamp(SampleSeconds / once, 1, 1e6);
        limit();
        var rates = new List<double>();
        var shares = new List<double>();
        var limits = new List<double>();
        double before = limit();
        for (int i = 0; i < samples; i++)
        {
            start = Stopwatch.GetTimestamp();
            for (int j = 0; j < repeats; j++)
            {
                work();
            }

            double rate = amount * repeats / Stopwatch.GetElapsedTime(start).TotalSeconds, after = limit();
            rates.Add(rate);
            limits.Add(after);
            shares.Add(rate / ((before + after) / 2));
            before = after;
        }

        double best = rates.Max() / limits.Max();
        return (Median(rates), Median(shares), best);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}

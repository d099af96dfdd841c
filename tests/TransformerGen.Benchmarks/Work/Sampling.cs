using System.Diagnostics;

namespace TransformerGen.Benchmarks.Work;

/// <summary>How work is timed: as the peers are, so that figures can stand side by side.</summary>
internal static class Sampling
{
    /// <summary>Seconds of each run: at least <paramref name="warmup"/> runs and a second untimed, then at least <paramref name="runs"/> runs and two seconds.</summary>
    public static List<double> Seconds(Action body, int runs, int warmup)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < warmup || Stopwatch.GetElapsedTime(start).TotalSeconds < 1; i++)
        {
            body();
        }

        var samples = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (samples.Count < runs || (Stopwatch.GetElapsedTime(start).TotalSeconds < 2 && samples.Count < 101))
        {
            long begin = Stopwatch.GetTimestamp();
            body();
            samples.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return samples;
    }
}

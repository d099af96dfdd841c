using System.Globalization;

namespace TransformerGen.Benchmarks.Work;

/// <summary>One measured figure: the median of some samples, in the form that the peers print too.</summary>
internal sealed record Figure(string Work, string Peer, string Variant, int Threads, string Metric, string Unit, double Median, double Min, double Max, int Count, string? Note = null)
{
    /// <summary>Summarises samples.</summary>
    public static Figure Of(string work, string peer, string variant, int threads, string metric, string unit, IEnumerable<double> samples, string? note = null)
    {
        double[] sorted = [.. samples.Order()];
        double median = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return new Figure(work, peer, variant, threads, metric, unit, median, sorted[0], sorted[^1], sorted.Length, note);
    }

    /// <summary>Reads a line that <see cref="ToJson"/> or a peer printed.</summary>
    public static Figure Parse(string line)
    {
        System.Text.Json.JsonElement json = System.Text.Json.JsonDocument.Parse(line).RootElement;
        string Text(string name) => json.GetProperty(name).GetString()!;
        double Number(string name) => json.GetProperty(name).GetDouble();
        return new Figure(
            Text("work"), Text("peer"), Text("variant"), (int)Number("threads"), Text("metric"), Text("unit"), Number("median"), Number("min"), Number("max"), (int)Number("n"),
            json.TryGetProperty("note", out System.Text.Json.JsonElement note) ? note.GetString() : null);
    }

    /// <summary>One line of JSON.</summary>
    public string ToJson()
    {
        string F(double x) => x.ToString(Math.Abs(x) >= 1000 ? "F1" : "G6", CultureInfo.InvariantCulture);
        string note = Note is null ? "" : $",\"note\":\"{Note}\"";
        return $"{{\"work\":\"{Work}\",\"peer\":\"{Peer}\",\"variant\":\"{Variant}\",\"threads\":{Threads},\"metric\":\"{Metric}\",\"unit\":\"{Unit}\","
            + $"\"median\":{F(Median)},\"min\":{F(Min)},\"max\":{F(Max)},\"n\":{Count}{note}}}";
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Work,-4} {Peer,-16} {Variant,-24} {Threads} thread{(Threads == 1 ? " " : "s")} {Metric,-16} {Median,10:G5} {Unit,-9} ({Min:G5} to {Max:G5}, {Count} samples)");
}

using System.Text;
using Translate.Corpus;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>Reading a user's own pairs.</summary>
public class PairFileTests
{
    [Fact]
    public void Good_lines_are_read_and_bad_ones_reported_by_number()
    {
        var reports = new List<(int Line, string Problem)>();
        List<SentencePair> pairs = Read("Bonjour.\tHello.\n\nno tab here\nun\tone\ttwo\n\tnothing before\nnothing behind\t\n  Merci.\tThanks. \r\nBonjour.\tHello.\n", reports);
        Assert.Equal([("Bonjour.", "Hello."), ("Merci.", "Thanks.")], pairs.Select(pair => (pair.Source, pair.Target)));
        Assert.Equal([3, 4, 5, 6], reports.Select(report => report.Line));
        Assert.Contains("no tab", reports[0].Problem, StringComparison.Ordinal);
        Assert.Contains("2 tabs", reports[1].Problem, StringComparison.Ordinal);
        Assert.Contains("before", reports[2].Problem, StringComparison.Ordinal);
        Assert.Contains("behind", reports[3].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_at_the_start_is_no_part_of_the_first_sentence()
    {
        using var stream = new MemoryStream([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("été\tsummer")]);
        Assert.Equal("été", Assert.Single(PairFile.Read(stream, (_, _) => { })).Source);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_reported_and_the_run_goes_on()
    {
        var lines = new List<int>();
        using var stream = new MemoryStream([.. "a\tb\n"u8, 0xE9, (byte)'t', 0xE9, .. "\tsummer\nc\td\n"u8]);
        Assert.Equal(["a", "c"], PairFile.Read(stream, (line, _) => lines.Add(line)).Select(pair => pair.Source));
        Assert.Equal([2], lines);
    }

    [Fact]
    public void The_held_out_part_is_spread_evenly_and_shares_no_source()
    {
        SentencePair[] pairs = [.. Enumerable.Range(0, 100).Select(i => new SentencePair($"s{i % 90}", $"t{i}", $"s{i % 90}"))];
        SplitCorpus split = HeldOutSplit.Evenly(pairs, 10);
        Assert.Equal(10, split.HeldOut.Count);
        Assert.Empty(split.Training.Select(pair => pair.Source).Intersect(split.HeldOut.Select(pair => pair.Source)));
        Assert.Equal(split.HeldOut, HeldOutSplit.Evenly(pairs, 10).HeldOut);
    }

    private static List<SentencePair> Read(string text, List<(int Line, string Problem)> reports)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return PairFile.Read(stream, (line, problem) => reports.Add((line, problem)));
    }
}

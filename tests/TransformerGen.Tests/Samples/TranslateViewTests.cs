using System.Globalization;
using Spectre.Console;
using Translate;
using Translate.Corpus;
using Translate.Session;
using Translate.Ui;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>The lines that the sample prints, and its command line.</summary>
public class TranslateViewTests
{
    [Fact]
    public void Results_are_printed_in_their_exact_words()
    {
        SentencePair[] pairs = [.. Enumerable.Range(0, 500).Select(i => new SentencePair("s", "right", "s"))];
        var evaluation = new Evaluation(pairs, [.. pairs.Select((pair, i) => i < 467 ? "right" : "Right")], 95.123);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            Assert.Equal("exact match: 93.4 % (467 of 500)", EvaluationView.ExactLine(evaluation));
            Assert.Equal("BLEU: 95.1", EvaluationView.BleuLine(evaluation));
            Assert.Equal(
                "step 120/900  loss 1.234  rate 8.1E-04  12,345 tokens/s  0:23 left",
                ReportText.Short(new(120, 900, 1.2341, 8.1e-4, 12_345.4, TimeSpan.FromSeconds(22.4))));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Redirected_output_gets_plain_lines_now_and_then()
    {
        var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text) });
        TrainingOutcome outcome = TrainingProgress.Run(console, progress =>
        {
            for (int step = 1; step <= 1_000; step++) progress.Report(new(step, 1_000, 1, 1e-3, 5_000, TimeSpan.Zero));
            return TrainingOutcome.Finished;
        });
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(TrainingOutcome.Finished, outcome);
        Assert.StartsWith("step 1/1000", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("step 1000/1000", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lines.Length, 2, 10);
        Assert.DoesNotContain('\u001b', text.ToString());
    }

    [Fact]
    public void The_command_line_reads_every_option()
    {
        SessionOptions? seen = null;
        int code = CommandLine.Create(options => { seen = options; return 7; })
            .Parse(["Je mange.", "Il dort.", "--retrain", "--beam", "6", "--threads", "1", "--epochs", "3", "--minutes", "0.5", "--model", "m"]).Invoke();
        Assert.Equal(7, code);
        Assert.Equal(["Je mange.", "Il dort."], seen!.Sentences);
        Assert.Equal((true, 6, 1, 3, 0.5, "m"), (seen.Retrain, seen.Beam, seen.Threads, seen.Epochs, seen.Minutes, seen.Model!.Name));
        Assert.Null(seen.Data);
    }

    [Theory]
    [InlineData("--beam", "0")]
    [InlineData("--beam", "many")]
    [InlineData("--threads", "-1")]
    [InlineData("--epochs", "0")]
    [InlineData("--minutes", "0")]
    [InlineData("--data", "no-such-file.tsv")]
    [InlineData("--unknown", "1")]
    public void A_wrong_option_is_an_error_and_runs_nothing(string option, string value)
    {
        var parsed = CommandLine.Create(_ => throw new InvalidOperationException("It ran.")).Parse([option, value, "--retrain"]);
        Assert.Contains(option, Assert.Single(parsed.Errors).Message, StringComparison.Ordinal);
        var silent = new System.CommandLine.InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null };
        Assert.Equal(1, parsed.Invoke(silent));
    }
}

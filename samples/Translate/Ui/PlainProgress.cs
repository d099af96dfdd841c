using Spectre.Console;
using Translate.Session;

namespace Translate.Ui;

/// <summary>Writes a line at the first report, every few seconds, at each validation and at the last step.</summary>
internal sealed class PlainProgress(IAnsiConsole console, TimeProvider clock) : IProgress<TrainingReport>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long? last;

    /// <inheritdoc/>
    public void Report(TrainingReport value)
    {
        bool due = last is not { } then || clock.GetElapsedTime(then) >= Pause;
        if (due || value.Step == value.TotalSteps)
        {
            last = clock.GetTimestamp();
            console.WriteLine(ReportText.Short(value));
        }

        if (value.ValidationLoss is not null) console.WriteLine(ReportText.Validation(value));
    }
}

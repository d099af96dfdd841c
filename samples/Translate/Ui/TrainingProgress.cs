using Spectre.Console;
using Translate.Session;

namespace Translate.Ui;

/// <summary>Shows training while it runs: a live bar on a terminal, a plain line now and then where output is redirected.</summary>
internal static class TrainingProgress
{
    /// <summary>Runs the work and shows what it reports.</summary>
    /// <param name="console">Where to show it.</param>
    /// <param name="work">Trains, and reports to the given progress on the calling thread.</param>
    public static TrainingOutcome Run(IAnsiConsole console, Func<IProgress<TrainingReport>, TrainingOutcome> work)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi) return work(new PlainProgress(console, TimeProvider.System));
        return console.Progress()
            .AutoRefresh(true)
            .AutoClear(false)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => work(new LiveProgress(context.AddTask("starting"), console)));
    }

    private sealed class LiveProgress(ProgressTask task, IAnsiConsole console) : IProgress<TrainingReport>
    {
        public void Report(TrainingReport value)
        {
            task.MaxValue = value.TotalSteps;
            task.Value = value.Step;
            task.Description = Markup.Escape(ReportText.Short(value));
            if (value.ValidationLoss is not null) console.WriteLine(ReportText.Validation(value));
        }
    }
}

using System.Globalization;
using Translate.Session;

namespace Translate.Ui;

/// <summary>The words of a training report; the same in every culture.</summary>
internal static class ReportText
{
    /// <summary>"step 120/900  loss 1.234  rate 8.1E-04  12,345 tokens/s  0:23 left".</summary>
    public static string Short(TrainingReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"step {report.Step}/{report.TotalSteps}  loss {report.Loss:F3}  rate {report.LearningRate:0.0E-00}  {report.TokensPerSecond:N0} tokens/s  {Minutes(report.TimeLeft)} left");

    /// <summary>"step 120: validation loss 1.234".</summary>
    public static string Validation(TrainingReport report) => string.Create(
        CultureInfo.InvariantCulture, $"step {report.Step}: validation loss {report.ValidationLoss:F3}");

    private static string Minutes(TimeSpan time)
    {
        int seconds = Math.Max(0, (int)Math.Ceiling(time.TotalSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}");
    }
}

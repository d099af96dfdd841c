using System.Globalization;
using Spectre.Console;
using Translate.Corpus;
using Translate.Session;

namespace Translate.Ui;

/// <summary>Shows how held-out sentences were translated.</summary>
internal static class EvaluationView
{
    private const int Examples = 12;

    /// <summary>"exact match: 93.4 % (467 of 500)".</summary>
    public static string ExactLine(Evaluation evaluation) => "exact match: " + Share(evaluation);

    /// <summary>"BLEU: 95.1".</summary>
    public static string BleuLine(Evaluation evaluation) => string.Create(CultureInfo.InvariantCulture, $"BLEU: {evaluation.Bleu:F1}");

    /// <summary>"word-by-word dictionary: 2.6 % (13 of 500), BLEU 20.3".</summary>
    public static string BaselineLine(Evaluation evaluation) => string.Create(
        CultureInfo.InvariantCulture, $"word-by-word dictionary: {Share(evaluation)}, BLEU {evaluation.Bleu:F1}");

    /// <summary>Some held-out sentences spread over the whole part, each with translation, reference and right or wrong.</summary>
    public static void ShowExamples(IAnsiConsole console, Evaluation evaluation)
    {
        int count = Math.Min(Examples, evaluation.Pairs.Count);
        var chosen = Enumerable.Range(0, count).Select(index => index * evaluation.Pairs.Count / count).ToList();
        if (!console.Profile.Capabilities.Ansi)
        {
            foreach (int index in chosen) Plain(console, evaluation.Pairs[index], evaluation.Translations[index]);
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("source", "translation", "reference", "");
        foreach (int index in chosen)
        {
            SentencePair pair = evaluation.Pairs[index];
            bool right = evaluation.Translations[index] == pair.Target;
            table.AddRow(
                new Text(pair.Source), new Text(evaluation.Translations[index]), new Text(pair.Target),
                new Markup(right ? "[green]right[/]" : "[red]wrong[/]"));
        }

        console.Write(table);
    }

    private static void Plain(IAnsiConsole console, SentencePair pair, string translation)
    {
        console.WriteLine($"source:      {pair.Source}");
        console.WriteLine($"translation: {translation}");
        console.WriteLine($"reference:   {pair.Target}");
        console.WriteLine(translation == pair.Target ? "right" : "wrong");
    }

    private static string Share(Evaluation evaluation)
    {
        double percent = evaluation.Pairs.Count == 0 ? 0 : 100.0 * evaluation.Exact / evaluation.Pairs.Count;
        return string.Create(CultureInfo.InvariantCulture, $"{percent:F1} % ({evaluation.Exact} of {evaluation.Pairs.Count})");
    }
}

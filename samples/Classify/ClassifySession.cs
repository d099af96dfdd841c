using System.Globalization;
using Samples;
using TransformerGen.Model;
using TransformerGen.Training;

namespace Classify;

/// <summary>Trains where there is no classifier yet, then classifies.</summary>
internal static class ClassifySession
{
    private const string Advice =
        """
        An encoder is a folder with config.json, model.safetensors and its tokenizer.json (or vocab.txt). The sample's own is
        sentence-transformers/all-MiniLM-L6-v2 on Hugging Face: download these three files, then --base FOLDER.
        For a BERT of other sizes, take its numbers over into samples/Classify/model/config.json and run again.
        """;

    /// <summary>Runs it and gives the exit code.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="cancellationToken">Stops training between two steps.</param>
    public static int Run(ClassifyOptions options, CancellationToken cancellationToken)
    {
        string folder = options.Model ?? Path.Combine(
            AppContext.BaseDirectory, "models", options.Data is { } data ? "data-" + Path.GetFileNameWithoutExtension(data.Name) : "requests");
        try
        {
            using TextClassifier? classifier = !options.Retrain && TextClassifier.IsIn(folder) ? Reload(folder) : Train(options, folder, cancellationToken);
            if (classifier is null) return 1;
            Answer(classifier, options.Texts);
            return 0;
        }
        catch (ModelMismatchException mismatch)
        {
            Console.Error.WriteLine(mismatch.Message);
            Console.Error.WriteLine(Advice);
            return 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped; nothing was saved.");
            return 130;
        }
    }

    private static TextClassifier Reload(string folder)
    {
        TextClassifier classifier = TextClassifier.Load(folder);
        Console.Error.WriteLine($"Classifier from {folder}; --retrain trains it anew.");
        return classifier;
    }

    private static TextClassifier? Train(ClassifyOptions options, string folder, CancellationToken cancellationToken)
    {
        (List<LabelledText> training, List<LabelledText> heldOut) = Lines(options);
        string[] labels = [.. training.Select(line => line.Label).Distinct().Order(StringComparer.Ordinal)];
        string? problem = labels.Length < 2 ? $"There are {labels.Length} labels to learn; expected at least 2."
            : labels.Length > TextClassifier.MostLabels
                ? $"There are {labels.Length} labels; the head has room for {TextClassifier.MostLabels}. Raise num_labels in samples/Classify/model/config.json and run again."
            : null;
        if (problem is null && ModelFolder.Find(options.Base, Path.Combine("models", "all-MiniLM-L6-v2"), out problem) is { } encoder)
        {
            return Train(TextClassifier.FromEncoder(encoder, labels, options.Seed), training, heldOut, labels, options, folder, cancellationToken);
        }

        Console.Error.WriteLine(problem);
        if (labels.Length is >= 2 && labels.Length <= TextClassifier.MostLabels) Console.Error.WriteLine(Advice);
        return null;
    }

    private static TextClassifier Train(
        TextClassifier classifier, List<LabelledText> training, List<LabelledText> heldOut, string[] labels, ClassifyOptions options, string folder,
        CancellationToken cancellationToken)
    {
        try
        {
            Console.WriteLine($"{training.Count} lines to learn from, {heldOut.Count} held out; labels: {string.Join(", ", labels)}");
            foreach (ParameterGroup group in TextClassifier.Groups)
            {
                Console.WriteLine(FormattableString.Invariant($"  {group.Pattern,-24} {(group.Frozen ? "frozen" : $"rate x {group.LearningRateFactor}")}"));
            }

            Console.WriteLine("before: " + Accuracy(classifier, heldOut, training));
            FitResult result = classifier.Train(training, options.Epochs, options.Rate, options.Seed, new EpochLines(), cancellationToken);
            if (!result.Completed) throw new OperationCanceledException(cancellationToken);
            Console.WriteLine("after:  " + Accuracy(classifier, heldOut, training));
            classifier.Save(folder);
            Console.WriteLine($"{result.Steps} steps in {result.Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s; saved to {folder}");
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private static (List<LabelledText> Training, List<LabelledText> HeldOut) Lines(ClassifyOptions options)
    {
        List<LabelledText> Read(string path) => LabelledFile.Read(path, Console.Error.WriteLine);
        string Own(string name) => Path.Combine(AppContext.BaseDirectory, name);
        if (options.Data is null) return (Read(Own("learn.tsv")), Read(options.Test?.FullName ?? Own("test.tsv")));
        List<LabelledText> lines = Read(options.Data.FullName);
        return options.Test is null ? LabelledFile.Split(lines) : (lines, Read(options.Test.FullName));
    }

    private static string Accuracy(TextClassifier classifier, List<LabelledText> heldOut, List<LabelledText> training) => heldOut.Count > 0
        ? $"{Share(classifier, heldOut)} of the lines held out"
        : $"{Share(classifier, training)} of the lines to learn from (none is held out)";

    private static string Share(TextClassifier classifier, List<LabelledText> lines)
    {
        Answer[] answers = classifier.Classify([.. lines.Select(line => line.Text)]);
        int right = lines.Where((line, i) => answers[i].Label == line.Label).Count();
        return string.Create(CultureInfo.InvariantCulture, $"{100.0 * right / lines.Count:F1} % ({right} of {lines.Count})");
    }

    private static void Answer(TextClassifier classifier, string[] texts)
    {
        foreach (string text in texts) Print(classifier, text);
        if (texts.Length > 0) return;
        string? prompt = Console.IsInputRedirected ? null : "> ";
        while (true)
        {
            Console.Write(prompt);
            if (Console.In.ReadLine()?.Trim() is not { } line || line is "exit" or "quit") return;
            if (line.Length > 0) Print(classifier, line);
        }
    }

    private static void Print(TextClassifier classifier, string text)
    {
        Answer answer = classifier.Classify([text])[0];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{answer.Label} ({answer.Probability:P0}): {text}"));
    }

    // A line every few epochs.
    private sealed class EpochLines : IProgress<TrainingProgress>
    {
        private long _next;

        public void Report(TrainingProgress value)
        {
            if (value.Steps < _next && value.Steps != value.TotalSteps) return;
            _next = value.Steps + Math.Max(1, value.TotalSteps / 8);
            Console.WriteLine(FormattableString.Invariant($"step {value.Steps}/{value.TotalSteps}  loss {value.Last.Loss:F3}  {value.TokensPerSecond:N0} tokens/s"));
        }
    }
}

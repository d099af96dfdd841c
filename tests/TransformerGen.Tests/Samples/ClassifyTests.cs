using Classify;
using TransformerGen.Training;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Samples;

/// <summary>samples/Classify, with all-MiniLM-L6-v2 where it is there.</summary>
public sealed class ClassifyTests(ITestOutputHelper output)
{
    [SharedFact("data/models/all-MiniLM-L6-v2")]
    public void Eight_lines_a_label_teach_it_and_what_was_saved_answers_the_same()
    {
        string encoder = SharedData.Find("data/models/all-MiniLM-L6-v2");
        List<LabelledText> Lines(string name) => LabelledFile.Read(Path.Combine(AppContext.BaseDirectory, name), problem => Assert.Fail(problem));
        List<LabelledText> training = Lines("learn.tsv"), heldOut = Lines("test.tsv");
        string[] labels = [.. training.Select(line => line.Label).Distinct()], texts = [.. heldOut.Select(line => line.Text)];
        string folder = Directory.CreateTempSubdirectory("classify-").FullName;
        try
        {
            using TextClassifier classifier = TextClassifier.FromEncoder(encoder, labels, seed: 5);
            double before = Accuracy(classifier.Classify(texts));
            classifier.Train(training, epochs: 12, rate: 1e-4, seed: 5, new Progress<TrainingProgress>(), default);
            Answer[] answers = classifier.Classify(texts);
            double after = Accuracy(answers);
            output.WriteLine($"{before:P1} before, {after:P1} after");

            // A guess is right once in five times.
            Assert.InRange(before, 0, 0.5);
            Assert.InRange(after, 0.8, 1);
            classifier.Save(folder);
            using TextClassifier loaded = TextClassifier.Load(folder);
            Assert.Equal(answers, loaded.Classify(texts));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        double Accuracy(Answer[] answers) => heldOut.Where((line, i) => answers[i].Label == line.Label).Count() / (double)heldOut.Count;
    }

    [Fact]
    public void Lines_without_label_or_text_are_reported_and_passed_over()
    {
        string path = Path.GetTempFileName();
        var problems = new List<string>();
        try
        {
            File.WriteAllText(path, "a\tone\nno tab\n\n\tnothing before\nb\t\nb\ttwo\twith a tab\r\n");
            Assert.Equal([new LabelledText("a", "one"), new LabelledText("b", "two\twith a tab")], LabelledFile.Read(path, problems.Add));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal(3, problems.Count);
        Assert.Contains("line 2", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void One_line_in_five_of_each_label_is_held_out()
    {
        (List<LabelledText> training, List<LabelledText> heldOut) = LabelledFile.Split(
            Enumerable.Range(0, 20).Select(i => new LabelledText(i % 2 == 0 ? "a" : "b", i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Equal(16, training.Count);
        Assert.Equal(["8", "9", "18", "19"], heldOut.Select(line => line.Text));
    }
}

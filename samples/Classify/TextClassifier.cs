using Samples;
using TransformerGen.Encoders;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Text;
using TransformerGen.Training;

namespace Classify;

/// <summary>A label and how sure the model is of it.</summary>
/// <param name="Label">The label.</param>
/// <param name="Probability">Its share among the labels there are.</param>
internal readonly record struct Answer(string Label, float Probability);

/// <summary>The model with its tokenizer and its labels.</summary>
internal sealed class TextClassifier : IDisposable
{
    private const string LabelsName = "labels.txt";
    private const int BatchSize = 8;

    private readonly Classifier _model;
    private readonly TextTokenizer _tokenizer;
    private readonly string[] _labels;

    private TextClassifier(Classifier model, TextTokenizer tokenizer, string[] labels) => (_model, _tokenizer, _labels) = (model, tokenizer, labels);

    /// <summary>Most labels that the head has room for.</summary>
    public static int MostLabels => Classifier.Info.Classes;

    /// <summary>
    /// What is trained how. Embeddings and the lower half of the layers keep what pretraining gave them; above, the rate grows towards the head, which begins
    /// from nothing and has to move most.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> Groups { get; } =
    [
        new("bert.embeddings") { Frozen = true },
        new("bert.encoder.layer.0") { Frozen = true },
        new("bert.encoder.layer.1") { Frozen = true },
        new("bert.encoder.layer.2") { Frozen = true },
        new("bert.encoder.layer.3") { LearningRateFactor = 0.25 },
        new("bert.encoder.layer.4") { LearningRateFactor = 0.5 },
        new("bert.encoder.layer.5") { LearningRateFactor = 1 },
        new("bert.pooler") { LearningRateFactor = 2 },
        new("classifier") { LearningRateFactor = 10 },
    ];

    /// <summary>Takes an encoder that was pretrained, under a fresh head.</summary>
    /// <param name="path">Its folder, or its .safetensors file.</param>
    /// <param name="labels">The labels, at most <see cref="MostLabels"/>.</param>
    /// <param name="seed">Seed of the head.</param>
    public static TextClassifier FromEncoder(string path, string[] labels, ulong seed) =>
        new(Classifier.Load(path, options: new LoadOptions { AllowMissingHead = true, Seed = seed }), TextTokenizer.Load(ModelFolder.Of(path)), labels);

    /// <summary>Whether a folder holds what <see cref="Save"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, LabelsName));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    public static TextClassifier Load(string folder)
    {
        string[] labels = File.ReadAllLines(Path.Combine(folder, LabelsName));
        if (labels.Length is 0 || labels.Length > MostLabels) throw new InvalidDataException($"{LabelsName} in {folder} has {labels.Length} lines; expected a label on each, 1 to {MostLabels}.");
        return new TextClassifier(Classifier.Load(folder), TextTokenizer.Load(folder), labels);
    }

    /// <summary>Writes a folder that transformers reads, too; the labels' names stand in labels.txt, which comes last.</summary>
    /// <param name="folder">The folder; created when it is missing.</param>
    public void Save(string folder)
    {
        if (IsIn(folder)) File.Delete(Path.Combine(folder, LabelsName));
        _model.Save(folder);
        _tokenizer.Save(Path.Combine(folder, "tokenizer.json"));
        File.WriteAllLines(Path.Combine(folder, LabelsName), _labels);
    }

    /// <summary>Trains on lines.</summary>
    /// <param name="lines">The lines; their labels are among the classifier's.</param>
    /// <param name="epochs">Passes over them.</param>
    /// <param name="rate">Highest learning rate of a group with factor 1.</param>
    /// <param name="seed">Seed of dropout and of the order of lines.</param>
    /// <param name="progress">Hears of every step.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>What the training saw.</returns>
    public FitResult Train(
        IReadOnlyList<LabelledText> lines, int epochs, double rate, ulong seed, IProgress<TrainingProgress> progress, CancellationToken cancellationToken)
    {
        var examples = new TrainingBatch(Classifier.Info);
        foreach (LabelledText line in lines) examples.AddLabelled(Tokenize(line.Text), Array.IndexOf(_labels, line.Label));
        var source = new ShuffledSource(examples, BatchSize, seed);
        long steps = (long)source.BatchesPerEpoch * epochs;
        using var trainer = new Trainer<Classifier>(
            _model,
            new TrainerOptions
            {
                Optimizer = Optimizer.AdamW(weightDecay: 0.01),
                Schedule = LearningRateSchedule.Linear(rate, steps, warmup: steps / 10),
                ClipNorm = 1,
                Groups = Groups,
                Seed = seed,
            },
            Team.Shared);
        return trainer.Fit(source, epochs, progress, cancellationToken);
    }

    /// <summary>The most probable label of each text.</summary>
    /// <param name="texts">The texts.</param>
    public Answer[] Classify(IReadOnlyList<string> texts)
    {
        int[][] sequences = [.. texts.Select(Tokenize)];
        var answers = new Answer[sequences.Length];
        for (int first = 0; first < sequences.Length; first += BatchSize)
        {
            int[][] part = sequences[first..Math.Min(first + BatchSize, sequences.Length)];
            var probabilities = new float[part.Length * MostLabels];
            _model.ClassProbabilities([.. part.SelectMany(ids => ids)], [.. part.Select(ids => ids.Length)], probabilities);
            for (int i = 0; i < part.Length; i++)
            {
                // Classes without a label never occurred in training; what is left of their probability is shared out.
                ReadOnlySpan<float> row = probabilities.AsSpan(i * MostLabels, _labels.Length);
                int best = 0;
                float sum = 0;
                for (int c = 0; c < row.Length; c++)
                {
                    sum += row[c];
                    if (row[c] > row[best]) best = c;
                }

                answers[first + i] = new Answer(_labels[best], row[best] / sum);
            }
        }

        return answers;
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    // A longer text loses its end, and keeps [SEP].
    private int[] Tokenize(string text)
    {
        int[] ids = _tokenizer.Encode(text);
        int most = Classifier.Info.MaxLength;
        return ids.Length <= most ? ids : [.. ids[..(most - 1)], ids[^1]];
    }
}

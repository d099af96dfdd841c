using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;

namespace TransformerGen.Oracle;

/// <summary>A small encoder with one of the heads, and a batch for it: sequences of different lengths, token types, labels of the head's kind.</summary>
internal sealed class HeadCase
{
    private const double DropoutRate = 0.2;

    private HeadCase(string keys, HubTask task, int? labels = null)
    {
        Json = "{ \"model_type\": \"bert\", \"hidden_size\": 10, \"num_attention_heads\": 2, \"num_hidden_layers\": 1, \"intermediate_size\": 13, \"vocab_size\": 19, "
            + "\"max_position_embeddings\": 12, \"hidden_dropout_prob\": 0.2, \"attention_probs_dropout_prob\": 0, \"layer_norm_eps\": 0.001" + keys + " }";
        Spec = ConfigFile.Read("config.json", Json, [], new HeadChoice(task, labels)).Spec ?? throw new InvalidOperationException("The config.json is in error.");
        var random = new Random(7);
        // Not token 0: the padding row of the embedding learns nothing.
        Rows = [.. ((int[])[7, 1, 12]).Select(length => Enumerable.Range(0, length).Select(_ => random.Next(1, Spec.Vocabulary)).ToArray())];
        Types = [.. Rows.Select(row => row.Select(_ => random.Next(2)).ToArray())];
        int total = Rows.Sum(row => row.Length);
        int[] first = [0, Rows[0].Length, Rows[0].Length + Rows[1].Length];
        HeadSpec head = Spec.Head;
        bool isPerSequence = head is { Kind: HeadKind.Classes, Rows: HeadRows.First } or { Kind: HeadKind.Hidden };
        int[] rows = isPerSequence ? first : [.. Enumerable.Range(0, total)];
        Numbers = head is { Kind: HeadKind.Classes, Loss: not LossKind.CrossEntropy }
            ? [.. rows.Select(_ => Enumerable.Range(0, head.Classes).Select(_ => (double)(float)(head.Loss == LossKind.MultiLabel ? random.Next(3) / 2.0 : random.NextDouble() - 0.5)).ToArray())]
            : [];

        // The first sequence has an answer, the second one's only token is both of its ends, the third has a first token alone: its last one was cut off.
        Answers = [(2, 4), (0, 0), (5, 99)];
        Labels = head.Kind switch
        {
            HeadKind.Span => [.. Enumerable.Range(0, total).Select(row => row == 2 ? 1 : row == 4 ? 2 : row == 7 ? 3 : row == 13 ? 1 : 0)],
            HeadKind.Classes => [.. rows.Select(_ => random.Next(head.Classes))],
            _ => [.. rows.Select(_ => 0)],
        };
        Batch = new OracleBatch
        {
            Sources = [.. Rows.Select((row, s) => new OracleSequence(row, 0, s, s) { Types = Types[s] })],
            LabelRows = rows,
            Labels = Labels,
            Numbers = Numbers,
            SpanWeights = (3 / (2.0 * 3), 3 / (2.0 * 2)),
            Scale = 1.0 / (head.Kind == HeadKind.Span ? Rows.Length : rows.Length),
            Training = true,
            Dropout = DropoutKey.Create(0, 0, 0, DropoutRate),
        };
    }

    /// <summary>One case for each head and loss.</summary>
    public static IReadOnlyDictionary<string, HeadCase> All { get; } = new Dictionary<string, HeadCase>(StringComparer.Ordinal)
    {
        ["hidden states and pooler"] = new("", HubTask.Model),
        ["masked language"] = new("", HubTask.MaskedLanguage),
        ["classes of sequences"] = new("", HubTask.SequenceClassification, 5),
        ["several classes of sequences"] = new(", \"problem_type\": \"multi_label_classification\", \"classifier_dropout\": 0.4", HubTask.SequenceClassification, 3),
        ["numbers of sequences"] = new(", \"problem_type\": \"regression\"", HubTask.SequenceClassification, 2),
        ["one number of sequences"] = new("", HubTask.SequenceClassification, 1),
        ["classes of tokens"] = new("", HubTask.TokenClassification, 17),
        ["spans"] = new("", HubTask.QuestionAnswering),
    };

    /// <summary>config.json.</summary>
    public string Json { get; }

    public ModelSpec Spec { get; }

    /// <summary>Tokens of the sequences.</summary>
    public int[][] Rows { get; }

    /// <summary>Types of the tokens.</summary>
    public int[][] Types { get; }

    /// <summary>A label for each label row.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>Numbers for each label row, where there are no classes.</summary>
    public IReadOnlyList<double[]> Numbers { get; }

    /// <summary>Where the answers begin and end.</summary>
    public (int Start, int End)[] Answers { get; }

    /// <summary>The batch of a training pass with dropout, as the trainer draws it for its first step with seed 0.</summary>
    public OracleBatch Batch { get; }
}

using TransformerGen.Kernels;

namespace TransformerGen.Oracle;

/// <summary>One sequence of a batch.</summary>
/// <param name="Tokens">Its (new) tokens.</param>
/// <param name="Past">Positions that it already has in its slot of the cache.</param>
/// <param name="Slot">Its place in the cache: the decoder's own for a target, the encoder's for a source.</param>
/// <param name="SourceSlot">For a target: its source's place in the encoder's cache.</param>
internal sealed record OracleSequence(IReadOnlyList<int> Tokens, int Past = 0, int Slot = 0, int SourceSlot = 0)
{
    /// <summary>Type of each token; null where all are 0.</summary>
    public IReadOnlyList<int>? Types { get; init; }

    /// <summary>Rows at its end that are padding: they see the rows before them and nobody sees them.</summary>
    public int Padding { get; init; }

    /// <summary>Padding of this id stands at position -1 and is not counted; -1 for none.</summary>
    public int UnplacedId { get; init; } = -1;

    /// <summary>Which of its rows are global tokens.</summary>
    public IReadOnlySet<int> Globals { get; init; } = new HashSet<int>();
}

/// <summary>What one pass computes with, beside the parameters.</summary>
internal sealed record OracleBatch
{
    public IReadOnlyList<OracleSequence> Sources { get; init; } = [];

    public IReadOnlyList<OracleSequence> Targets { get; init; } = [];

    /// <summary>Rows (of the stack whose output is projected) whose next token is wanted, ascending.</summary>
    public IReadOnlyList<int> LabelRows { get; init; } = [];

    /// <summary>
    /// Class that each label row should predict; may be empty where the graph computes no loss. Of spans 1 at an answer's first token, 2 at its last, 3 for both, else 0.
    /// </summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    /// <summary>Numbers that each label row should give, where they are no classes.</summary>
    public IReadOnlyList<double[]> Numbers { get; init; } = [];

    /// <summary>Factor of the losses at an answer's first token and at its last.</summary>
    public (double Start, double End) SpanWeights { get; init; } = (0.5, 0.5);

    /// <summary>A caller's loss of one number of the outputs, and its derivative, for models that give hidden states: their sum is the loss.</summary>
    public (Func<double, double> Loss, Func<double, double> Derivative) Given { get; init; } = (Math.Sin, Math.Cos);

    /// <summary>ε of label smoothing.</summary>
    public double Smoothing { get; init; }

    /// <summary>What each row's loss is multiplied with; null for 1 / label rows, the mean.</summary>
    public double? Scale { get; init; }

    public DropoutKey Dropout { get; init; } = DropoutKey.None;

    /// <summary>Batch norm takes the batch's own statistics and moves the running ones.</summary>
    public bool Training { get; init; }

    /// <summary>Sequences in slots 0, 1, 2 ..., nothing cached, every row of <paramref name="labelled"/> with its label.</summary>
    /// <param name="sources">Tokens of each source sequence.</param>
    /// <param name="targets">Tokens of each target sequence.</param>
    /// <param name="labelled">A label for each row of the projected stack, end to end; null where none counts. Null for every row, unlabelled.</param>
    public static OracleBatch Of(IReadOnlyList<int[]> sources, IReadOnlyList<int[]> targets, IReadOnlyList<int?>? labelled = null)
    {
        int rows = (targets.Count > 0 ? targets : sources).Sum(tokens => tokens.Length);
        if (labelled is not null && labelled.Count != rows)
        {
            throw new ArgumentException($"There are {rows} rows, but labels for {labelled.Count}.", nameof(labelled));
        }

        int[] labelRows = [.. Enumerable.Range(0, rows).Where(row => labelled is null || labelled[row] is not null)];
        return new OracleBatch
        {
            Sources = [.. sources.Select((tokens, s) => new OracleSequence(tokens, 0, s, s))],
            Targets = [.. targets.Select((tokens, s) => new OracleSequence(tokens, 0, s, s))],
            LabelRows = labelRows,
            Labels = labelled is null ? [] : [.. labelRows.Select(row => labelled[row]!.Value)],
        };
    }
}

/// <summary>One side of a batch as rows, end to end.</summary>
internal sealed class PackedRows
{
    public PackedRows(IReadOnlyList<OracleSequence> sequences)
    {
        Sequences = sequences;
        var (tokens, types, positions, sequenceOf, offsets) = (new List<int>(), new List<int>(), new List<int>(), new List<int>(), new List<int> { 0 });
        for (int s = 0; s < sequences.Count; s++)
        {
            int position = sequences[s].Past;
            for (int i = 0; i < sequences[s].Tokens.Count; i++)
            {
                bool isUnplaced = i >= sequences[s].Tokens.Count - sequences[s].Padding && sequences[s].Tokens[i] == sequences[s].UnplacedId;
                tokens.Add(sequences[s].Tokens[i]);
                types.Add(sequences[s].Types?[i] ?? 0);
                positions.Add(isUnplaced ? -1 : position++);
                sequenceOf.Add(s);
            }

            offsets.Add(tokens.Count);
        }

        (Tokens, Types, Positions, SequenceOf, Offsets) = (tokens, types, positions, sequenceOf, offsets);
    }

    public IReadOnlyList<OracleSequence> Sequences { get; }

    public int Count => Tokens.Count;

    /// <summary>Token of each row.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>Token type of each row.</summary>
    public IReadOnlyList<int> Types { get; }

    /// <summary>Position of each row in its sequence, the cached part included.</summary>
    public IReadOnlyList<int> Positions { get; }

    /// <summary>Sequence of each row.</summary>
    public IReadOnlyList<int> SequenceOf { get; }

    /// <summary>First row of each sequence and the end of the last.</summary>
    public IReadOnlyList<int> Offsets { get; }
}

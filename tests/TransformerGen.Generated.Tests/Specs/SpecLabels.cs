using TransformerGen.Generator.Spec;
using TransformerGen.Oracle;
using TransformerGen.Training;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>What a model's head should answer for each sequence of a batch, drawn at random, for the trainer and for the oracle.</summary>
internal sealed class SpecLabels
{
    private readonly HeadSpec _head;
    private readonly int _padId;
    private readonly IReadOnlyList<int[]> _sequences;

    // Per sequence a class for each of its tokens; where sequences are classified one class, of spans the first and the last token.
    private readonly int[][] _classes;
    private readonly float[][] _numbers;

    public SpecLabels(ModelSpec model, IReadOnlyList<int[]> sequences, Random random)
    {
        HeadSpec head = model.Head;
        (_head, _padId, _sequences) = (head, model.PadId, sequences);
        _classes = head switch
        {
            { Kind: HeadKind.Hidden } or { Kind: HeadKind.Classes, Loss: not LossKind.CrossEntropy } => [],
            { Kind: HeadKind.Span } => [.. sequences.Select((tokens, s) => s == 0 ? [random.Next(tokens.Length), random.Next(tokens.Length)] : (int[])[random.Next(-1, tokens.Length + 1), random.Next(-1, tokens.Length + 1)])],
            { Kind: HeadKind.Classes, Rows: not HeadRows.All } => [.. sequences.Select((_, s) => s > 0 && random.Next(4) == 0 ? [TrainingBatch.Ignored] : (int[])[random.Next(head.Classes)])],
            _ => [.. sequences.Select(tokens => tokens.Select((_, i) => i > 0 && random.Next(4) == 0 ? TrainingBatch.Ignored : random.Next(head.Classes)).ToArray())],
        };
        _numbers = head is { Kind: HeadKind.Classes, Loss: not LossKind.CrossEntropy }
            ? [.. sequences.Select(_ => Enumerable.Range(0, head.Classes).Select(_ => head.Loss == LossKind.MultiLabel ? random.Next(2) : (4 * random.NextSingle()) - 2).ToArray())]
            : [];
    }

    /// <summary>Where the last end token of each sequence stands.</summary>
    public IReadOnlyList<int> Ends { get; init; } = [];

    /// <summary>Rows that the head answers for, of all rows end to end.</summary>
    public int[] Rows => [.. _sequences.SelectMany((tokens, s) => Chosen(s).Select(row => First(s) + row))];

    /// <summary>Rows of one sequence's answer.</summary>
    public int Answers(int sequence) => _head.Rows == HeadRows.All ? _sequences[sequence].Length : 1;

    /// <summary>The batch with what the loss compares.</summary>
    public OracleBatch For(OracleBatch batch)
    {
        if (_head.Kind == HeadKind.Hidden)
        {
            return batch with { LabelRows = Rows };
        }

        if (_head.Kind == HeadKind.Span)
        {
            int[] labels = [.. _sequences.SelectMany((tokens, s) => tokens.Select((_, i) => (i == _classes[s][0] ? 1 : 0) | (i == _classes[s][1] ? 2 : 0)))];
            bool Inside(int s, int column) => _classes[s][column] >= 0 && _classes[s][column] < _sequences[s].Length;
            int[] all = [.. Enumerable.Range(0, _sequences.Count)];
            int starts = all.Count(s => Inside(s, 0)), ends = all.Count(s => Inside(s, 1)), counted = all.Count(s => Inside(s, 0) || Inside(s, 1));
            return batch with { LabelRows = Rows, Labels = labels, SpanWeights = (counted / (2.0 * Math.Max(starts, 1)), counted / (2.0 * Math.Max(ends, 1))), Scale = 1.0 / counted };
        }

        if (_numbers.Length > 0)
        {
            return batch with { LabelRows = Rows, Numbers = [.. _numbers.Select(numbers => numbers.Select(x => (double)x).ToArray())] };
        }

        (int Row, int Label)[] labelled = [.. _sequences.SelectMany((_, s) => Chosen(s).Select((row, i) => (First(s) + row, _classes[s][i]))).Where(pair => pair.Item2 != TrainingBatch.Ignored)];
        return batch with { LabelRows = [.. labelled.Select(pair => pair.Row)], Labels = [.. labelled.Select(pair => pair.Label)] };
    }

    /// <summary>Adds a sequence, or with a source a pair, to a trainer's batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="sequence">Which.</param>
    /// <param name="tokens">The sequence as a caller gives it.</param>
    /// <param name="source">Its source, where the model takes pairs.</param>
    /// <param name="types">Types of the tokens.</param>
    /// <param name="globals">Which of them are global.</param>
    public void Add(TrainingBatch batch, int sequence, int[] tokens, int[]? source, int[]? types, bool[]? globals)
    {
        if (source is not null && _head.Kind == HeadKind.Hidden)
        {
            batch.AddSequences(source, tokens);
        }
        else if (source is not null)
        {
            batch.AddPair(source, tokens, _classes[sequence]);
        }
        else if (_head.Kind == HeadKind.Hidden)
        {
            batch.AddSequence(tokens, types: types, globals: globals);
        }
        else if (_head.Kind == HeadKind.Span)
        {
            batch.AddSpan(tokens, _classes[sequence][0], _classes[sequence][1], types: types, globals: globals);
        }
        else if (_numbers.Length > 0)
        {
            batch.AddTargets(tokens, _numbers[sequence], types: types, globals: globals);
        }
        else if (_head.Rows != HeadRows.All)
        {
            batch.AddLabelled(tokens, _classes[sequence][0], types: types, globals: globals);
        }
        else
        {
            batch.Add(tokens, _classes[sequence], types: types, globals: globals);
        }
    }

    private int First(int sequence) => _sequences.Take(sequence).Sum(tokens => tokens.Length);

    private IEnumerable<int> Chosen(int sequence) => _head.Rows switch
    {
        HeadRows.All => Enumerable.Range(0, _sequences[sequence].Length),
        HeadRows.First => [0],
        HeadRows.End => [Ends[sequence]],
        _ => [Math.Max(0, Array.FindLastIndex(_sequences[sequence], token => token != _padId))],
    };
}

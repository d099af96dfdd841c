using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Conformance;

/// <summary>The padded inputs of a case, a list per row without its padding; labels stand at the rows that predict them, -100 where nothing counts.</summary>
internal sealed class CaseBatch
{
    private const int NoLabel = -100;

    private readonly ModelInfo _info;
    private readonly string _prefix;
    private readonly int[][] _answers = [];
    private readonly int[] _paddedTokens = [], _paddedTypes = [];
    private readonly bool[] _valid = [];
    private readonly float[] _targets = [];

    /// <summary>Reads input.* (or input2.*).</summary>
    public CaseBatch(ReferenceCase reference, string prefix, ModelInfo info)
    {
        (_info, _prefix) = (info, prefix + ".");
        if (reference.IsPaper)
        {
            Source = info.HasEncoder ? Read(reference, "src", "src_valid") : [];
            Target = info.HasDecoder ? Read(reference, "tgt", "tgt_valid") : [];
            Labels = Cut(reference.Ints(_prefix + "labels"), info.HasDecoder ? Target : Source);
            return;
        }

        int[][] rows = Read(reference, "input_ids", "attention_mask");
        Source = info.HasEncoder ? rows : [];
        Target = info.HasDecoder && !info.HasEncoder ? rows : [];
        Types = reference.Has(_prefix + "token_type_ids") ? Cut(reference.Ints(_prefix + "token_type_ids"), rows) : null;
        Globals = reference.Has(_prefix + "global_attention_mask") ? [.. Cut(reference.Ints(_prefix + "global_attention_mask"), rows).Select(row => Array.ConvertAll(row, mark => mark != 0))] : null;
        if (reference.Kind == "seq2seq")
        {
            (int[] ids, int columns) = reference.Ints(_prefix + "labels");
            Labels = [.. ids.Chunk(columns).Select(row => row[..(Array.FindLastIndex(row, id => id != NoLabel) + 1)])];
            Target = [.. Labels.Select(labels => reference.DecoderInput(labels, info.BeginId))];
        }
        else if (reference.Kind == "question-answering")
        {
            // The reference's loss is that of the padded rows.
            _paddedTokens = reference.Ints(_prefix + "input_ids").Values;
            _paddedTypes = Types is null || info.TokenTypes == 0 ? [] : reference.Ints(_prefix + "token_type_ids").Values;
            _valid = [.. reference.Ints(_prefix + "attention_mask").Values.Select(valid => valid != 0)];
            _answers = [reference.Ints(_prefix + "start_positions").Values, reference.Ints(_prefix + "end_positions").Values];
        }
        else if (info is { Output: OutputKind.Classes, Loss: not OutputLoss.CrossEntropy })
        {
            _targets = reference.Floats(_prefix + "labels");
        }
        else if (reference.Kind == "sequence-classification")
        {
            Labels = [reference.Ints(_prefix + "labels").Values];
        }
        else if (reference.Has(_prefix + "labels"))
        {
            Labels = Cut(reference.Ints(_prefix + "labels"), rows);
            if (reference.Kind == "causal")
            {
                // The model shifts: a row predicts the token that follows it.
                Labels = [.. Labels.Select(labels => labels[1..].Append(NoLabel).ToArray())];
            }
        }
    }

    /// <summary>Tokens of the encoder's rows.</summary>
    public int[][] Source { get; }

    /// <summary>Tokens of the decoder's rows.</summary>
    public int[][] Target { get; } = [];

    /// <summary>The class that each output row should predict; where sequences are classified one row with the class of each.</summary>
    public int[][] Labels { get; } = [];

    /// <summary>Token types of the rows, where the case has them.</summary>
    public int[][]? Types { get; }

    /// <summary>Which tokens see everything and are seen by all, where the case says so.</summary>
    public bool[][]? Globals { get; }

    /// <summary>Rows that the head reads.</summary>
    public int[][] Rows => _info.HasDecoder ? Target : Source;

    /// <summary>Puts the batch into a workspace, without padding; every row that the head answers for is a label row.</summary>
    public unsafe void Fill(Workspace workspace)
    {
        workspace.Source.Clear();
        workspace.Target.Clear();
        workspace.Labels.Clear();
        for (int i = 0; i < Source.Length; i++)
        {
            workspace.Source.Add(Source[i], slot: i, types: _info.TokenTypes > 0 ? Types?[i] : null);
            if (Globals is not null)
            {
                workspace.Source.MarkGlobals(workspace.Source.Offsets[i], Globals[i]);
            }
        }

        for (int i = 0; i < Target.Length; i++)
        {
            workspace.Target.Add(Target[i], slot: i, sourceSlot: i);
        }

        workspace.Labels.Choose(_info, _info.HasDecoder ? workspace.Target : workspace.Source, _info.HasDecoder ? workspace.Target : workspace.Source);
    }

    /// <summary>The batch as the trainer takes it.</summary>
    public TrainingBatch ForTraining()
    {
        var batch = new TrainingBatch(_info);
        if (_info.Output == OutputKind.Spans)
        {
            // The reference looks for the answer in the whole row, padding included.
            batch.AddPaddedSpans(new PaddedBatch(_paddedTokens, _valid, Rows.Length, _paddedTypes, Marks(Globals, _paddedTokens.Length / Rows.Length)), _answers[0], _answers[1], includePadding: true);
            return batch;
        }

        for (int i = 0; i < Rows.Length; i++)
        {
            int[]? types = _info.TokenTypes > 0 ? Types?[i] : null;
            bool[]? globals = Globals?[i];
            switch (_info)
            {
                case { HasEncoder: true, HasDecoder: true }:
                    batch.AddPair(Source[i], Target[i], Labels[i]);
                    break;
                case { Output: OutputKind.HiddenStates }:
                    batch.AddSequence(Rows[i], types: types, globals: globals);
                    break;
                case { Output: OutputKind.Classes, Loss: not OutputLoss.CrossEntropy }:
                    batch.AddTargets(Rows[i], _targets.AsSpan(i * _info.Classes, _info.Classes), types: types, globals: globals);
                    break;
                case { Output: OutputKind.Classes, Rows: not OutputRows.All }:
                    batch.AddLabelled(Rows[i], Labels[0][i], types: types, globals: globals);
                    break;
                default:
                    batch.Add(Rows[i], Labels[i], types: types, globals: globals);
                    break;
            }
        }

        return batch;
    }

    /// <summary>Rows with their padding, as the model's callers bring them.</summary>
    public PaddedBatch Padded(int[][] rows)
    {
        int columns = rows.Max(row => row.Length);
        int[] Fill(int[][] values) => [.. values.SelectMany(row => row.Concat(Enumerable.Repeat(0, columns - row.Length)))];
        bool[] valid = [.. rows.SelectMany(row => row.Select(_ => true).Concat(Enumerable.Repeat(false, columns - row.Length)))];
        return new PaddedBatch(Fill(rows), valid, rows.Length, Types is null || _info.TokenTypes == 0 || rows != Rows ? default : Fill(Types), rows != Rows ? default : Marks(Globals, columns));
    }

    /// <summary>Global tokens of rows of so many columns; none where the case says nothing.</summary>
    private static bool[] Marks(bool[][]? globals, int columns) => globals is null ? [] : [.. globals.SelectMany(row => row.Concat(Enumerable.Repeat(false, columns - row.Length)))];

    /// <summary>Values of rows end to end, [rows, width], at their places in [B, T, width] with zeros elsewhere.</summary>
    public static float[] Pad(ReadOnlySpan<float> packed, int[][] rows, int columns, int width)
    {
        var padded = new float[rows.Length * columns * width];
        int from = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int length = rows[i].Length * width;
            packed.Slice(from, length).CopyTo(padded.AsSpan(i * columns * width));
            from += length;
        }

        return padded;
    }

    private int[][] Read(ReferenceCase reference, string ids, string mask)
    {
        (int[] tokens, int columns) = reference.Ints(_prefix + ids);
        (int[] valid, _) = reference.Ints(_prefix + mask);
        return [.. tokens.Chunk(columns).Select((row, i) => row[..(Array.LastIndexOf(valid, 1, ((i + 1) * columns) - 1, columns) - (i * columns) + 1)])];
    }

    private static int[][] Cut((int[] Values, int Columns) padded, int[][] like) => [.. padded.Values.Chunk(padded.Columns).Select((row, i) => row[..like[i].Length])];
}

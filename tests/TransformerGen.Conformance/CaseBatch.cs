using TransformerGen.Model;

namespace TransformerGen.Conformance;

/// <summary>The padded inputs of a case as packed rows.</summary>
public sealed class CaseBatch
{
    private readonly List<int[]> _source = [], _target = [];
    private readonly List<int[]> _labels = [];

    /// <summary>Reads input.* (or input2.*).</summary>
    public CaseBatch(ReferenceCase reference, string prefix, ModelInfo info)
    {
        if (info.HasEncoder)
        {
            Read(reference, prefix + ".src", prefix + ".src_valid", _source);
        }

        if (info.HasDecoder)
        {
            Read(reference, prefix + ".tgt", prefix + ".tgt_valid", _target);
        }

        (int[] labels, int columns) = reference.Ints(prefix + ".labels");
        List<int[]> rows = info.HasDecoder ? _target : _source;
        Columns = columns;
        for (int i = 0; i < rows.Count; i++)
        {
            _labels.Add(labels.AsSpan(i * columns, rows[i].Length).ToArray());
        }
    }

    /// <summary>Positions of a padded row on the side of the labels.</summary>
    public int Columns { get; }

    /// <summary>Source sequences.</summary>
    public IReadOnlyList<int[]> Source => _source;

    /// <summary>Target sequences.</summary>
    public IReadOnlyList<int[]> Target => _target;

    /// <summary>Puts the batch into a workspace; label rows are those with a label, or every row.</summary>
    public void Fill(Workspace workspace, bool everyRow)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        workspace.Source.Clear();
        workspace.Target.Clear();
        workspace.Labels.Clear();
        for (int i = 0; i < _source.Count; i++)
        {
            workspace.Source.Add(_source[i], slot: i);
        }

        for (int i = 0; i < _target.Count; i++)
        {
            workspace.Target.Add(_target[i], slot: i, sourceSlot: i);
        }

        int row = 0;
        foreach (int label in _labels.SelectMany(l => l))
        {
            if (everyRow || label >= 0)
            {
                workspace.Labels.Add(row, Math.Max(label, 0));
            }

            row++;
        }
    }

    /// <summary>Runs encoder and decoder in evaluation mode: logits of the label rows.</summary>
    public static unsafe void Forward<TModel>(Workspace workspace)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(workspace);
        if (TModel.Info.HasEncoder)
        {
            workspace.SourceCache.Reserve(workspace.Source.Sequences, workspace.Source.Longest);
            for (int i = 0; i < workspace.Source.Sequences; i++)
            {
                workspace.SourceCache.Lengths[i] = workspace.Source.Offsets[i + 1] - workspace.Source.Offsets[i];
            }

            TModel.Encode(workspace);
        }

        if (TModel.Info.HasDecoder)
        {
            workspace.SelfCache.Reserve(workspace.Target.Sequences, workspace.Target.Longest);
            TModel.Decode(workspace);
        }
    }

    private static void Read(ReferenceCase reference, string ids, string valid, List<int[]> rows)
    {
        (int[] tokens, int columns) = reference.Ints(ids);
        (int[] mask, _) = reference.Ints(valid);
        for (int at = 0; at < tokens.Length; at += columns)
        {
            rows.Add(tokens.AsSpan(at, mask.AsSpan(at, columns).LastIndexOf(1) + 1).ToArray());
        }
    }
}

using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Conformance;

/// <summary>The padded inputs of a case as packed rows.</summary>
internal sealed class CaseBatch
{
    private readonly List<int[]> _source = [], _target = [];
    private readonly List<int[]> _labels = [];
    private readonly ModelInfo _info;

    /// <summary>Reads input.* (or input2.*).</summary>
    public CaseBatch(ReferenceCase reference, string prefix, ModelInfo info)
    {
        _info = info;
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
        for (int i = 0; i < rows.Count; i++)
        {
            _labels.Add(labels.AsSpan(i * columns, rows[i].Length).ToArray());
        }
    }

    /// <summary>Puts the batch into a workspace; every row is a label row.</summary>
    public void Fill(Workspace workspace)
    {
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

        for (int row = 0; row < (_info.HasDecoder ? workspace.Target : workspace.Source).Count; row++)
        {
            workspace.Labels.Add(row);
        }
    }

    /// <summary>The batch as the trainer takes it.</summary>
    public TrainingBatch ForTraining()
    {
        var batch = new TrainingBatch(_info);
        for (int i = 0; i < _labels.Count; i++)
        {
            if (_info is { HasEncoder: true, HasDecoder: true })
            {
                batch.AddPair(_source[i], _target[i], _labels[i]);
            }
            else
            {
                batch.Add((_info.HasDecoder ? _target : _source)[i], _labels[i]);
            }
        }

        return batch;
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

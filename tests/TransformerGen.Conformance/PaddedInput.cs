using TransformerGen.Model;

namespace TransformerGen.Conformance;

/// <summary>The inputs of a case as the padded API takes them.</summary>
internal sealed class PaddedInput(ReferenceCase reference, string prefix, ModelInfo info)
{
    private readonly (int[] Ids, bool[] Valid, int Columns) _source = info.HasEncoder ? Read(reference, prefix + ".src") : default;
    private readonly (int[] Ids, bool[] Valid, int Columns) _target = info.HasDecoder ? Read(reference, prefix + ".tgt") : default;

    public PaddedBatch Source => new(_source.Ids, _source.Valid, _source.Ids.Length / _source.Columns);

    public PaddedBatch Target => new(_target.Ids, _target.Valid, _target.Ids.Length / _target.Columns);

    private static (int[] Ids, bool[] Valid, int Columns) Read(ReferenceCase reference, string name)
    {
        (int[] ids, int columns) = reference.Ints(name);
        return (ids, [.. reference.Ints(name + "_valid").Values.Select(v => v != 0)], columns);
    }
}

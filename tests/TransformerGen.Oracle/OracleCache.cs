using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle;

/// <summary>Keys and values from one call to the next: the decoder's own, and those of the encoder's output.</summary>
internal sealed class OracleCache
{
    private readonly Dictionary<(bool IsSource, int Slot, int Layer), List<(double[] Key, double[] Value)>> _entries = [];

    /// <summary>Keys and values at positions 0, 1, 2 ... of a slot; each [heads · head width].</summary>
    public IReadOnlyList<(double[] Key, double[] Value)> Positions(CacheLayer layer, int slot) =>
        _entries.TryGetValue((layer.IsSource, slot, layer.KeyOffset), out List<(double[] Key, double[] Value)>? entries) ? entries : [];

    /// <summary>Writes a position: the next one, or an earlier one, which drops what was behind it (a beam that goes back).</summary>
    /// <exception cref="InvalidOperationException">The positions before it are missing.</exception>
    public void Write(CacheLayer layer, int slot, int position, double[] key, double[] value)
    {
        if (!_entries.TryGetValue((layer.IsSource, slot, layer.KeyOffset), out List<(double[] Key, double[] Value)>? entries))
        {
            _entries.Add((layer.IsSource, slot, layer.KeyOffset), entries = []);
        }

        if (position > entries.Count)
        {
            throw new InvalidOperationException($"Slot {slot} holds {entries.Count} positions; position {position} cannot be written before those in between.");
        }

        entries.RemoveRange(position, entries.Count - position);
        entries.Add((key, value));
    }

    /// <summary>Copies the decoder's own keys and values of one slot to another: a beam that splits.</summary>
    public void CopySlot(int from, int to)
    {
        foreach ((bool isSource, int slot, int layer) in _entries.Keys.ToArray())
        {
            if (!isSource && slot == from)
            {
                _entries[(false, to, layer)] = [.. _entries[(false, from, layer)]];
            }
        }
    }
}

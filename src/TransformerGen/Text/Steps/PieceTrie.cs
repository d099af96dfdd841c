namespace TransformerGen.Text.Steps;

/// <summary>Finds all pieces that begin at a place in a text: a tree over their UTF-16 units, the children of a node side by side in order.</summary>
internal sealed class PieceTrie
{
    private readonly List<char> _labels = ['\0'];
    private readonly List<int> _firstChild = [];
    private readonly List<int> _ids = [];
    private readonly int[] _rootChild = new int[char.MaxValue + 1];

    /// <summary>The root; where every search begins.</summary>
    public const int Root = 0;

    /// <summary>A tree of pieces and their ids; empty pieces are left out.</summary>
    public PieceTrie(IEnumerable<KeyValuePair<string, int>> pieces)
    {
        var sorted = pieces.Where(piece => piece.Key.Length > 0).OrderBy(piece => piece.Key, StringComparer.Ordinal).ToArray();

        // Nodes in breadth-first order, each a range of pieces that begin alike. Children follow one another, so that the first of the next node ends them.
        var ranges = new List<(int From, int To, int Depth)> { (0, sorted.Length, 0) };
        for (var node = 0; node < ranges.Count; node++)
        {
            var (from, to, depth) = ranges[node];
            var ends = depth > 0 && sorted[from].Key.Length == depth;
            _ids.Add(ends ? sorted[from].Value : -1);
            _firstChild.Add(ranges.Count);
            for (var next = ends ? from + 1 : from; next < to;)
            {
                var label = sorted[next].Key[depth];
                var begin = next;
                while (next < to && sorted[next].Key[depth] == label) next++;
                _labels.Add(label);
                ranges.Add((begin, next, depth + 1));
            }
        }

        _firstChild.Add(ranges.Count);
        for (var child = _firstChild[Root]; child < _firstChild[Root + 1]; child++) _rootChild[_labels[child]] = child;
    }

    /// <summary>The node behind <paramref name="node"/> for a unit, or 0.</summary>
    public int Child(int node, char unit)
    {
        if (node == Root) return _rootChild[unit];
        var (low, high) = (_firstChild[node], _firstChild[node + 1] - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var label = _labels[middle];
            if (label == unit) return middle;
            if (label < unit) low = middle + 1;
            else high = middle - 1;
        }

        return 0;
    }

    /// <summary>The id of the piece that ends at a node, or -1.</summary>
    public int IdAt(int node) => _ids[node];
}

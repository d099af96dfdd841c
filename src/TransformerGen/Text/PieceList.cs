namespace TransformerGen.Text;

/// <summary>A growing vocabulary: pieces by id and ids by piece.</summary>
internal sealed class PieceList
{
    private readonly List<string> _pieces;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>An empty vocabulary.</summary>
    /// <param name="capacity">Pieces expected.</param>
    public PieceList(int capacity)
    {
        _pieces = new List<string>(capacity);
        _ids = new Dictionary<string, int>(capacity, StringComparer.Ordinal);
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The number of pieces.</summary>
    public int Count => _pieces.Count;

    /// <summary>The piece of an id.</summary>
    public string this[int id] => _pieces[id];

    /// <summary>The id of a piece, which takes the next free one where it is new.</summary>
    public int Add(string piece)
    {
        if (_ids.TryGetValue(piece, out var id)) return id;
        _ids.Add(piece, _pieces.Count);
        _pieces.Add(piece);
        return _pieces.Count - 1;
    }

    /// <summary>The id of a piece that is known to be there.</summary>
    public int Find(ReadOnlySpan<char> piece) => _lookup[piece];

    /// <summary>Ids by piece.</summary>
    public Dictionary<string, int> ToVocabulary() => _ids;
}

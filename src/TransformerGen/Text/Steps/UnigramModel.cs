using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>The best way to each place of a word.</summary>
internal sealed class UnigramScratch
{
    /// <summary>The score of the best way to a place; meaningless where <see cref="From"/> is negative.</summary>
    public double[] Score { get; private set; } = [];

    /// <summary>Where its last piece begins, or -1.</summary>
    public int[] From { get; private set; } = [];

    /// <summary>The id of its last piece.</summary>
    public int[] Id { get; private set; } = [];

    /// <summary>Begins a word of <paramref name="length"/> units.</summary>
    public void Clear(int length)
    {
        if (From.Length <= length)
        {
            var capacity = Math.Max(256, Math.Max(length + 1, 2 * From.Length));
            (Score, From, Id) = (new double[capacity], new int[capacity], new int[capacity]);
        }

        From.AsSpan(0, length + 1).Fill(-1);
        Score[0] = 0;
    }
}

/// <summary>
/// The unigram language model: the pieces whose scores sum to the most (Viterbi). In double precision, as Hugging Face's; the one of
/// Microsoft.ML.Tokenizers sums floats, which decides ties otherwise, and reads SentencePiece's files alone.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    // What a character that is no piece costs beyond the least likely piece.
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly PieceTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _idOfByte;
    private readonly WordCache _cache = new();

    /// <summary>A model.</summary>
    /// <param name="vocabulary">Ids by piece.</param>
    /// <param name="scores">Scores by id.</param>
    /// <param name="unknown">The id of the unknown piece, or -1: what is no piece is dropped then.</param>
    /// <param name="byteFallback">An unknown character becomes its bytes.</param>
    public UnigramModel(Dictionary<string, int> vocabulary, double[] scores, int unknown, bool byteFallback)
    {
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _trie = new PieceTrie(vocabulary);
        _scores = scores;
        _unknown = unknown;
        _unknownScore = scores.Min() - UnknownPenalty;
        _idOfByte = byteFallback ? BytePieces(vocabulary) : null;
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> word, EncodingBuffers buffers)
    {
        if (_cache.TryAdd(word, buffers.Pieces)) return;
        var before = buffers.Pieces.Count;
        FindWays(word, buffers.Unigram);
        Collect(word, buffers.Unigram, buffers.Pieces);
        _cache.Remember(word, CollectionsMarshal.AsSpan(buffers.Pieces)[before..]);
    }

    private void FindWays(ReadOnlySpan<char> word, UnigramScratch ways)
    {
        ways.Clear(word.Length);
        var (scores, from, ids) = (ways.Score, ways.From, ways.Id);
        for (int at = 0, length; at < word.Length; at += length)
        {
            length = AlignedText.LengthAt(word, at);
            var here = scores[at];
            var isPiece = false;
            var node = PieceTrie.Root;
            for (var end = at; end < word.Length && (node = _trie.Child(node, word[end])) != PieceTrie.Root;)
            {
                end++;
                var id = _trie.IdAt(node);
                if (id < 0) continue;
                isPiece |= end - at == length;
                Offer(at, end, id, here + _scores[id]);
            }

            if (!isPiece) Offer(at, at + length, _unknown, here + _unknownScore);
        }

        void Offer(int start, int end, int id, double score)
        {
            if (from[end] >= 0 && score <= scores[end]) return;
            (from[end], scores[end], ids[end]) = (start, score, id);
        }
    }

    /// <summary>Walks the best way back; neighbouring unknown characters become one piece.</summary>
    private void Collect(ReadOnlySpan<char> word, UnigramScratch ways, List<Piece> pieces)
    {
        var before = pieces.Count;
        for (var end = word.Length; end > 0;)
        {
            var start = ways.From[end];
            var id = ways.Id[end];
            if (id == _unknown)
            {
                while (start > 0 && ways.Id[start] == _unknown) start = ways.From[start];
                AddUnknown(word, start, end, pieces);
            }
            else
            {
                pieces.Add(new Piece(id, start, end));
            }

            end = start;
        }

        CollectionsMarshal.AsSpan(pieces)[before..].Reverse();
    }

    private void AddUnknown(ReadOnlySpan<char> word, int start, int end, List<Piece> pieces)
    {
        // Unknown characters together can spell a piece that was too unlikely to be chosen.
        if (_ids.TryGetValue(word[start..end], out var id))
        {
            pieces.Add(new Piece(id, start, end));
            return;
        }

        if (_idOfByte is not null && TryBytes(word, start, end, pieces)) return;
        if (_unknown >= 0) pieces.Add(new Piece(_unknown, start, end));
    }

    private bool TryBytes(ReadOnlySpan<char> word, int start, int end, List<Piece> pieces)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(end - start));
        try
        {
            var spelled = bytes.AsSpan(0, Encoding.UTF8.GetBytes(word[start..end], bytes));
            foreach (var value in spelled)
            {
                if (_idOfByte![value] < 0) return false;
            }

            // Last first: the caller turns the list round.
            for (var i = spelled.Length - 1; i >= 0; i--) pieces.Add(new Piece(_idOfByte![spelled[i]], start, end));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}

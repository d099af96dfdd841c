namespace TransformerGen.Model;

/// <summary>
/// Sequences that were padded to one length: ids [B, T] and which of them are real. The real tokens of a row stand together, with padding on either
/// side; positions count from the first real one.
/// </summary>
public readonly ref struct PaddedBatch
{
    /// <summary>Creates a batch over memory of the caller.</summary>
    /// <param name="ids">[B, T] token ids; what stands at padding does not matter.</param>
    /// <param name="valid">[B, T] whether a token is real.</param>
    /// <param name="rows">B.</param>
    /// <param name="types">[B, T] token types; none for 0 everywhere.</param>
    /// <param name="globals">[B, T] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">The spans differ in length, or are not a whole number of rows.</exception>
    public PaddedBatch(ReadOnlySpan<int> ids, ReadOnlySpan<bool> valid, int rows, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (!types.IsEmpty && types.Length != ids.Length)
        {
            throw new ArgumentException($"There are {types.Length} token types for {ids.Length} ids. Expected as many, or none for type 0 everywhere.", nameof(types));
        }

        if (!globals.IsEmpty && globals.Length != ids.Length)
        {
            throw new ArgumentException($"There are {globals.Length} marks of global tokens for {ids.Length} ids. Expected as many, or none.", nameof(globals));
        }

        if (ids.Length != valid.Length || (rows == 0 ? ids.Length > 0 : ids.Length % rows != 0))
        {
            throw new ArgumentException($"There are {ids.Length} ids and {valid.Length} marks for {rows} rows. Expected as many marks as ids, and the same number for every row.", nameof(ids));
        }

        Ids = ids;
        Valid = valid;
        Types = types;
        Globals = globals;
        Rows = rows;
        Columns = rows == 0 ? 0 : ids.Length / rows;
    }

    /// <summary>[B, T] token ids.</summary>
    public ReadOnlySpan<int> Ids { get; }

    /// <summary>[B, T] whether a token is real.</summary>
    public ReadOnlySpan<bool> Valid { get; }

    /// <summary>[B, T] token types, or none.</summary>
    public ReadOnlySpan<int> Types { get; }

    /// <summary>[B, T] which tokens are global, or none.</summary>
    public ReadOnlySpan<bool> Globals { get; }

    /// <summary>B: sequences.</summary>
    public int Rows { get; }

    /// <summary>T: places for tokens in each.</summary>
    public int Columns { get; }

    /// <summary>Where the real tokens of each row begin, how many there are, and all of them end to end, with their types and global tokens where there are any.</summary>
    /// <param name="maxLength">Most tokens of a sequence.</param>
    /// <param name="truncate">Whether the tokens behind <paramref name="maxLength"/> are cut off; otherwise a longer row is left to be refused.</param>
    /// <exception cref="ArgumentException">A row has padding between its tokens.</exception>
    internal (int[] First, int[] Lengths, int[] Tokens, int[] Types, bool[] Globals) Pack(int maxLength, bool truncate)
    {
        int[] first = new int[Rows], lengths = new int[Rows];
        List<int> tokens = new(Ids.Length), types = new(Types.Length);
        List<bool> globals = new(Globals.Length);
        for (int row = 0; row < Rows; row++)
        {
            (int start, int count) = Real(row);
            first[row] = start - (row * Columns);
            lengths[row] = truncate ? Math.Min(maxLength, count) : count;
            tokens.AddRange(Ids.Slice(start, lengths[row]));
            types.AddRange(TypesAt(start, lengths[row]));
            globals.AddRange(GlobalsAt(start, lengths[row]));
        }

        return (first, lengths, [.. tokens], [.. types], [.. globals]);
    }

    /// <summary>Types of some of the tokens; none where there are none.</summary>
    internal ReadOnlySpan<int> TypesAt(int first, int count) => Types.IsEmpty ? Types : Types.Slice(first, count);

    /// <summary>Which of some tokens are global; none where there are no marks.</summary>
    internal ReadOnlySpan<bool> GlobalsAt(int first, int count) => Globals.IsEmpty ? Globals : Globals.Slice(first, count);

    /// <summary>Where the real tokens of a row begin in <see cref="Ids"/>, and how many there are.</summary>
    /// <exception cref="ArgumentException">The row has padding between its tokens.</exception>
    internal (int First, int Count) Real(int row)
    {
        ReadOnlySpan<bool> valid = Valid.Slice(row * Columns, Columns);
        int begin = Math.Max(0, valid.IndexOf(true)), end = Math.Max(begin, valid.LastIndexOf(true) + 1);
        return valid[begin..end].Contains(false)
            ? throw new ArgumentException($"Row {row} has padding between its tokens, at column {begin + valid[begin..end].IndexOf(false)}. Expected the real tokens side by side.", nameof(row))
            : ((row * Columns) + begin, end - begin);
    }
}

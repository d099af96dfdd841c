using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>
/// One side of a batch as packed rows: the tokens of all sequences end to end. Sequence s owns the rows [Offsets[s], Offsets[s + 1]).
/// Behind a filled cache the first row of sequence s stands at position Past[s].
/// </summary>
public sealed unsafe class RowSet : IDisposable
{
    private int _rowCapacity = -1, _sequenceCapacity = -1;

    /// <summary>Creates an empty set.</summary>
    public RowSet() => Reserve(0, 0);

    /// <summary>Frees the memory of a set that nobody disposed of.</summary>
    ~RowSet() => Free();

    /// <summary>Rows: tokens of all sequences.</summary>
    public int Count { get; private set; }

    /// <summary>Sequences.</summary>
    public int Sequences { get; private set; }

    /// <summary>Token of each row, [Count].</summary>
    public int* Tokens { get; private set; }

    /// <summary>Token type of each row, such as the first or the second sentence; 0 unless said otherwise. [Count].</summary>
    public int* Types { get; private set; }

    /// <summary>Position of each row in its sequence, the cached part included, [Count].</summary>
    public int* Positions { get; private set; }

    /// <summary>Sequence of each row, [Count].</summary>
    public int* SequenceOf { get; private set; }

    /// <summary>First row of each sequence and the end of the last, [Sequences + 1].</summary>
    public int* Offsets { get; private set; }

    /// <summary>
    /// End of the rows of each sequence that attention sees as keys, [Sequences]: where the next sequence begins, unless <see cref="MarkPadding"/> said otherwise. Only
    /// attention of whole sequences reads it; a cache holds every row.
    /// </summary>
    public int* KeyEnds { get; private set; }

    /// <summary>Positions that each sequence already has in the cache, [Sequences].</summary>
    public int* Past { get; private set; }

    /// <summary>Place of each sequence in the cache of its own keys and values, [Sequences].</summary>
    public int* Slots { get; private set; }

    /// <summary>Place of each sequence's source in the cache of the encoder's keys and values, [Sequences].</summary>
    public int* SourceSlots { get; private set; }

    /// <summary>Whether each row is a global token, which sees every token of its sequence and is seen by all: 0 or 1, [Count]. Only models with global attention read it.</summary>
    public int* Globals { get; private set; }

    /// <summary>Length of the longest sequence, new rows only.</summary>
    public int Longest { get; private set; }

    /// <summary>The largest position, the cached part included, plus one.</summary>
    public int Reach { get; private set; }

    /// <summary>The set as kernels read it; valid until rows are added.</summary>
    public RowView View => new(Count, Sequences, Tokens, Positions, SequenceOf, Offsets, Past, Slots, SourceSlots, Types, Reach, Globals, KeyEnds);

    /// <summary>Empties the set.</summary>
    public void Clear()
    {
        Count = Sequences = Longest = Reach = 0;
        Offsets[0] = 0;
    }

    /// <summary>Makes room for a batch, so that <see cref="Add"/> allocates nothing.</summary>
    public void Reserve(int rows, int sequences)
    {
        if (rows <= _rowCapacity && sequences <= _sequenceCapacity)
        {
            return;
        }

        int oldRows = Count, oldSequences = Sequences;
        int rowCapacity = Math.Max(Math.Max(rows, _rowCapacity), 16), sequenceCapacity = Math.Max(Math.Max(sequences, _sequenceCapacity), 8);
        Tokens = NativeInts.Resize(Tokens, oldRows, rowCapacity);
        Types = NativeInts.Resize(Types, oldRows, rowCapacity);
        Positions = NativeInts.Resize(Positions, oldRows, rowCapacity);
        SequenceOf = NativeInts.Resize(SequenceOf, oldRows, rowCapacity);
        Globals = NativeInts.Resize(Globals, oldRows, rowCapacity);
        Offsets = NativeInts.Resize(Offsets, _sequenceCapacity < 0 ? 0 : oldSequences + 1, sequenceCapacity + 1);
        KeyEnds = NativeInts.Resize(KeyEnds, oldSequences, sequenceCapacity);
        Past = NativeInts.Resize(Past, oldSequences, sequenceCapacity);
        Slots = NativeInts.Resize(Slots, oldSequences, sequenceCapacity);
        SourceSlots = NativeInts.Resize(SourceSlots, oldSequences, sequenceCapacity);
        _rowCapacity = rowCapacity;
        _sequenceCapacity = sequenceCapacity;
    }

    /// <summary>Adds a sequence behind those already there.</summary>
    /// <param name="tokens">Its (new) tokens.</param>
    /// <param name="past">Positions already cached.</param>
    /// <param name="slot">Its place in the cache of its own keys and values.</param>
    /// <param name="sourceSlot">Its source's place in the encoder's cache.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <exception cref="ArgumentException">There are types, but not one per token.</exception>
    public void Add(ReadOnlySpan<int> tokens, int past = 0, int slot = 0, int sourceSlot = 0, ReadOnlySpan<int> types = default)
    {
        if (!types.IsEmpty && types.Length != tokens.Length)
        {
            throw new ArgumentException($"There are {types.Length} token types for {tokens.Length} tokens. Expected one per token, or none for type 0 everywhere.", nameof(types));
        }

        if (Count + tokens.Length > _rowCapacity || Sequences + 1 > _sequenceCapacity)
        {
            Reserve(Math.Max(Count + tokens.Length, 2 * _rowCapacity), Math.Max(Sequences + 1, 2 * _sequenceCapacity));
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            Tokens[Count + i] = tokens[i];
            Types[Count + i] = types.IsEmpty ? 0 : types[i];
            Positions[Count + i] = past + i;
            SequenceOf[Count + i] = Sequences;
            Globals[Count + i] = 0;
        }

        Past[Sequences] = past;
        Slots[Sequences] = slot;
        SourceSlots[Sequences] = sourceSlot;
        Count += tokens.Length;
        Sequences++;
        Offsets[Sequences] = KeyEnds[Sequences - 1] = Count;
        Longest = Math.Max(Longest, tokens.Length);
        Reach = tokens.IsEmpty ? Reach : Math.Max(Reach, past + tokens.Length);
    }

    /// <summary>Makes a row a global token, which sees every token of its sequence and is seen by all.</summary>
    /// <param name="row">Which row of the set.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void MarkGlobal(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        Globals[row] = 1;
    }

    /// <summary>Makes those of some rows global that are marked.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="marks">A mark for it and the rows behind it.</param>
    internal void MarkGlobals(int first, ReadOnlySpan<bool> marks)
    {
        for (int i = 0; i < marks.Length; i++)
        {
            Globals[first + i] = marks[i] ? 1 : 0;
        }
    }

    /// <summary>
    /// Makes the last rows of the sequence that was added last padding: they see the rows in front of them, and nobody sees them, as padding does in a model that
    /// masks keys alone.
    /// </summary>
    /// <param name="count">How many; the sequence keeps at least one row that is none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sequence has no more rows than that, or there is no sequence.</exception>
    public void MarkPadding(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, Sequences == 0 ? 0 : Count - Offsets[Sequences - 1]);
        KeyEnds[Sequences - 1] = Count - count;
    }

    /// <summary>The same, at the positions that the model gives padding.</summary>
    /// <param name="count">How many.</param>
    /// <param name="unplacedId"><see cref="ModelInfo.UnplacedId"/>.</param>
    internal void PlacePadding(int count, int unplacedId)
    {
        MarkPadding(count);
        int position = Positions[Count - count - 1];
        for (int row = Count - count; unplacedId >= 0 && row < Count; row++)
        {
            Positions[row] = Tokens[row] == unplacedId ? -1 : ++position;
        }
    }

    /// <summary>Adds a row as it stands in another set; sequences are not kept.</summary>
    internal void AddRow(RowSet rows, int row)
    {
        if (Count + 1 > _rowCapacity)
        {
            Reserve(Math.Max(Count + 1, 2 * _rowCapacity), _sequenceCapacity);
        }

        Tokens[Count] = rows.Tokens[row];
        Types[Count] = rows.Types[row];
        Globals[Count] = rows.Globals[row];
        Positions[Count] = rows.Positions[row];
        SequenceOf[Count++] = rows.SequenceOf[row];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(Tokens);
        NativeMemory.Free(Types);
        NativeMemory.Free(Positions);
        NativeMemory.Free(SequenceOf);
        NativeMemory.Free(Offsets);
        NativeMemory.Free(KeyEnds);
        NativeMemory.Free(Past);
        NativeMemory.Free(Slots);
        NativeMemory.Free(SourceSlots);
        NativeMemory.Free(Globals);
        Tokens = Types = Positions = SequenceOf = Offsets = KeyEnds = Past = Slots = SourceSlots = Globals = null;
    }
}

using System.ComponentModel;

namespace TransformerGen.Model;

/// <summary>A <see cref="RowSet"/> as kernels read it: counts and pointers, no object. For generated code.</summary>
/// <param name="count">Rows.</param>
/// <param name="sequences">Sequences.</param>
/// <param name="tokens">[Count]</param>
/// <param name="positions">[Count]</param>
/// <param name="sequenceOf">[Count]</param>
/// <param name="offsets">[Sequences + 1]</param>
/// <param name="past">[Sequences]</param>
/// <param name="slots">[Sequences]</param>
/// <param name="sourceSlots">[Sequences]</param>
/// <param name="types">[Count]</param>
/// <param name="reach">The largest position, plus one.</param>
/// <param name="globals">[Count]</param>
/// <param name="keyEnds">[Sequences]</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct RowView(
    int count, int sequences, int* tokens, int* positions, int* sequenceOf, int* offsets, int* past, int* slots, int* sourceSlots, int* types, int reach, int* globals, int* keyEnds)
{
    /// <summary>Rows: tokens of all sequences.</summary>
    public int Count { get; } = count;

    /// <summary>Sequences.</summary>
    public int Sequences { get; } = sequences;

    /// <summary>Token of each row.</summary>
    public int* Tokens { get; } = tokens;

    /// <summary>Position of each row in its sequence.</summary>
    public int* Positions { get; } = positions;

    /// <summary>Sequence of each row.</summary>
    public int* SequenceOf { get; } = sequenceOf;

    /// <summary>First row of each sequence and the end of the last.</summary>
    public int* Offsets { get; } = offsets;

    /// <summary>Positions that each sequence already has in the cache.</summary>
    public int* Past { get; } = past;

    /// <summary>Place of each sequence in the cache of its own keys and values.</summary>
    public int* Slots { get; } = slots;

    /// <summary>Place of each sequence's source in the cache of the encoder's keys and values.</summary>
    public int* SourceSlots { get; } = sourceSlots;

    /// <summary>Token type of each row.</summary>
    public int* Types { get; } = types;

    /// <summary>The largest position, plus one.</summary>
    public int Reach { get; } = reach;

    /// <summary>Whether each row is a global token: 0 or 1.</summary>
    public int* Globals { get; } = globals;

    /// <summary>End of the rows of each sequence that attention sees; those behind it are padding.</summary>
    public int* KeyEnds { get; } = keyEnds;
}

/// <summary>A <see cref="LabelSet"/> as kernels read it. For generated code.</summary>
/// <param name="count">Label rows.</param>
/// <param name="rows">[Count]</param>
/// <param name="labels">[Count]</param>
/// <param name="targets">[Count, classes rounded up to 16]</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct LabelView(int count, int* rows, int* labels, float* targets)
{
    /// <summary>Label rows.</summary>
    public int Count { get; } = count;

    /// <summary>Row of the batch that each label row is taken from, ascending.</summary>
    public int* Rows { get; } = rows;

    /// <summary>Class that each label row should predict.</summary>
    public int* Labels { get; } = labels;

    /// <summary>Numbers that each label row should give.</summary>
    public float* Targets { get; } = targets;
}

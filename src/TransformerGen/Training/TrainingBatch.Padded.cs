namespace TransformerGen.Training;

/// <summary>Batches of fixed width, for data that is padded already. The numbers are those of the packed form; padding is dropped here.</summary>
public sealed partial class TrainingBatch
{
    /// <summary>Adds padded sequences for a model of one stack.</summary>
    /// <param name="ids">[R, <paramref name="columns"/>] tokens, filled on the right with anything.</param>
    /// <param name="lengths">[R] real tokens of each row, at least 1.</param>
    /// <param name="labels">[R, <paramref name="columns"/>] aligned with the tokens; what stands at padding is not looked at.</param>
    /// <param name="columns">Width of a row.</param>
    /// <param name="truncate">Cut rows to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">Sizes do not fit each other, or a row is refused; the rows before it have been added.</exception>
    /// <exception cref="InvalidOperationException">The model is an encoder-decoder.</exception>
    public void AddPadded(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, ReadOnlySpan<int> labels, int columns, bool truncate = false)
    {
        RequireSingle();
        CheckTable(ids.Length, lengths, columns, nameof(ids));
        CheckTable(labels.Length, lengths, columns, nameof(labels));
        for (int r = 0; r < lengths.Length; r++)
        {
            Add(ids.Slice(r * columns, lengths[r]), labels.Slice(r * columns, lengths[r]), truncate);
        }
    }

    /// <summary>Adds padded pairs for an encoder-decoder.</summary>
    /// <param name="source">[R, <paramref name="sourceColumns"/>] source tokens, filled on the right.</param>
    /// <param name="sourceLengths">[R] real source tokens of each row, at least 1.</param>
    /// <param name="sourceColumns">Width of a source row.</param>
    /// <param name="target">[R, <paramref name="targetColumns"/>] tokens that the decoder is fed, filled on the right.</param>
    /// <param name="targetLengths">[R] real target tokens of each row, at least 1.</param>
    /// <param name="labels">[R, <paramref name="targetColumns"/>] aligned with the target; what stands at padding is not looked at.</param>
    /// <param name="targetColumns">Width of a target row.</param>
    /// <param name="truncate">Cut rows to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">Sizes do not fit each other, or a row is refused; the rows before it have been added.</exception>
    /// <exception cref="InvalidOperationException">The model is no encoder-decoder.</exception>
    public void AddPaddedPairs(
        ReadOnlySpan<int> source, ReadOnlySpan<int> sourceLengths, int sourceColumns,
        ReadOnlySpan<int> target, ReadOnlySpan<int> targetLengths, ReadOnlySpan<int> labels, int targetColumns, bool truncate = false)
    {
        RequirePair();
        CheckTable(source.Length, sourceLengths, sourceColumns, nameof(source));
        CheckTable(target.Length, targetLengths, targetColumns, nameof(target));
        CheckTable(labels.Length, targetLengths, targetColumns, nameof(labels));
        if (sourceLengths.Length != targetLengths.Length)
        {
            throw new ArgumentException($"There are {sourceLengths.Length} source rows and {targetLengths.Length} target rows; each pair is one row of both.", nameof(targetLengths));
        }

        for (int r = 0; r < sourceLengths.Length; r++)
        {
            AddPair(
                source.Slice(r * sourceColumns, sourceLengths[r]),
                target.Slice(r * targetColumns, targetLengths[r]),
                labels.Slice(r * targetColumns, targetLengths[r]),
                truncate);
        }
    }

    /// <summary>Lengths of rows from a mask (an attention mask: 1 where a token is real).</summary>
    /// <param name="valid">[R, <paramref name="columns"/>] not zero where a token is real; each row is filled on the right.</param>
    /// <param name="columns">Width of a row.</param>
    /// <param name="lengths">[R] receives the real tokens of each row.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or a row has a real token behind padding.</exception>
    public static void LengthsOf(ReadOnlySpan<int> valid, int columns, Span<int> lengths)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (valid.Length != (long)lengths.Length * columns)
        {
            throw new ArgumentException($"The mask has {valid.Length} entries; {lengths.Length} rows of {columns} have {(long)lengths.Length * columns}.", nameof(valid));
        }

        for (int r = 0; r < lengths.Length; r++)
        {
            ReadOnlySpan<int> row = valid.Slice(r * columns, columns);
            int end = row.IndexOf(0);
            lengths[r] = end < 0 ? columns : end;
            if (row[lengths[r]..].ContainsAnyExcept(0))
            {
                throw new ArgumentException($"Row {r} of the mask has a real token behind padding at column {end}. Rows have to be filled on the right.", nameof(valid));
            }
        }
    }

    private static void CheckTable(int entries, ReadOnlySpan<int> lengths, int columns, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (entries != (long)lengths.Length * columns)
        {
            throw new ArgumentException($"There are {entries} entries; {lengths.Length} rows of {columns} have {(long)lengths.Length * columns}.", parameter);
        }

        for (int r = 0; r < lengths.Length; r++)
        {
            if (lengths[r] < 1 || lengths[r] > columns)
            {
                throw new ArgumentException($"Row {r} has length {lengths[r]}; a row of {columns} columns has 1 to {columns} real tokens.", parameter);
            }
        }
    }
}

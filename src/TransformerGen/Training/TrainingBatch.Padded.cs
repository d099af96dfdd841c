using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Sequences that were padded to one length already. The numbers are those of the packed form; padding is dropped here.</summary>
public sealed partial class TrainingBatch
{
    /// <summary>Adds padded sequences for a model of one stack. A row without real tokens is left out.</summary>
    /// <param name="batch">Tokens [B, T].</param>
    /// <param name="labels">[B, T] aligned with the tokens; what stands at padding is not looked at.</param>
    /// <param name="truncate">Cut rows to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">There are not as many labels as places, or a row is refused; the rows before it have been added.</exception>
    /// <exception cref="InvalidOperationException">The model is an encoder-decoder.</exception>
    public void AddPadded(PaddedBatch batch, ReadOnlySpan<int> labels, bool truncate = false)
    {
        RequireSingle();
        CheckPlaces(batch, labels);
        for (int row = 0; row < batch.Rows; row++)
        {
            (int first, int count) = batch.Real(row);
            if (count > 0)
            {
                Add(batch.Ids.Slice(first, count), labels.Slice(first, count), truncate, batch.TypesAt(first, count), batch.GlobalsAt(first, count));
            }
        }
    }

    /// <summary>Adds padded sequences with the places of their answers, for a model that finds spans. A row without real tokens is left out.</summary>
    /// <param name="batch">Tokens [B, T].</param>
    /// <param name="starts">[B] column of each answer's first token.</param>
    /// <param name="ends">[B] column of each answer's last token.</param>
    /// <param name="includePadding">
    /// Padding behind the tokens is part of what the answer is looked for in: transformers' loss of the padded batch, to the last digit, and as much work. Otherwise
    /// padding is dropped, and the loss is that of each sequence alone.
    /// </param>
    /// <param name="truncate">Cut rows to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">
    /// There are not as many answers as rows, padding that is to be included stands in front of tokens, or a row is refused; the rows before it have been added.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model's head is another one.</exception>
    public void AddPaddedSpans(PaddedBatch batch, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends, bool includePadding = false, bool truncate = false)
    {
        if (starts.Length != batch.Rows || ends.Length != batch.Rows)
        {
            throw new ArgumentException($"There are {starts.Length} starts and {ends.Length} ends for {batch.Rows} rows. Expected one of each for every row.", nameof(starts));
        }

        for (int row = 0; row < batch.Rows; row++)
        {
            (int first, int count) = batch.Real(row);
            if (count == 0)
            {
                continue;
            }

            int column = first - (row * batch.Columns), padding = includePadding ? batch.Columns - column - count : 0;
            if (includePadding && column > 0)
            {
                throw new ArgumentException($"Row {row} begins with padding. Included padding stands behind the tokens.", nameof(batch));
            }

            int all = count + padding;
            AddSpan(batch.Ids.Slice(first, all), starts[row] - column, ends[row] - column, truncate, batch.TypesAt(first, all), batch.GlobalsAt(first, all), padding);
        }
    }

    /// <summary>Adds padded pairs for an encoder-decoder. A pair whose target has no real tokens is left out.</summary>
    /// <param name="source">Source tokens [B, source places].</param>
    /// <param name="target">Tokens that the decoder is fed, [B, T].</param>
    /// <param name="labels">[B, T] aligned with the target; what stands at padding is not looked at.</param>
    /// <param name="truncate">Cut rows to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">Sizes do not fit each other, or a row is refused; the rows before it have been added.</exception>
    /// <exception cref="InvalidOperationException">The model is no encoder-decoder.</exception>
    public void AddPadded(PaddedBatch source, PaddedBatch target, ReadOnlySpan<int> labels, bool truncate = false)
    {
        RequirePair();
        CheckPlaces(target, labels);
        if (source.Rows != target.Rows)
        {
            throw new ArgumentException($"There are {source.Rows} source rows and {target.Rows} target rows; a pair is one row of both.", nameof(target));
        }

        for (int row = 0; row < target.Rows; row++)
        {
            (int sourceFirst, int sourceCount) = source.Real(row);
            (int first, int count) = target.Real(row);
            if (count > 0)
            {
                AddPair(source.Ids.Slice(sourceFirst, sourceCount), target.Ids.Slice(first, count), labels.Slice(first, count), truncate);
            }
        }
    }

    private static void CheckPlaces(PaddedBatch batch, ReadOnlySpan<int> labels)
    {
        if (labels.Length != batch.Ids.Length)
        {
            throw new ArgumentException($"There are {labels.Length} labels for {batch.Rows} rows of {batch.Columns}; each place has one, {Ignored} where nothing counts.", nameof(labels));
        }
    }
}

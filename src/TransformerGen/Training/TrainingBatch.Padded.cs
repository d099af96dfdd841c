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
                Add(batch.Ids.Slice(first, count), labels.Slice(first, count), truncate, batch.TypesAt(first, count));
            }
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

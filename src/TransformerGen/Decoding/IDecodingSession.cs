namespace TransformerGen.Decoding;

/// <summary>
/// A batch of rows being decoded against a key and value cache. Generated models implement it; the algorithms of this
/// namespace are generic over it, so that the calls to a struct are direct (to a class they are interface calls, a few per token).
/// </summary>
/// <remarks>A session serves one caller at a time.</remarks>
public interface IDecodingSession
{
    /// <summary>V: the number of tokens that logits are computed for.</summary>
    int Vocabulary { get; }

    /// <summary>The most positions a row may hold: tokens appended since <see cref="Begin"/>.</summary>
    int MaxLength { get; }

    /// <summary>The most rows that fit.</summary>
    int MaxRows { get; }

    /// <summary>The rows that are being decoded now.</summary>
    int Rows { get; }

    /// <summary>
    /// Begins one row for each entry; the cache of all rows is empty. Row i decodes for sentence <c>sentences[i]</c> of the
    /// encoder's output (a model without an encoder ignores the values).
    /// </summary>
    /// <param name="sentences">[rows] indices of encoded sentences, at most <see cref="MaxRows"/> of them.</param>
    void Begin(ReadOnlySpan<int> sentences);

    /// <summary>Appends tokens to the rows and computes the logits of each row's last token.</summary>
    /// <param name="tokens">The tokens of all rows, packed end to end in row order.</param>
    /// <param name="counts">[rows] how many of them belong to each row; 0 leaves a row idle (its logits are stale).</param>
#pragma warning disable CA1716 // Visual Basic's keyword; it is the field's word for what this does, and Basic code can escape it
    void Step(ReadOnlySpan<int> tokens, ReadOnlySpan<int> counts);
#pragma warning restore CA1716

    /// <summary>
    /// Makes row i continue what row <c>parents[i]</c> had decoded, sentence included. There are <c>parents.Length</c> rows
    /// afterwards, never more than before. Logits are stale until the next <see cref="Step"/>.
    /// </summary>
    /// <param name="parents">The row that each row continues; a row may be continued by several or by none.</param>
    void Reorder(ReadOnlySpan<int> parents);

    /// <summary>The logits of a row's last token, valid until the next call; the caller may overwrite them.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>[V] unnormalised log-probabilities.</returns>
    Span<float> Logits(int row);
}

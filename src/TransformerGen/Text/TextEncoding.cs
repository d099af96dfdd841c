namespace TransformerGen.Text;

/// <summary>What a model gets of a text, or of two: ids, their places in the text, and token types. All three have the same length.</summary>
public sealed class TextEncoding
{
    private readonly int[] _ids;
    private readonly TokenOffset[] _offsets;
    private readonly int[] _typeIds;

    internal TextEncoding(int[] ids, TokenOffset[] offsets, int[] typeIds) => (_ids, _offsets, _typeIds) = (ids, offsets, typeIds);

    /// <summary>The number of tokens.</summary>
    public int Count => _ids.Length;

    /// <summary>Token ids.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>The place of each token in its own text (of a pair, the first or the second).</summary>
    public ReadOnlySpan<TokenOffset> Offsets => _offsets;

    /// <summary>Token types (BERT's segments): 0, or 1 where the post-processor says so.</summary>
    public ReadOnlySpan<int> TypeIds => _typeIds;
}

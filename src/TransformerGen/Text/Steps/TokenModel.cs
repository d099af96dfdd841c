namespace TransformerGen.Text.Steps;

/// <summary>Finds the pieces of a word.</summary>
internal abstract class TokenModel
{
    /// <summary>Adds the pieces of a word to <see cref="EncodingBuffers.Pieces"/>.</summary>
    /// <param name="word">The word; not empty.</param>
    /// <param name="buffers">What to work in.</param>
    public abstract void Encode(ReadOnlySpan<char> word, EncodingBuffers buffers);

    /// <summary>The byte that a piece such as <c>&lt;0x0A&gt;</c> stands for in vocabularies with byte fallback, or null.</summary>
    public static byte? ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) ? value : null;

    /// <summary>The ids of the 256 byte pieces; -1 where the vocabulary lacks one.</summary>
    protected static int[] BytePieces(IReadOnlyDictionary<string, int> vocabulary)
    {
        var ids = new int[256];
        for (var value = 0; value < ids.Length; value++) ids[value] = vocabulary.TryGetValue($"<0x{value:X2}>", out var id) ? id : -1;
        return ids;
    }
}

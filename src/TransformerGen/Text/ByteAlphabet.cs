using System.Buffers;
using System.Text;

namespace TransformerGen.Text;

/// <summary>
/// The 256 printable characters that stand for the 256 byte values in a byte-level vocabulary (the table GPT-2 introduced):
/// printable Latin-1 stands for itself, every other byte for U+0100 and following, in byte order. A space becomes 'Ġ'.
/// </summary>
internal static class ByteAlphabet
{
    // The highest code point of the table: 188 bytes stand for themselves, the other 68 follow U+0100.
    private const int HighestCharacter = 0x100 + 68 - 1;

    private static readonly char[] CharacterOfByte = BuildCharacterOfByte();
    private static readonly short[] ByteOfCharacter = BuildByteOfCharacter();

    /// <summary>The character that stands for <paramref name="value"/>.</summary>
    public static char ToCharacter(byte value) => CharacterOfByte[value];

    /// <summary>The 256 characters in ascending order, the order in which a trainer gives them ids.</summary>
    public static char[] InCharacterOrder()
    {
        var characters = (char[])CharacterOfByte.Clone();
        Array.Sort(characters);
        return characters;
    }

    /// <summary>The alphabet's spelling of the UTF-8 bytes of <paramref name="text"/>.</summary>
    public static string Spell(ReadOnlySpan<char> text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var count = Encoding.UTF8.GetBytes(text, bytes);
            return string.Create(count, bytes, static (characters, source) =>
            {
                for (var i = 0; i < characters.Length; i++) characters[i] = CharacterOfByte[source[i]];
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>
    /// The bytes a piece stands for. A piece with a character outside the alphabet (an added token with a space, say) stands
    /// for its own UTF-8 bytes.
    /// </summary>
    public static byte[] ToBytes(string piece)
    {
        var bytes = new byte[piece.Length];
        for (var i = 0; i < piece.Length; i++)
        {
            var value = piece[i] <= HighestCharacter ? ByteOfCharacter[piece[i]] : (short)-1;
            if (value < 0) return Encoding.UTF8.GetBytes(piece);
            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static bool StandsForItself(int value) => value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;

    private static char[] BuildCharacterOfByte()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var value = 0; value < 256; value++) characters[value] = (char)(StandsForItself(value) ? value : next++);
        return characters;
    }

    private static short[] BuildByteOfCharacter()
    {
        var bytes = new short[HighestCharacter + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++) bytes[CharacterOfByte[value]] = (short)value;
        return bytes;
    }
}

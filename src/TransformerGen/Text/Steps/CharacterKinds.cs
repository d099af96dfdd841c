using System.Globalization;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>The classes of characters that tokenizers ask for.</summary>
internal static class CharacterKinds
{
    /// <summary>White space of Unicode.</summary>
    public static bool IsSpace(Rune rune) => Rune.IsWhiteSpace(rune);

    /// <summary>BERT's punctuation: what is neither letter, digit nor blank in ASCII, and categories P elsewhere.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is >= '!' and <= '/' or >= ':' and <= '@' or >= '[' and <= '`' or >= '{' and <= '~'
        : Rune.IsPunctuation(rune);

    /// <summary>A digit or another number.</summary>
    public static bool IsNumber(Rune rune) => Rune.IsNumber(rune);

    /// <summary>A combining mark of any kind.</summary>
    public static bool IsMark(Rune rune) => !rune.IsAscii && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>What <c>\w</c> matches: letters, marks, decimal digits, connectors and joiners (UTS 18).</summary>
    public static bool IsWordCharacter(Rune rune)
    {
        if (rune.IsAscii) return rune.Value == '_' || char.IsAsciiLetterOrDigit((char)rune.Value);
        if (Rune.IsLetter(rune) || IsMark(rune)) return true;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,

            // Joiners, and the circled and squared letters that count as alphabetic.
            _ => rune.Value is 0x200C or 0x200D or >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189,
        };
    }

    /// <summary>BERT's control characters, which its normaliser drops: categories C but for tab and line ends.</summary>
    public static bool IsControl(Rune rune) => rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>BERT's Chinese characters, each of which is a word: the unified ideographs and compatibility blocks of its first release.</summary>
    public static bool IsIdeograph(Rune rune) => rune.Value is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF
        or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
}

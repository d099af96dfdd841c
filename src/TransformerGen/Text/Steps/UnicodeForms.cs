using System.IO.Compression;
using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>
/// Decompositions, compositions and combining classes of Unicode 14. A table of our own, because with
/// <c>InvariantGlobalization</c> (usual with NativeAOT and in browsers) <see cref="string.Normalize()"/> changes nothing, and
/// because offsets need to know which character each part came from. Read when the first character outside ASCII asks for it.
/// </summary>
internal static class UnicodeForms
{
    /// <summary>No character decomposes into more.</summary>
    public const int LongestDecomposition = 18;

    private const string Resource = "TransformerGen.Text.Steps.unicode-forms.deflate";

    // Hangul syllables compose by arithmetic (the Unicode Standard, section 3.12).
    private const int FirstSyllable = 0xAC00, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTail = 0x11A7, Leads = 19, Vowels = 21, Tails = 28;

    private enum Kind
    {
        Canonical,
        Composing,
        Compatible,
    }

    /// <summary>The full decomposition of a character; itself where it has none.</summary>
    /// <param name="rune">The character.</param>
    /// <param name="compatible">Compatibility mappings too (NFKC, NFKD).</param>
    /// <param name="parts">Receives at most <see cref="LongestDecomposition"/> characters.</param>
    /// <returns>Their number.</returns>
    public static int Decompose(Rune rune, bool compatible, Span<Rune> parts)
    {
        if (rune.IsAscii)
        {
            parts[0] = rune;
            return 1;
        }

        var syllable = rune.Value - FirstSyllable;
        if ((uint)syllable < Leads * Vowels * Tails)
        {
            parts[0] = new Rune(FirstLead + (syllable / (Vowels * Tails)));
            parts[1] = new Rune(FirstVowel + (syllable % (Vowels * Tails) / Tails));
            if (syllable % Tails == 0) return 2;
            parts[2] = new Rune(FirstTail + (syllable % Tails));
            return 3;
        }

        if (!Table.Mappings.TryGetValue(rune.Value, out var mapping) || (mapping.Kind == Kind.Compatible && !compatible))
        {
            parts[0] = rune;
            return 1;
        }

        var count = 0;
        foreach (var part in mapping.Parts) count += Decompose(new Rune(part), compatible, parts[count..]);
        return count;
    }

    /// <summary>The canonical combining class; 0 for characters that others combine with.</summary>
    public static int CombiningClass(Rune rune) => !rune.IsAscii && Table.Classes.TryGetValue(rune.Value, out var value) ? value : 0;

    /// <summary>The character that two compose to, or null.</summary>
    public static Rune? Compose(Rune first, Rune second)
    {
        var (lead, vowel) = (first.Value - FirstLead, second.Value - FirstVowel);
        if ((uint)lead < Leads && (uint)vowel < Vowels) return new Rune(FirstSyllable + (((lead * Vowels) + vowel) * Tails));
        var (syllable, tail) = (first.Value - FirstSyllable, second.Value - FirstTail);
        if ((uint)syllable < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails) return new Rune(first.Value + tail);
        return !second.IsAscii && Table.Compositions.TryGetValue(((long)first.Value << 32) | (uint)second.Value, out var composed) ? new Rune(composed) : null;
    }

    private static class Table
    {
        public static readonly Dictionary<int, byte> Classes = [];
        public static readonly Dictionary<int, (Kind Kind, int[] Parts)> Mappings = [];
        public static readonly Dictionary<long, int> Compositions = [];

        /// <summary>
        /// The resource is a list of (code point, class) and one of (code point, kind, parts), each behind its length; numbers have
        /// seven bits a byte, lowest first, code points are written as steps from the one before.
        /// </summary>
        static Table()
        {
            using var packed = typeof(UnicodeForms).Assembly.GetManifestResourceStream(Resource)!;
            using var numbers = new BinaryReader(new BufferedStream(new DeflateStream(packed, CompressionMode.Decompress)));
            var character = 0;
            for (var left = numbers.Read7BitEncodedInt(); left > 0; left--)
            {
                character += numbers.Read7BitEncodedInt();
                Classes.Add(character, (byte)numbers.Read7BitEncodedInt());
            }

            character = 0;
            for (var left = numbers.Read7BitEncodedInt(); left > 0; left--)
            {
                character += numbers.Read7BitEncodedInt();
                var kind = (Kind)numbers.Read7BitEncodedInt();
                var parts = new int[numbers.Read7BitEncodedInt()];
                for (var i = 0; i < parts.Length; i++) parts[i] = numbers.Read7BitEncodedInt();
                Mappings.Add(character, (kind, parts));
                if (kind == Kind.Composing) Compositions.Add(((long)parts[0] << 32) | (uint)parts[1], character);
            }
        }
    }
}

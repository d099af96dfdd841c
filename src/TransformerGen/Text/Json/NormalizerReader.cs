using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    private const string Supported = "Sequence, BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Precompiled, Replace, Strip and StripAccents";

    /// <summary>Reads one normaliser and those within it.</summary>
    public static TextNormalizer Read(JsonPart part)
    {
        switch (part.Type)
        {
            case "Sequence": return new SequenceNormalizer([.. part.Require("normalizers").Entries().Select(Read)]);
            case "NFC": return new UnicodeNormalizer(compatible: false, compose: true);
            case "NFD": return new UnicodeNormalizer(compatible: false, compose: false);
            case "NFKC": return new UnicodeNormalizer(compatible: true, compose: true);
            case "NFKD": return new UnicodeNormalizer(compatible: true, compose: false);
            case "Lowercase": return new LowercaseNormalizer();
            case "StripAccents": return new StripAccentsNormalizer();
            case "Strip": return new StripNormalizer(part.Flag("strip_left", whenAbsent: true), part.Flag("strip_right", whenAbsent: true));
            case "Prepend": return new PrependNormalizer(part.Require("prepend").Text());
            case "Precompiled": return Precompiled(part.Require("precompiled_charsmap"));
            case "Replace":
                var content = part.Require("content").Text();
                var (literal, expression) = PatternReader.Read(part.Require("pattern"));
                return literal is not null ? new ReplaceNormalizer(literal, content) : new ReplaceNormalizer(PatternReader.Linear(part.Require("pattern"), expression!), content);
            case "BertNormalizer":
                var lowercase = part.Flag("lowercase", whenAbsent: true);
                return new BertNormalizer(
                    part.Flag("clean_text", whenAbsent: true), part.Flag("handle_chinese_chars", whenAbsent: true), part.Flag("strip_accents", whenAbsent: lowercase), lowercase);
            default: throw part.Unsupported(part.Type, Supported);
        }
    }

    private static PrecompiledNormalizer Precompiled(JsonPart table)
    {
        try
        {
            return new PrecompiledNormalizer(Convert.FromBase64String(table.Text()));
        }
        catch (FormatException damaged)
        {
            throw table.Damaged($"cannot be read: {damaged.Message}");
        }
    }
}

using System.Text;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads <c>pre_tokenizer</c>.</summary>
internal sealed class SplitterReader
{
    private const string Supported = "Sequence, BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Split, Whitespace and WhitespaceSplit";

    // Written as tokenizers' documentation has it; what the ByteLevel step uses by itself.
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Gpt2Grouped = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The words are spelled as bytes after the last step.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>Each word without a leading blank gets one.</summary>
    public bool AddsPrefixSpace { get; private set; }

    /// <summary>BERT's steps: at white space, and at every sign.</summary>
    public static WordSplitter Bert() => new SequenceSplitter(
    [
        new CharacterSplitter(CharacterKinds.IsSpace, DelimiterBehavior.Removed),
        new CharacterSplitter(CharacterKinds.IsPunctuation, DelimiterBehavior.Isolated),
    ]);

    /// <summary>Reads one step and those within it.</summary>
    /// <param name="part">The component.</param>
    /// <param name="isLast">No further step follows.</param>
    public WordSplitter Read(JsonPart part, bool isLast = true)
    {
        switch (part.Type)
        {
            case "Sequence":
                JsonPart[] entries = [.. part.Require("pretokenizers").Entries()];
                return new SequenceSplitter([.. entries.Select((entry, index) => Read(entry, isLast && index == entries.Length - 1))]);
            case "ByteLevel": return ByteLevel(part, isLast);
            case "Metaspace": return Metaspace(part);
            case "Split": return Split(part);
            case "Whitespace": return new WordOrSignsSplitter();
            case "WhitespaceSplit": return new CharacterSplitter(CharacterKinds.IsSpace, DelimiterBehavior.Removed);
            case "BertPreTokenizer": return Bert();
            case "Punctuation": return new CharacterSplitter(CharacterKinds.IsPunctuation, Behavior(part, DelimiterBehavior.Isolated));
            case "Digits":
                return new CharacterSplitter(CharacterKinds.IsNumber, part.Flag("individual_digits") ? DelimiterBehavior.Isolated : DelimiterBehavior.Contiguous);
            case "CharDelimiterSplit":
                var delimiter = new Rune(part.Require("delimiter").Character());
                return new CharacterSplitter(rune => rune == delimiter, DelimiterBehavior.Removed);
            default: throw part.Unsupported(part.Type, Supported);
        }
    }

    private SequenceSplitter ByteLevel(JsonPart part, bool isLast)
    {
        var steps = new List<WordSplitter>();
        AddsPrefixSpace = part.Flag("add_prefix_space", whenAbsent: true);
        if (AddsPrefixSpace) steps.Add(new PrefixSplitter(new Rune(' '), replaceBlanks: false, PrefixSplitter.Scheme.Always));
        if (part.Flag("use_regex", whenAbsent: true)) steps.Add(new ScanningSplitter(Gpt2Words.EndOfWord));

        // The model spells words itself, but a step that follows looks at the spelling.
        if (isLast) IsByteLevel = true;
        else steps.Add(new SpellingSplitter());
        return new SequenceSplitter([.. steps]);
    }

    private static SequenceSplitter Metaspace(JsonPart part)
    {
        var replacement = new Rune(part.Find("replacement")?.Character() ?? '\u2581');

        // Files of older versions have add_prefix_space instead.
        var scheme = part.TextOf("prepend_scheme") ?? (part.Flag("add_prefix_space", whenAbsent: true) ? "always" : "never");
        var prepend = scheme switch
        {
            "always" => PrefixSplitter.Scheme.Always,
            "first" => PrefixSplitter.Scheme.First,
            "never" => PrefixSplitter.Scheme.Never,
            _ => throw part.Unsupported($"Metaspace with prepend_scheme {scheme}", "always, first and never"),
        };
        var steps = new List<WordSplitter> { new PrefixSplitter(replacement, replaceBlanks: true, prepend) };
        if (part.Flag("split", whenAbsent: true)) steps.Add(new CharacterSplitter(rune => rune == replacement, DelimiterBehavior.MergedWithNext));
        return new SequenceSplitter([.. steps]);
    }

    private static WordSplitter Split(JsonPart part)
    {
        var behavior = Behavior(part, null);
        var invert = part.Flag("invert");
        var pattern = part.Require("pattern");
        var (literal, expression) = PatternReader.Read(pattern);
        if (literal is not null) return new PatternSplitter(literal, null, behavior, invert);

        // These cover every text without a gap, so that the words are the same whether matches are kept apart or are what is kept.
        if (behavior == DelimiterBehavior.Isolated || (behavior == DelimiterBehavior.Removed && invert))
        {
            if (expression is Gpt2 or Gpt2Grouped) return new ScanningSplitter(Gpt2Words.EndOfWord);
            if (Gpt4Words.For(expression!) is { } words) return new ScanningSplitter(words.EndOfWord);
        }

        return new PatternSplitter(null, PatternReader.Split(pattern, expression!), behavior, invert);
    }

    private static DelimiterBehavior Behavior(JsonPart part, DelimiterBehavior? whenAbsent)
    {
        if (part.TextOf("behavior") is not { } name) return whenAbsent ?? throw part.Damaged("lacks 'behavior'");
        return name switch
        {
            "Removed" => DelimiterBehavior.Removed,
            "Isolated" => DelimiterBehavior.Isolated,
            "MergedWithPrevious" => DelimiterBehavior.MergedWithPrevious,
            "MergedWithNext" => DelimiterBehavior.MergedWithNext,
            "Contiguous" => DelimiterBehavior.Contiguous,
            _ => throw part.Unsupported($"{part.Type} with behavior {name}", "Removed, Isolated, MergedWithPrevious, MergedWithNext and Contiguous"),
        };
    }
}

using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.ML.Tokenizers;
using TransformerGen.Text;
using TransformerGen.Text.Steps;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Text;

/// <summary>The steps of a tokenizer one by one.</summary>
public class TokenizerStepTests(ITestOutputHelper output)
{
    private const string Gpt4 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // What the expressions tell apart, often side by side.
    private static readonly Gen<string> Mixed = Gen.OneOfConst("a", "B", "\u00e9", "1", "23", "\u00bd", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "'", "'s", "'LL", ".", "!?", "\u6771", "_").List[0, 24].Select(string.Concat);

    [Fact]
    public void GPT_4s_words_are_the_matches_of_its_expression()
    {
        var backtracking = new Regex(Gpt4, RegexOptions.CultureInvariant);
        var words = Gpt4Words.For(Gpt4)!;
        Mixed.Sample(text => Assert.Equal(backtracking.Matches(text).Select(match => match.Value), Words(text, words.EndOfWord)), iter: 20_000);
    }

    [Fact]
    public void Qwens_words_are_the_matches_of_its_expression()
    {
        var qwen = Gpt4.Replace("{1,3}", "", StringComparison.Ordinal);
        var backtracking = new Regex(qwen, RegexOptions.CultureInvariant);
        var words = Gpt4Words.For(qwen)!;
        Mixed.Sample(text => Assert.Equal(backtracking.Matches(text).Select(match => match.Value), Words(text, words.EndOfWord)), iter: 20_000);
    }

    [Theory]
    [InlineData(@"\p{Lu}?\p{Ll}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    [InlineData(@" ?[a-z']+")]
    [InlineData(@" ?[^(\s|.,!?)]+")]
    [InlineData(@" {2,}")]
    [InlineData(@"\s+")]
    [InlineData(@"[0-9][0-9]")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    public void An_expression_without_backtracking_matches_what_one_with_it_does(string pattern)
    {
        // The look-ahead is done by hand.
        var backtracking = new Regex(pattern, RegexOptions.CultureInvariant);
        var linear = new SplitExpression(pattern);
        Mixed.Sample(text => Assert.Equal(
            backtracking.Matches(text).Where(match => match.Length > 0).Select(match => new Word(match.Index, match.Index + match.Length)),
            linear.Matches(text)));
    }

    [Theory]
    [InlineData("'\u017fa", "'\u017f|a")]
    [InlineData("'LLa", "'LL|a")]
    [InlineData("'xa", "'xa")]
    public void Contractions_are_found_without_regard_to_case(string text, string words)
    {
        // The long s too is an s to the reference's engines, to .NET's it is not.
        Assert.Equal(words, string.Join('|', Words(text, Gpt4Words.For(Gpt4)!.EndOfWord)));
    }

    [Theory]
    [InlineData("bpe-roberta-kind")]
    [InlineData("bpe-gpt4-kind")]
    [InlineData("bpe-llama-kind")]
    [InlineData("wordpiece-cased")]
    public void Encoding_what_was_met_before_allocates_nothing(string kind)
    {
        var tokenizer = TokenizerJsonTests.Loaded(kind);
        var ids = new List<int>(4096);
        const string text = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer <mask> the slings [MASK] and arrows";
        for (var round = 0; round < 50; round++)
        {
            ids.Clear();
            tokenizer.Encode(text, ids);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        ids.Clear();
        tokenizer.Encode(text, ids);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Letters_beyond_the_first_plane_are_letters()
    {
        const string text = "\U00010400\U00010428 \U0001F600\U0001F600";
        Assert.Equal(["\U00010400\U00010428", " \U0001F600\U0001F600"], Words(text, Gpt4Words.For(Gpt4)!.EndOfWord));
        Assert.Equal([new Word(0, 4), new Word(4, 9)], new SplitExpression(@" ?\p{L}+| ?[^\s\p{L}\p{N}]+").Matches(text));
    }

    [Fact]
    public void A_class_within_a_class_is_a_union()
    {
        // BLOOM's expression: brackets within brackets, which .NET reads otherwise.
        const string text = "Hello, (world|s) how's it\u3002";
        var words = new SplitExpression(@" ?[^(\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+").Matches(text).Select(word => text[word.Start..word.End]);

        Assert.Equal(["Hello", "world", "s", " how's", " it"], words);
        Assert.Throws<NotSupportedException>(() => new SplitExpression("[a[^b]]"));
        Assert.Throws<NotSupportedException>(() => new SplitExpression("[a-z&&[b]]"));
    }

    [Fact]
    public void Steps_behind_ByteLevel_see_the_spelling()
    {
        // Falcon's order of steps. Digits cuts at numbers of the spelling too: the second byte of U+00F2 is spelled as a superscript two.
        var tokenizer = TokenizerJsonTests.Loaded(
            "bpe-roberta-kind",
            "\"pre_tokenizer\": {",
            """
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": false}, {"type": "Digits"},
                {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"}, "behavior": "Isolated"}]}, "unread": {
            """);
        var plain = TokenizerJsonTests.Loaded("bpe-roberta-kind");
        const string text = "the question 12345 na\u00efve caf\u00e9, h\u00f2 \U0001F600";

        var (found, expected) = (tokenizer.EncodeWithOffsets(text), plain.EncodeWithOffsets(text));

        // This vocabulary merges neither digits nor such bytes, so that nothing else may change.
        Assert.Equal(expected.Ids.ToArray(), found.Ids.ToArray());
        Assert.Equal(expected.Offsets.ToArray(), found.Offsets.ToArray());
    }

    [Theory]
    [InlineData("a-b--c", (int)DelimiterBehavior.Removed, "a|b|c")]
    [InlineData("a-b--c", (int)DelimiterBehavior.Isolated, "a|-|b|-|-|c")]
    [InlineData("a-b--c", (int)DelimiterBehavior.MergedWithPrevious, "a-|b-|-|c")]
    [InlineData("a-b--c-", (int)DelimiterBehavior.MergedWithNext, "a|-b|-|-c|-")]
    [InlineData("a-b--c", (int)DelimiterBehavior.Contiguous, "a|-|b|--|c")]
    public void Delimiters_go_where_the_behavior_says(string text, int behavior, string expected)
    {
        foreach (var splitter in (WordSplitter[])[new CharacterSplitter(rune => rune.Value == '-', (DelimiterBehavior)behavior), new PatternSplitter("-", null, (DelimiterBehavior)behavior, false)])
        {
            var buffers = new EncodingBuffers();
            buffers.Text.Set(text, 0);
            buffers.Words.Add(new Word(0, text.Length));
            splitter.Apply(buffers);
            Assert.Equal(expected, string.Join('|', buffers.Words.Select(word => text[word.Start..word.End])));
        }
    }

    [Theory]
    [InlineData("\u00e9", true, false, "e\u0301")]
    [InlineData("e\u0301", true, true, "\u00e9")]
    [InlineData("\ufb01\u00bd\u2167\u2460", true, true, "fi1\u20442VIII1")]
    [InlineData("\ufb01", false, true, "\ufb01")]
    [InlineData("a\u0302\u0323", false, true, "\u1ead")]
    [InlineData("a\u0302\u0323", false, false, "a\u0323\u0302")]
    [InlineData("\uac01", false, false, "\u1100\u1161\u11a8")]
    [InlineData("\u1100\u1161\u11a8", false, true, "\uac01")]
    [InlineData("\u212b", false, true, "\u00c5")]
    [InlineData("\u0958", false, true, "\u0915\u093c")]
    [InlineData("\u30ab\uff9e", true, true, "\u30ac")]
    [InlineData("\u0301a", false, true, "\u0301a")]
    [InlineData("\ufdfa", true, true, "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064a\u0647 \u0648\u0633\u0644\u0645")]
    [InlineData("\U0001D15E", false, true, "\U0001D157\U0001D165")]
    public void Unicodes_normalisation_forms(string text, bool compatible, bool compose, string expected) =>
        Assert.Equal(expected, Normalized(new UnicodeNormalizer(compatible, compose), text));

    // SHA-256 of what Python's unicodedata, of Unicode 14, gives.
    [Theory]
    [InlineData(false, true, "B710AC9FE9D23E1EA5A150408A6ACBFDE6D4342B7F07C8D9CBD16FB323CE0ED2")]
    [InlineData(false, false, "387DBADB22833C0680B25A5FD042D5A32576A82183E013D4975B01FA724C039D")]
    [InlineData(true, true, "4D36D30D8E5BBC9B53348DE6C0311E434A4A13BBB2946DF531449A09BC522E7D")]
    [InlineData(true, false, "A0D8EE6EC3B8BC9F3CFE8A6AFBB333C0CEA8951B58BA7A7E9D30C27B96901564")]
    public void Every_character_has_Unicodes_normalisation_forms(bool compatible, bool compose, string expected)
    {
        var normalizer = new UnicodeNormalizer(compatible, compose);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var value = 0; value < 0x30000; value++)
        {
            if (!Rune.TryCreate(value, out var rune)) continue;
            Add(rune.ToString());

            // Marks also among others, so that they are ordered, blocked and composed.
            if (UnicodeForms.CombiningClass(rune) != 0) Add($"a\u0302{rune}\u0323\u1100{rune}\u1161");
        }

        Assert.Equal(expected, Convert.ToHexString(hash.GetHashAndReset()));

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(Normalized(normalizer, text) + "\n"));
    }

    [Fact]
    public void A_text_of_marks_alone_is_normalised_in_time()
    {
        var marks = "a" + string.Concat(Enumerable.Repeat("\u0323\u0302\u0301", 200_000));
        var clock = Stopwatch.StartNew();
        Assert.StartsWith("\u1ead", Normalized(new UnicodeNormalizer(true, true), marks), StringComparison.Ordinal);
        output.WriteLine($"600,000 marks: {clock.Elapsed.TotalSeconds:F2} s");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "Quadratic time would be minutes.");
    }

    [Fact]
    public void Capital_I_with_a_dot_becomes_two_characters() => Assert.Equal("i\u0307x", Normalized(new LowercaseNormalizer(), "\u0130X"));

    [Fact]
    public void BPE_merges_as_the_library_does()
    {
        var small = TextTokenizer.Load(TextData.Fixture("bpe-trained.json"));
        var library = BpeTokenizer.Create(new BpeOptions(small.Vocabulary.ToDictionary())
        {
            Merges = small.Merges.Select(merge => $"{merge.Left} {merge.Right}"),
            PreTokenizer = new OneWord(),
            ByteLevel = true,
        });

        Gen.OneOfConst("the", "ing", "o", "u", " ", "th", "e", "\u00e9", "aaa", "\n").List[1, 40].Select(string.Concat).Sample(text =>
        {
            var words = Words(text, TransformerGen.Text.Gpt2Words.EndOfWord);
            Assert.Equal(words.SelectMany(word => library.EncodeToIds(word)), small.Encode(text));
        });
    }

    [Theory]
    [InlineData("bpe-llama-kind")]
    [InlineData("bpe-roberta-kind")]
    [InlineData("bpe-gpt4-kind")]
    [InlineData("unigram-t5-kind")]
    [InlineData("wordpiece-uncased")]
    public void Time_is_linear_even_in_one_long_word(string kind)
    {
        // Ten times the text in at most thirty times the time: a word of n units costs n log n in BPE, and machines are busy.
        var tokenizer = TokenizerJsonTests.Loaded(kind);
        var text = string.Concat(Enumerable.Repeat("abracadabra", 100_000));
        tokenizer.Encode(text.AsSpan(0, 20_000));
        var clock = Stopwatch.StartNew();
        tokenizer.Encode(text.AsSpan(0, 110_000));
        var tenth = clock.Elapsed;
        clock.Restart();
        tokenizer.Encode(text);
        output.WriteLine($"{kind}: 110,000 letters {tenth.TotalMilliseconds:F0} ms, 1,100,000 {clock.Elapsed.TotalMilliseconds:F0} ms");
        Assert.True(clock.Elapsed < (30 * tenth) + TimeSpan.FromSeconds(2), $"{clock.Elapsed} against {tenth}");
    }

    private static string Normalized(TextNormalizer normalizer, string text)
    {
        var buffers = new EncodingBuffers();
        buffers.Text.Set(text, 0);
        normalizer.Apply(buffers);
        return buffers.Text.Units.ToString();
    }

    private static List<string> Words(string text, ScanningSplitter.EndOfWord endOfWord)
    {
        var words = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = endOfWord(text, start);
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }

    private sealed class OneWord : PreTokenizer
    {
        public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => [(0, text.Length)];

        public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => [(0, text.Length)];
    }
}

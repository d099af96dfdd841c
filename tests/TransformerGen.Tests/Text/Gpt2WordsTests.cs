using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using TransformerGen.Text;
using Xunit;

namespace TransformerGen.Tests.Text;

public partial class Gpt2WordsTests
{
    [Fact]
    public void Words_are_what_the_expression_of_GPT_2_matches()
    {
        // Blanks, quotes and the letters of contractions often; the rest from the whole first plane, without surrogates.
        var character = Gen.Frequency(
            (6, Gen.OneOfConst([.. " '  \t\n\r\u00a0\u3000\u0085svtremldSLa1\u00b2\u0967.,_\u00e9\u4e2d\u0301"])),
            (2, Gen.Char[' ', '\u024f']),
            (1, Gen.Char.Where(c => !char.IsSurrogate(c))));
        character.Array[0, 24].Sample(characters =>
        {
            var text = new string(characters);
            return Words(text).SequenceEqual(Expression.Matches(text).Select(match => match.Value));
        });
    }

    [Theory]
    [InlineData("\U0001D400b c", "\U0001D400b| c")]
    [InlineData(" \U00020000\u4e2d!", " \U00020000\u4e2d|!")]
    [InlineData("a\U0001D7D81 2", "a|\U0001D7D81| 2")]
    [InlineData("hi \U0001F600\U0001F600!", "hi| \U0001F600\U0001F600!")]
    public void Characters_above_U_FFFF_count_by_their_own_category(string text, string words) => Assert.Equal(words.Split('|'), Words(text));

    [Fact]
    public void A_lone_surrogate_ends_nothing_in_disaster() => Assert.Equal(["a", "\ud800", "b", " \udc00"], Words("a\ud800b \udc00"));

    [Fact]
    public void The_byte_alphabet_spells_every_byte_once_and_back()
    {
        var characters = ByteAlphabet.InCharacterOrder();
        Assert.Equal(256, characters.Distinct().Count());
        for (var value = 0; value < 256; value++) Assert.Equal([(byte)value], ByteAlphabet.ToBytes(ByteAlphabet.ToCharacter((byte)value).ToString()));
        Assert.Equal("\u0120na\u00c3\u00afve\u010a", ByteAlphabet.Spell(" na\u00efve\n"));
        Assert.Equal(Encoding.UTF8.GetBytes("<a b>"), ByteAlphabet.ToBytes("<a b>"));
    }

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = Gpt2Words.EndOfWord(text, start);
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Expression { get; }
}

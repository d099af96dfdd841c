using Translate.Corpus;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>Words, joined pieces, capitals and the saved vocabulary.</summary>
public class WordTokenizerTests
{
    private static readonly HashSet<string> Capital = ["Paul", "I"];

    [Theory]
    [InlineData("J'aime l'école.", "j'|aime|l'|école|.")]
    [InlineData("Qu'est-ce qu'il n'a pas ?", "qu'|est|-ce|qu'|il|n'|a|pas|?")]
    [InlineData("A-t-elle mangé aujourd'hui ?", "a|-t-elle|mangé|aujourd'hui|?")]
    [InlineData("Paul's car. He doesn't know. I do.", "Paul|'s|car|.|he|doesn't|know|.|I|do|.")]
    [InlineData("J’aime Paul !", "j'|aime|Paul|!")]
    public void Text_is_cut_into_its_pieces(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', WordTokenizer.Split(text, Capital)));

    [Fact]
    public void Capitals_are_learned_from_the_middle_of_sentences() =>
        Assert.Equal(["I", "Paul"], Capitals.Learn(["Nous voyons Paul.", "When I go.", "Paul et nous."]).Order());

    [Fact]
    public void A_vocabulary_survives_saving_and_knows_what_it_has_not_seen()
    {
        Vocabulary vocabulary = Vocabulary.Build([new("Je vois Paul.", "I see Paul.", "")]);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            vocabulary.Save(folder);
            Vocabulary loaded = Vocabulary.Load(folder);
            Assert.Equal(vocabulary.Encode("Paul vois je."), loaded.Encode("Paul vois je."));
            Assert.Equal(["chat"], loaded.Unseen("Paul vois chat."));
            Assert.Contains(Vocabulary.Unknown, loaded.Encode("Le chat."));
            Assert.Equal("See Paul.", loaded.Decode([Vocabulary.Begin, .. loaded.Encode("see Paul."), Vocabulary.End, 5]));
            File.WriteAllText(Path.Combine(folder, Vocabulary.FileName), "je\nvois\n");
            Assert.Throws<InvalidDataException>(() => Vocabulary.Load(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

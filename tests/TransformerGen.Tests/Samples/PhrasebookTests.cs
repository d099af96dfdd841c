using System.Text.RegularExpressions;
using Translate.Baseline;
using Translate.Corpus;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Samples;

/// <summary>What the sample promises of its embedded corpus.</summary>
public partial class PhrasebookTests(ITestOutputHelper output)
{
    private static readonly SplitCorpus Corpus = Phrasebook.Create();
    private static readonly SentencePair[] All = [.. Corpus.Training, .. Corpus.HeldOut];

    [Fact]
    public void It_has_five_thousand_distinct_pairs_and_holds_a_tenth_out()
    {
        Assert.Equal(4_500, Corpus.Training.Count);
        Assert.Equal(500, Corpus.HeldOut.Count);
        Assert.Equal(All.Length, All.Select(pair => pair.Source).Distinct().Count());
    }

    [Fact]
    public void Sentences_average_six_words_or_more()
    {
        double average = All.Average(pair => WordTokenizer.CountWords(pair.Source));
        output.WriteLine($"words per French sentence: {average:F2}");
        Assert.InRange(average, 6, 12);
    }

    [Fact]
    public void A_held_out_combination_is_never_seen_in_training()
    {
        var training = Corpus.Training.Select(pair => pair.Combination).ToHashSet();
        Assert.All(Corpus.HeldOut, pair => Assert.DoesNotContain(pair.Combination, training));
    }

    [Fact]
    public void Every_held_out_word_occurs_in_training_in_its_own_language()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Training);
        var french = Corpus.Training.SelectMany(pair => vocabulary.Split(pair.Source)).ToHashSet();
        var english = Corpus.Training.SelectMany(pair => vocabulary.Split(pair.Target)).ToHashSet();
        Assert.All(Corpus.HeldOut, pair =>
        {
            Assert.Subset(french, vocabulary.Split(pair.Source).ToHashSet());
            Assert.Subset(english, vocabulary.Split(pair.Target).ToHashSet());
            Assert.DoesNotContain(Vocabulary.Unknown, vocabulary.Encode(pair.Source));
        });
    }

    [Fact]
    public void The_vocabulary_of_both_languages_fits_the_model()
    {
        int count = Vocabulary.Build(Corpus.Training).Count;
        output.WriteLine($"vocabulary: {count}");
        Assert.InRange(count, 500, Phrasebook.VocabularyLimit);
    }

    [Fact]
    public void The_same_seed_gives_the_same_corpus_and_another_seed_another()
    {
        SplitCorpus again = Phrasebook.Create(count: 400, heldOut: 20, seed: 7);
        Assert.Equal(Phrasebook.Create(400, 20, 7).Training, again.Training);
        Assert.Equal(Phrasebook.Create(400, 20, 7).HeldOut, again.HeldOut);
        Assert.NotEqual(Phrasebook.Create(400, 20, 8).Training, again.Training);
    }

    [Fact]
    public void A_French_sentence_has_one_translation_in_the_whole_grammar()
    {
        var random = new SeededRandom(99);
        var targets = new Dictionary<string, string>();
        for (int i = 0; i < 100_000; i++)
        {
            SentencePair pair = Phrasebook.Next(random);
            if (!targets.TryAdd(pair.Source, pair.Target)) Assert.Equal(targets[pair.Source], pair.Target);
        }

        output.WriteLine($"distinct sentences among 100,000: {targets.Count}");
        Assert.True(targets.Count > 40_000, "The grammar is much larger than the corpus.");
    }

    [Fact]
    public void Elision_and_contraction_are_never_missed()
    {
        var random = new SeededRandom(5);
        for (int i = 0; i < 30_000; i++) Check(Phrasebook.Next(random));

        static void Check(SentencePair pair)
        {
            Assert.False(MissedElision().IsMatch(pair.Source), pair.Source);
            Assert.False(FalseElision().IsMatch(pair.Source), pair.Source);
            Assert.False(MissedContraction().IsMatch(pair.Source), pair.Source);
            Assert.False(WrongArticle().IsMatch(pair.Target), pair.Target);
            Assert.False(Doubled().IsMatch(pair.Source), pair.Source);
            Assert.False(Doubled().IsMatch(pair.Target), pair.Target);
            Assert.False(pair.Source.Contains("  ", StringComparison.Ordinal) || pair.Target.Contains("  ", StringComparison.Ordinal), pair.Source);
        }
    }

    [Theory]
    [InlineData("Je aime le thé.")]
    [InlineData("Elle ne aime pas le école.")]
    [InlineData("Est-ce que il habite à Paris ?")]
    public void The_elision_check_sees_what_it_is_for(string wrong) => Assert.Matches(MissedElision(), wrong);

    [Fact]
    public void Text_survives_being_cut_into_tokens()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Training);
        Assert.All(All, pair =>
        {
            Assert.Equal(pair.Target, vocabulary.Decode(vocabulary.Encode(pair.Target)));
            Assert.Equal(pair.Source.Replace(" ?", "?", StringComparison.Ordinal), vocabulary.Decode(vocabulary.Encode(pair.Source)));
        });
    }

    [Fact]
    public void A_word_by_word_dictionary_is_right_on_less_than_three_in_ten()
    {
        WordDictionary dictionary = WordDictionary.Learn(Corpus.Training, Vocabulary.Build(Corpus.Training));
        int right = Corpus.HeldOut.Count(pair => dictionary.Translate(pair.Source) == pair.Target);
        output.WriteLine($"word-by-word dictionary: {right} of {Corpus.HeldOut.Count}");
        Assert.True(right < 0.3 * Corpus.HeldOut.Count);
    }

    [GeneratedRegex(@"\b([Jj]e|[Nn]e|[Ll]e|[Ll]a|[Dd]e|[Qq]ue|[Mm]e|[Tt]e) [aàâeéèêiîoôuûœyh]", RegexOptions.CultureInvariant)]
    private static partial Regex MissedElision();

    [GeneratedRegex(@"\b([JjNnLlDdMmTt]|[Qq]u)'[^aàâeéèêiîoôuûœyhAEI]", RegexOptions.CultureInvariant)]
    private static partial Regex FalseElision();

    [GeneratedRegex(@"\b(à les?|de les) (?!cherche|trouve|donne|achète|li|vo)|\b(ma|ta|sa|cette) (ami|enfant)\b|\b(ce|nouveau|vieux|beau) [aeiouéêh]\w*\b(?<!s)(?<!est)", RegexOptions.CultureInvariant)]
    private static partial Regex MissedContraction();

    [GeneratedRegex(@"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", RegexOptions.CultureInvariant)]
    private static partial Regex WrongArticle();

    [GeneratedRegex(@"\b(\w+) \1\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Doubled();
}

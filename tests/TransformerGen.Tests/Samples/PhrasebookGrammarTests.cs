using Translate.Corpus.Grammar;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>The grammar's rules, one sentence each.</summary>
public class PhrasebookGrammarTests
{
    private static readonly Phrase Bread = new("du pain", "some bread");

    [Fact]
    public void Tense_and_polarity_choose_the_English_form()
    {
        Check(new(Subject.He, Verbs.Manger, Tense.Present) { Rest = Bread }, "il mange du pain", "he eats some bread");
        Check(new(Subject.I, Verbs.Manger, Tense.Now) { Rest = Bread }, "je mange du pain", "I am eating some bread");
        Check(new(Subject.They, Verbs.Manger, Tense.Ongoing) { Rest = Bread }, "ils sont en train de manger du pain", "they are eating some bread");
        Check(new(Subject.We, Verbs.Boire, Tense.Past), "nous avons bu", "we drank");
        Check(new(Subject.She, Verbs.Boire, Tense.Past) { Polarity = Polarity.Not }, "elle ne a pas bu", "she didn't drink");
        Check(new(Subject.She, Verbs.Boire, Tense.Past) { Polarity = Polarity.Never }, "elle ne a jamais bu", "she has never drunk");
        Check(new(Subject.She, Verbs.Boire, Tense.Past) { Polarity = Polarity.NotYet }, "elle ne a pas encore bu", "she hasn't drunk yet");
        Check(new(Subject.You, Verbs.Boire, Tense.Present) { Polarity = Polarity.NoLonger }, "tu ne bois plus", "you don't drink anymore");
        Check(new(Subject.I, Verbs.Lire, Tense.NearFuture) { Polarity = Polarity.Not }, "je ne vais pas lire", "I am not going to read");
        Check(new(Subject.YouPlural, Verbs.Aller, Tense.Future) { Polarity = Polarity.Not }, "vous ne irez pas", "you won't go");
        Check(new(Subject.They, Verbs.Habiter, Tense.Imperfect), "ils habitaient", "they used to live");
        Check(new(Subject.He, Verbs.Chercher, Tense.Present) { Pronoun = new("la", "it") }, "il la cherche", "he is looking for it");
    }

    [Fact]
    public void Participles_agree_with_the_subject_of_etre_and_the_object_before_avoir()
    {
        Check(new(Subject.Marie, Verbs.Aller, Tense.Past), "Marie est allée", "Marie went");
        Check(new(Subject.TheyFeminine, Verbs.Rester, Tense.Past), "elles sont restées", "they stayed");
        Check(
            new(Subject.I, Verbs.Perdre, Tense.Past) { Pronoun = new("les", "them"), Agreement = (Gender.Feminine, true) },
            "je les ai perdues", "I lost them");
    }

    [Fact]
    public void Questions_invert_or_take_est_ce_que()
    {
        Check(new(Subject.She, Verbs.Acheter, Tense.Past) { Mood = Mood.Inversion, Rest = Bread }, "a-t-elle acheté du pain", "did she buy some bread");
        Check(new(Subject.Paul, Verbs.Habiter, Tense.Present) { Mood = Mood.EstCeQue }, "est-ce que Paul habite", "does Paul live");
        Check(
            new(Subject.You, Verbs.Aller, Tense.Present) { Modal = Verbs.Vouloir, Mood = Mood.Inversion },
            "veux-tu aller", "do you want to go");
    }

    [Fact]
    public void Adjectives_agree_and_stand_on_their_side_of_the_noun()
    {
        Noun car = Nouns.Objects.Single(noun => noun.French == "voiture");
        Noun hat = Nouns.Objects.Single(noun => noun.French == "chapeau");
        Adjective old = Adjectives.BeforeNoun.Single(adjective => adjective.English == "old");
        Adjective white = Adjectives.AfterNoun.Single(adjective => adjective.English == "white");
        Assert.Equal(new("une vieille voiture blanche", "a old white car"), NounPhrases.Build(car, false, Determiner.Indefinite, adjectives: [old, white]).Words);
        Assert.Equal(new("ces vieux chapeaux blancs", "these old white hats"), NounPhrases.Build(hat, true, Determiner.Demonstrative, adjectives: [old, white]).Words);
        Assert.Equal("vieil", old.Agree(Gender.Masculine, false, "ami"));
        Assert.Equal("An old car.", English.Finish("a old car", '.'));
    }

    [Fact]
    public void Articles_contract_and_words_elide()
    {
        Assert.Equal("au professeur", French.To("le professeur"));
        Assert.Equal("aux enfants", French.To("les enfants"));
        Assert.Equal("du pain", French.Of("le pain"));
        Assert.Equal("J'ai de l'eau.", French.Finish("je ai de la eau", '.'));
        Assert.Equal("Est-ce qu'il n'aime pas l'école ?", French.Finish("est-ce que il ne aime pas la école", '?'));
        Assert.Equal("mon amie", Subject.I.FrenchPossessive(Gender.Feminine, false, "amie") + " amie");
    }

    private static void Check(Clause clause, string french, string english) => Assert.Equal(new Phrase(french, english), clause.Words);
}

namespace Translate.Corpus.Grammar;

/// <summary>The kinds of sentence of the phrasebook; each call makes one at random.</summary>
internal static partial class Frames
{
    /// <summary>Every kind of sentence, with how many of a hundred it makes.</summary>
    public static readonly (int Weight, Func<SeededRandom, SentencePair> Make)[] All =
    [
        (24, Statement),
        (16, Going),
        (9, Describing),
        (13, Asking),
        (10, Referring),
        (7, Wishing),
        (8, Giving),
        (4, Relating),
        (3, Existing),
        (2, Ordering),
        (4, Having),
    ];

    /// <summary>Somebody does something to something: every tense and negation, habits and moments.</summary>
    private static SentencePair Statement(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Verb verb = random.Pick(Verbs.Transitive);
        (Tense tense, Polarity polarity) = TenseFor(random, verb);
        Phrase rest = ObjectOf(random, verb, subject, Clause.Negates(polarity), out string key);
        var clause = new Clause(subject, verb, tense) { Polarity = polarity, Rest = rest };
        return Timed(random, clause, key);
    }

    /// <summary>Somebody goes, stays, lives or works somewhere, or plays.</summary>
    private static SentencePair Going(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Verb verb = random.Pick(PlaceVerbs);
        (Tense tense, Polarity polarity) = TenseFor(random, verb);
        Phrase place = PlaceOf(random, verb, subject);
        Phrase rest = place;
        if (verb != Verbs.Habiter && verb != Verbs.Jouer && random.Chance(35)) rest += new Phrase("avec", "with") + NounPhrases.Person(random, subject);
        var clause = new Clause(subject, verb, tense) { Polarity = polarity, Rest = rest };
        if (verb == Verbs.Partir || verb == Verbs.Arriver)
        {
            if (tense == Tense.Present && polarity == Polarity.Affirmative && random.Chance(60))
                return Statement(clause with { Time = random.Pick(Times.Clock) }, rest.French);
        }

        return Timed(random, clause, rest.French);
    }

    /// <summary>How somebody is, or was when young.</summary>
    private static SentencePair Describing(SeededRandom random)
    {
        if (random.Chance(35)) return Comparing(random);
        Subject subject = AnySubject(random);
        Adjective adjective = random.Pick(Adjectives.OfPeople);
        string agreed = adjective.Agree(subject.Gender, subject.Plural);
        Phrase degree = random.Pick(Degrees);
        (Tense tense, Phrase[] times) = random.Next(3) switch
        {
            0 => (Tense.Present, PresentStates),
            1 => (Tense.Imperfect, PastStates),
            _ => (Tense.Future, FutureStates),
        };
        Polarity polarity = random.Next(10) switch
        {
            < 6 => Polarity.Affirmative,
            < 9 => Polarity.Not,
            _ => tense == Tense.Present ? Polarity.NoLonger : Polarity.Not,
        };
        if (polarity == Polarity.NoLonger) degree = Phrase.Empty;
        var clause = new Clause(subject, Verbs.Etre, tense)
        {
            Polarity = polarity,
            Adverb = tense == Tense.Present && polarity != Polarity.NoLonger && random.Chance(25) ? new("souvent", "often") : Phrase.Empty,
            Rest = degree + new Phrase(agreed, adjective.English),
            Time = polarity == Polarity.NoLonger ? new("aujourd'hui", "today") : random.Pick(times),
        };
        if (!clause.Adverb.IsEmpty) clause = clause with { Time = random.Pick(Times.Days) };
        return Statement(clause, adjective.English + clause.Time.French);
    }

    /// <summary>Who is younger, how the car is.</summary>
    private static SentencePair Comparing(SeededRandom random)
    {
        if (random.Chance(40))
        {
            Subject subject = AnySubject(random);
            Phrase other = NounPhrases.Person(random, subject);
            string young = Adjectives.Young.Agree(subject.Gender, subject.Plural);
            bool than = random.Chance(50);
            Phrase rest = new Phrase(than ? $"plus {young} que" : $"aussi {young} que", than ? "younger than" : "as young as") + other;
            return Statement(new Clause(subject, Verbs.Etre, Tense.Present) { Rest = rest, Polarity = random.Chance(30) ? Polarity.Not : Polarity.Affirmative }, rest.French);
        }

        NounPhrase thing = Thing(random, out Subject owner);
        Adjective adjective = PredicateFor(random, thing.Noun);
        string agreed = adjective.Agree(thing.Noun.Gender, thing.Plural);
        bool expensive = adjective.English is "expensive" or "big" or "small" or "old";
        Phrase degree = expensive ? random.Pick(Degrees) : Phrase.Empty;
        var predicate = new Clause(ThingSubject(thing), Verbs.Etre, Tense.Present)
        {
            Polarity = random.Chance(35) ? Polarity.Not : Polarity.Affirmative,
            Rest = degree + new Phrase(agreed, adjective.English),
        };
        Phrase words = predicate.Words;
        if (random.Chance(60))
        {
            Phrase name = random.Pick(Names);
            words = PossessorOf(thing, name, predicate);
            return Finish(words, '.', $"{name.French}|{thing.Words.French}|{adjective.English}");
        }

        return Finish(words, '.', $"{owner.Key}|{thing.Words.French}|{adjective.English}{degree.French}");
    }

    private static readonly Verb[] PlaceVerbs =
    [
        Verbs.Aller, Verbs.Aller, Verbs.Rester, Verbs.Travailler, Verbs.Habiter, Verbs.Arriver, Verbs.Partir, Verbs.Jouer,
    ];

    private static readonly Phrase[] Degrees = [Phrase.Empty, new("très", "very"), new("trop", "too")];

    private static readonly Phrase[] Names = [new("Paul", "Paul's"), new("Marie", "Marie's"), new("mon frère", "my brother's"), new("ma sœur", "my sister's"), new("le professeur", "the teacher's")];

    private static readonly Phrase[] PresentStates = [new("aujourd'hui", "today"), new("ce soir", "tonight"), new("en ce moment", "at the moment")];

    private static readonly Phrase[] PastStates = [.. Times.Past.Where(time => time != Times.LastYear)];

    private static readonly Phrase[] FutureStates = [.. Times.Future.Where(time => time != Times.NextYear)];

    private static Subject AnySubject(SeededRandom random) =>
        random.Chance(58) ? random.Pick(Subject.Pronouns) : random.Pick(Subject.People);
}

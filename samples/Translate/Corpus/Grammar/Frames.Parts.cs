namespace Translate.Corpus.Grammar;

/// <summary>What the kinds of sentence share: tenses that fit a verb, objects and places, the finished pair.</summary>
internal static partial class Frames
{
    private static SentencePair Statement(Clause clause, string complement) =>
        Finish(clause.Words, '.', Key(clause, complement));

    private static SentencePair Finish(Phrase words, char mark, string combination) =>
        new(French.Finish(words.French, mark), Grammar.English.Finish(words.English, mark), combination);

    private static string Key(Clause clause, string complement) => $"{clause.Subject.Key}|{clause.Verb.Infinitive}|{complement}";

    /// <summary>Gives the clause the adverb or time phrase that its tense asks for and puts it at the end or in front.</summary>
    private static SentencePair Timed(SeededRandom random, Clause clause, string complement)
    {
        if (clause.Tense == Tense.Ongoing || clause.Polarity is Polarity.Never or Polarity.NoLonger or Polarity.NotYet or Polarity.Already)
            return Statement(clause, complement);
        if (clause.Tense == Tense.Imperfect)
        {
            string little = Adjectives.Little.Agree(clause.Subject.Gender, clause.Subject.Plural);
            var when = new Clause(clause.Subject.Pronoun, Verbs.Etre, Tense.Imperfect) { Rest = new(little, "little") };
            return Statement(clause with { Time = new Phrase("quand", "when") + when.Words }, complement);
        }

        if (clause.Tense == Tense.Present && clause.Verb.Momentary) return Statement(clause with { Time = new("ici", "here") }, complement);
        if (clause.Tense == Tense.Present && clause.Verb == Verbs.Aimer) return Statement(clause with { Adverb = new("beaucoup", ""), Time = new("", "very much") }, complement);
        if (clause.Tense == Tense.Present && clause.Verb == Verbs.Vouloir) return Statement(clause with { Time = new("aujourd'hui", "today") }, complement);
        if (clause.Tense == Tense.Present && (clause.Verb == Verbs.Habiter || (clause.Verb.Habitual && random.Chance(40)))) return Statement(clause, complement);

        Phrase time = TimeFor(random, clause);
        if (clause.Tense == Tense.Present && random.Chance(45))
        {
            // "ne ... pas toujours" with an object asks for other words in English.
            bool often = clause.Polarity == Polarity.Not || random.Chance(50);
            Phrase adverb = often ? new("souvent", "often") : new("toujours", "always");
            return Statement(clause with { Adverb = adverb, Time = random.Chance(50) ? Phrase.Empty : random.Pick(Times.Days) }, complement);
        }

        if (Times.CanOpen(time) && random.Chance(35))
        {
            Phrase comma = new(time.French + ",", time.English + ",");
            return Finish(comma + clause.Words, '.', Key(clause, complement));
        }

        return Statement(clause with { Time = time }, complement);
    }

    /// <summary>A time phrase that goes with tense, polarity and verb: nobody drinks water "last year".</summary>
    private static Phrase TimeFor(SeededRandom random, Clause clause)
    {
        if (clause.Verb == Verbs.Habiter && clause.Tense == Tense.NearFuture) return Times.NextYear;
        if (clause.Tense == Tense.Present && clause.Polarity == Polarity.Not) return random.Pick(Times.Days);
        Phrase time = Times.For(clause.Tense, random);
        while (time == Times.LastYear && !LongAgo.Contains(clause.Verb)) time = Times.For(clause.Tense, random);
        return time;
    }

    /// <summary>What is worth telling a year later.</summary>
    private static readonly Verb[] LongAgo =
    [
        Verbs.Aller, Verbs.Rester, Verbs.Travailler, Verbs.Partir, Verbs.Acheter, Verbs.Perdre, Verbs.Trouver, Verbs.Voir, Verbs.Donner,
    ];

    /// <summary>A tense that the verb has here, and a polarity that goes with it.</summary>
    private static (Tense Tense, Polarity Polarity) TenseFor(SeededRandom random, Verb verb)
    {
        List<Tense> tenses = [Tense.Present, Tense.Present, Tense.Present];
        if (verb != Verbs.Vouloir && verb != Verbs.Aimer) tenses.AddRange([Tense.Past, Tense.Past, Tense.NearFuture]);
        if (!verb.Habitual && !verb.Momentary && verb != Verbs.Voir && verb != Verbs.Trouver && verb != Verbs.Perdre && verb != Verbs.Arriver && verb != Verbs.Partir && verb != Verbs.Aller)
            tenses.AddRange(verb == Verbs.Rester ? [Tense.Now] : [Tense.Now, Tense.Ongoing]);
        if (verb.Future.Length > 0) tenses.AddRange([Tense.Future, Tense.Future]);
        if (verb.Imperfect.Length > 0) tenses.AddRange([Tense.Imperfect, Tense.Imperfect]);
        if (verb == Verbs.Trouver || verb == Verbs.Perdre) tenses.RemoveAll(tense => tense == Tense.Present);
        Tense tense = random.Pick(tenses);

        int roll = random.Next(100);
        Polarity polarity = tense switch
        {
            Tense.Ongoing or Tense.Imperfect => Polarity.Affirmative,
            Tense.Present when verb.Momentary || verb == Verbs.Vouloir || verb == Verbs.Aimer =>
                roll < 65 ? Polarity.Affirmative : roll < 85 ? Polarity.Not : Polarity.NoLonger,
            Tense.Present when verb == Verbs.Habiter => roll < 55 ? Polarity.Affirmative : roll < 75 ? Polarity.Not : Polarity.NoLonger,
            Tense.Present when verb == Verbs.Arriver => roll < 75 ? Polarity.Affirmative : Polarity.Not,
            Tense.Present => roll < 50 ? Polarity.Affirmative : roll < 70 ? Polarity.Not : roll < 85 ? Polarity.Never : Polarity.NoLonger,
            Tense.Past when verb == Verbs.Habiter => roll < 60 ? Polarity.Never : Polarity.Already,
            Tense.Past => roll < 45 ? Polarity.Affirmative : roll < 70 ? Polarity.Not : roll < 80 ? Polarity.Never : roll < 90 ? Polarity.NotYet : Polarity.Already,
            _ => roll < 65 ? Polarity.Affirmative : Polarity.Not,
        };
        if (verb == Verbs.Perdre && tense == Tense.NearFuture) tense = Tense.Past;
        return (tense, polarity);
    }

    private static Phrase ObjectOf(SeededRandom random, Verb verb, Subject subject, bool negated, out string key)
    {
        bool person = (verb.Objects & Kinds.Person) != 0 && (verb.Objects == Kinds.Person || random.Chance(50));
        Phrase words;
        if (person)
        {
            Phrase who = NounPhrases.Person(random, subject);
            words = new(verb.FrenchLink == "à" ? French.To(who.French) : who.French, Phrase.Join(verb.EnglishLink, who.English));
            key = who.French;
        }
        else
        {
            NounPhrase what = NounPhrases.Object(random, verb, subject, negated, adjectivePercent: 40);
            words = new(what.Words.French, Phrase.Join(verb.EnglishLink, what.Words.English));
            key = what.Noun.French + what.Words.English;
        }

        return words;
    }

    private static Phrase PlaceOf(SeededRandom random, Verb verb, Subject subject)
    {
        if (verb == Verbs.Jouer)
            return random.Pick<Phrase>([new("au football", "football"), new("avec le chat", "with the cat"), new("avec le chien", "with the dog"), new Phrase("avec", "with") + NounPhrases.Person(random, subject)])
                + (random.Chance(50) ? random.Pick<Phrase>([new("à l'école", "at school"), new("à la plage", "at the beach"), new("à la maison", "at home")]) : Phrase.Empty);
        if (verb == Verbs.Aller) return random.Pick(Places.All).To;
        if (verb == Verbs.Partir) return new Phrase("pour", "for") + Bare(random.Pick(Places.Towns[..3]));
        if (verb == Verbs.Habiter) return random.Pick(Places.Towns).At + (random.Chance(50) ? new Phrase("avec", "with") + NounPhrases.Person(random, subject) : Phrase.Empty);
        if (verb == Verbs.Travailler) return random.Pick<Place>([.. Places.Towns, .. Places.Spots[1..4], Places.Spots[5]]).At;
        if (verb == Verbs.Rester) return random.Chance(40) ? Places.Home.At : random.Pick(Places.All).At;
        return random.Pick(Places.All).At;

        static Phrase Bare(Place town) => new(town.French[2..], town.EnglishTo[3..]);
    }

    /// <summary>Something somebody owns: "ma voiture", "ces livres".</summary>
    private static NounPhrase Thing(SeededRandom random, out Subject owner)
    {
        Noun noun = random.Pick(ThingNouns);
        owner = random.Pick(Subject.Pronouns);
        if (owner.Person is 2 or 5) owner = Subject.We;
        bool plural = random.Chance(30);
        return NounPhrases.Build(noun, plural, random.Chance(65) ? Determiner.Possessive : Determiner.Demonstrative, owner);
    }

    /// <summary>What one says of a thing: books have no colour worth telling, letters no price.</summary>
    private static Adjective PredicateFor(SeededRandom random, Noun noun)
    {
        bool coloured = (noun.Kinds & Kinds.Thing) != 0;
        if (noun.English == "letter" || random.Chance(50)) return random.Pick(Adjectives.BeforeNoun[..4]);
        return coloured ? random.Pick(Adjectives.AfterNoun) : Adjectives.Expensive;
    }

    private static Subject ThingSubject(NounPhrase thing) =>
        new(thing.Words.French, thing.Words.English, thing.Plural ? 5 : 2, thing.Noun.Gender, IsPronoun: false);

    /// <summary>The predicate said of what a third party owns: "la voiture de Paul est", "Paul's car is".</summary>
    private static Phrase PossessorOf(NounPhrase thing, Phrase name, Clause predicate)
    {
        string french = thing.Plural ? thing.Noun.FrenchPlural! : thing.Noun.French;
        string english = thing.Plural ? thing.Noun.EnglishPlural! : thing.Noun.English;
        string article = thing.Plural ? "les" : thing.Noun.Gender == Gender.Feminine ? "la" : "le";
        var subject = predicate.Subject with { French = $"{article} {french} {French.Of(name.French)}", English = $"{name.English} {english}" };
        return (predicate with { Subject = subject }).Words;
    }

    private static readonly Noun[] ThingNouns = Nouns.Of(Kinds.Thing | Kinds.Reading | Kinds.Letter);
}

namespace Translate.Corpus.Grammar;

/// <summary>Sentences that ask, and those that answer with a pronoun.</summary>
internal static partial class Frames
{
    private static readonly (Phrase Word, bool WithPlace)[] QuestionWords =
    [
        (new("pourquoi", "why"), true),
        (new("quand", "when"), true),
        (new("où", "where"), false),
        (new("avec qui", "with whom"), true),
    ];

    /// <summary>Questions: est-ce que or inversion, alone or behind a question word.</summary>
    private static SentencePair Asking(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        while (subject.Person == 0) subject = AnySubject(random);
        Mood mood = subject.IsPronoun && random.Chance(50) ? Mood.Inversion : Mood.EstCeQue;
        bool place = random.Chance(40);
        Verb verb = place ? random.Pick(PlaceVerbs) : random.Pick(Verbs.Transitive);
        Tense tense = verb == Verbs.Vouloir || verb == Verbs.Aimer ? Tense.Present
            : random.Pick<Tense>(verb.Momentary || verb == Verbs.Habiter ? [Tense.Present] : verb.Future.Length > 0 ? [Tense.Past, Tense.NearFuture, Tense.Future] : [Tense.Past, Tense.NearFuture]);
        if (verb == Verbs.Perdre) tense = Tense.Past;
        string key;
        Phrase rest = place ? PlaceOf(random, verb, subject) : ObjectOf(random, verb, subject, false, out key);
        key = rest.French;
        var clause = new Clause(subject, verb, tense) { Mood = mood, Rest = rest };

        int roll = random.Next(100);
        if (roll < 45 && verb != Verbs.Perdre)
        {
            (Phrase word, bool withPlace) = random.Pick(QuestionWords);
            if (word.English == "when" && tense == Tense.Present) word = new("pourquoi", "why");
            if (word.English == "with whom" && (rest.French.Contains("avec", StringComparison.Ordinal) || tense == Tense.Present || verb.Objects == Kinds.Person)) word = new("pourquoi", "why");
            if (!withPlace && (place || tense == Tense.Present)) word = new("pourquoi", "why");
            bool asksTime = word.English == "when";
            if (!asksTime && tense != Tense.Present && random.Chance(50)) clause = clause with { Time = TimeFor(random, clause) };
            return Finish(word + clause.Words, '?', Key(clause, key));
        }

        if (tense != Tense.Present) clause = clause with { Time = TimeFor(random, clause) };
        else if (verb == Verbs.Vouloir) clause = clause with { Time = new("aujourd'hui", "today") };
        return Finish(clause.Words, '?', Key(clause, key));
    }

    /// <summary>A thing or person is named, then meant by a pronoun: "Où est la clé ? Je la cherche."</summary>
    private static SentencePair Referring(SeededRandom random)
    {
        int roll = random.Next(100);
        if (roll < 50) return Seeking(random);
        if (roll < 75) return SeekingInOneSentence(random);

        Subject subject = random.Pick<Subject>([Subject.I, Subject.You, Subject.We, Subject.YouPlural]);
        Subject person = random.Pick<Subject>([Subject.Paul, Subject.Marie, .. Subject.People[3..5], .. Subject.People[7..10]]);
        var there = new Clause(person, Verbs.Etre, Tense.Present) { Rest = random.Pick<Phrase>([new("malade", "sick"), .. Places.Towns.Select(town => town.At)]) };
        if (there.Rest.French == "malade" && person.Plural) there = there with { Rest = new("malades", "sick") };
        bool direct = random.Chance(35);
        Verb verb = direct ? Verbs.Attendre : random.Chance(50) ? Verbs.Parler : Verbs.Telephoner;
        Phrase pronoun = direct ? DirectPronoun(person) : person.Receiver;
        Tense tense = direct ? Tense.Present : random.Pick<Tense>([Tense.Present, Tense.Past, Tense.NearFuture]);
        var then = new Clause(subject, verb, tense) { Pronoun = pronoun };
        then = tense switch
        {
            Tense.Present when direct => then with { Time = new("ici", "here") },
            Tense.Present => then with { Adverb = new("souvent", "often") },
            _ => then with { Time = Times.For(tense, random) },
        };
        Phrase link = random.Chance(50) ? new("et", "and") : new("mais", "but");
        return Finish(there.Words + link + then.Words, '.', $"{subject.Key}|{verb.Infinitive}|{person.French}{there.Rest.French}");
    }

    private static SentencePair Seeking(SeededRandom random)
    {
        NounPhrase thing = Thing(random, out Subject owner);
        Subject subject = owner.Person == 3 ? AnySubject(random).Pronoun : owner;
        string be = thing.Plural ? "are" : "is";
        string french = French.Finish($"où {(thing.Plural ? "sont" : "est")} {thing.Words.French}", '?');
        string english = Grammar.English.Finish($"where {be} {thing.Words.English}", '?');
        var agreement = (thing.Noun.Gender, thing.Plural);
        (Verb verb, Tense tense, Polarity polarity, bool timed) = random.Next(6) switch
        {
            0 => (Verbs.Chercher, Tense.Present, Polarity.Affirmative, false),
            1 => (Verbs.Perdre, Tense.Past, Polarity.Affirmative, true),
            2 => (Verbs.Trouver, Tense.Past, Polarity.Not, false),
            3 => (Verbs.Chercher, Tense.NearFuture, Polarity.Affirmative, true),
            4 => (Verbs.Donner, Tense.Past, Polarity.Affirmative, false),
            _ => (Verbs.Trouver, Tense.Present, Polarity.Not, false),
        };
        var answer = new Clause(subject, verb, tense)
        {
            Polarity = polarity,
            Modal = verb == Verbs.Trouver && tense == Tense.Present ? Verbs.Pouvoir : null,
            Pronoun = thing.Pronoun,
            Agreement = agreement,
            Time = timed ? Times.For(tense, random) : Phrase.Empty,
        };
        if (verb == Verbs.Donner)
        {
            Phrase person = NounPhrases.Person(random, subject);
            answer = answer with { Rest = new(French.To(person.French), "to " + person.English) };
        }

        SentencePair second = Statement(answer, thing.Words.French);
        return new($"{french} {second.Source}", $"{english} {second.Target}", second.Combination);
    }

    private static SentencePair SeekingInOneSentence(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Noun noun = random.Pick(ThingNouns);
        bool plural = random.Chance(30);
        if (noun.Kinds == Kinds.Letter || random.Chance(50))
        {
            NounPhrase sought = NounPhrases.Build(noun, plural, Determiner.Possessive, subject);
            var seeks = new Clause(subject, Verbs.Chercher, Tense.Present) { Rest = new(sought.Words.French, "for " + sought.Words.English) };
            var fails = new Clause(subject.Pronoun, Verbs.Trouver, Tense.Present) { Modal = Verbs.Pouvoir, Polarity = Polarity.Not, Pronoun = sought.Pronoun };
            return Finish(seeks.Words + new Phrase("mais", "but") + fails.Words, '.', $"{subject.Key}|chercher|{sought.Words.French}");
        }

        NounPhrase seen = NounPhrases.Build(noun, plural, Determiner.Demonstrative);
        var sees = new Clause(subject, Verbs.Voir, Tense.Past) { Rest = seen.Words };
        var wants = new Clause(subject.Pronoun, Verbs.Acheter, Tense.Present) { Modal = Verbs.Vouloir, Pronoun = seen.Pronoun };
        return Finish(sees.Words + new Phrase("et", "and") + wants.Words, '.', $"{subject.Key}|voir|{seen.Words.French}");
    }

    private static Phrase DirectPronoun(Subject person) => (person.Plural, person.Gender) switch
    {
        (true, _) => new("les", "them"),
        (_, Gender.Feminine) => new("la", "her"),
        _ => new("le", "him"),
    };
}

namespace Translate.Corpus.Grammar;

/// <summary>Wishes, gifts, relative clauses, what there is, orders, and what English says with "be".</summary>
internal static partial class Frames
{
    /// <summary>vouloir, pouvoir, devoir with an infinitive.</summary>
    private static SentencePair Wishing(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Verb modal = random.Pick(Verbs.Modal);
        bool place = random.Chance(35);
        Verb verb = place ? random.Pick<Verb>([Verbs.Aller, Verbs.Rester, Verbs.Travailler, Verbs.Partir, Verbs.Jouer])
            : random.Pick<Verb>([Verbs.Manger, Verbs.Boire, Verbs.Acheter, Verbs.Lire, Verbs.Regarder, Verbs.Ecouter, Verbs.Voir, Verbs.Ouvrir, Verbs.Attendre, Verbs.Parler, Verbs.Telephoner]);
        Polarity polarity = random.Next(100) switch { < 60 => Polarity.Affirmative, < 90 => Polarity.Not, _ => modal == Verbs.Devoir ? Polarity.Not : Polarity.NoLonger };
        Phrase rest = place ? PlaceOf(random, verb, subject) : ObjectOf(random, verb, subject, Clause.Negates(polarity), out _);
        bool ask = polarity == Polarity.Affirmative && modal != Verbs.Devoir && subject.Person != 0 && random.Chance(40);
        var clause = new Clause(subject, verb, Tense.Present)
        {
            Modal = modal,
            Polarity = polarity,
            Rest = rest,
            Time = polarity == Polarity.NoLonger ? Phrase.Empty : random.Pick(Times.Near),
            Mood = !ask ? Mood.Statement : subject.IsPronoun && random.Chance(50) ? Mood.Inversion : Mood.EstCeQue,
        };
        return Finish(clause.Words, ask ? '?' : '.', Key(clause, modal.Infinitive + rest.French));
    }

    /// <summary>Somebody gives something to somebody, named or a pronoun.</summary>
    private static SentencePair Giving(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Verb verb = Verbs.Donner;
        Tense tense = random.Pick<Tense>([Tense.Past, Tense.Past, Tense.NearFuture]);
        Polarity polarity = random.Chance(70) ? Polarity.Affirmative : Polarity.Not;
        NounPhrase what = NounPhrases.Object(random, verb, subject, Clause.Negates(polarity), adjectivePercent: 30);
        var clause = new Clause(subject, verb, tense) { Polarity = polarity, Time = Times.For(tense, random) };
        if (random.Chance(55))
        {
            Phrase person = NounPhrases.Person(random, subject);
            Phrase rest = what.Words + new Phrase(French.To(person.French), "to " + person.English);
            return Statement(clause with { Rest = rest }, what.Words.English + person.French);
        }

        Subject receiver = random.Pick(subject.Person switch
        {
            0 or 3 => new[] { Subject.You, Subject.YouPlural },
            1 or 4 => [Subject.I, Subject.We],
            _ => [Subject.I, Subject.You, Subject.We, Subject.YouPlural],
        });
        return Statement(clause with { Pronoun = receiver.Receiver, Rest = what.Words }, what.Words.English + receiver.French);
    }

    /// <summary>"La voiture que Paul a achetée est très chère."</summary>
    private static SentencePair Relating(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        Noun noun = random.Pick(ThingNouns);
        NounPhrase thing = NounPhrases.Build(noun, random.Chance(35), Determiner.Definite);
        Verb[] verbs = [Verbs.Trouver, Verbs.Perdre, Verbs.Chercher, Verbs.Acheter];
        Verb verb = random.Pick(noun.Kinds == Kinds.Letter ? verbs[..3] : verbs);
        var relative = new Clause(subject, verb, verb.Momentary ? Tense.Present : Tense.Past)
        {
            Agreement = (noun.Gender, thing.Plural),
            Time = verb.Momentary || random.Chance(60) ? Phrase.Empty : random.Pick(Times.Past),
        };
        Adjective adjective = PredicateFor(random, noun);
        Phrase degree = adjective.English is "expensive" or "big" or "small" or "old" ? random.Pick(Degrees) : Phrase.Empty;
        Phrase clause = relative.Words;
        if (verb.EnglishLink.Length > 0) clause += new Phrase("", verb.EnglishLink);
        string be = thing.Plural ? "are" : "is";
        Phrase words = thing.Words + new Phrase("que", "that") + clause
            + new Phrase(thing.Plural ? "sont" : "est", be) + degree + new Phrase(adjective.Agree(noun.Gender, thing.Plural), adjective.English);
        return Finish(words, '.', $"{subject.Key}|{verb.Infinitive}|{thing.Words.French}|{adjective.English}");
    }

    /// <summary>"Il y a trois livres rouges sur la table."</summary>
    private static SentencePair Existing(SeededRandom random)
    {
        Noun noun = random.Pick(Nouns.Of(Kinds.Thing | Kinds.Reading | Kinds.Letter | Kinds.Food));
        bool mass = noun.Mass;
        bool plural = !mass && random.Chance(50);
        bool negated = random.Chance(25) && (mass || plural);
        Phrase number = random.Pick<Phrase>([new("deux", "two"), new("trois", "three"), new("cinq", "five"), new("dix", "ten")]);
        Determiner determiner = plural && !negated && random.Chance(60) ? Determiner.Number : Determiner.Indefinite;
        bool coloured = (noun.Kinds & Kinds.Thing) != 0 && random.Chance(50) && determiner == Determiner.Indefinite == !plural;
        NounPhrase thing = coloured
            ? NounPhrases.Build(noun, plural, determiner, null, number, negated, random.Pick(Adjectives.Colours))
            : NounPhrases.Build(noun, plural, determiner, null, number, negated);
        Phrase where = random.Pick<Phrase>((noun.Kinds & Kinds.Thing) != 0
            ? [new("devant la maison", "in front of the house"), new("devant la gare", "in front of the station"), new("à la maison", "at home")]
            : [new("sur la table", "on the table"), new("à la maison", "at home")]);
        string be = plural ? "are" : "is";
        Phrase words = new Phrase(negated ? "il ne y a pas" : "il y a", negated ? $"there {be}n't" : "there " + be) + thing.Words + where;
        words = words with { French = words.French.Replace("ne y", "n'y", StringComparison.Ordinal) };
        return Finish(words, '.', $"il y a|{thing.Words.French}|{where.French}");
    }

    /// <summary>Orders and requests, to one person or several.</summary>
    private static SentencePair Ordering(SeededRandom random)
    {
        bool several = random.Chance(50);
        Subject you = several ? Subject.YouPlural : Subject.You;
        Verb verb = random.Pick<Verb>([Verbs.Ouvrir, Verbs.Manger, Verbs.Regarder, Verbs.Acheter, Verbs.Lire, Verbs.Boire, Verbs.Chercher]);
        bool negated = random.Chance(40);
        NounPhrase what = NounPhrases.Object(random, verb, you, negated, adjectivePercent: 20);
        string form = verb.Present[you.Person];
        if (!several && form.EndsWith("es", StringComparison.Ordinal)) form = form[..^1];
        Phrase please = several ? new("s'il vous plaît", "please") : new("s'il te plaît", "please");
        Phrase order = negated ? new($"ne {form} pas", "don't " + verb.Base) : new(form, verb.Base);
        Phrase rest = new(what.Words.French + ",", Phrase.Join(verb.EnglishLink, what.Words.English) + ",");
        return Finish(order + rest + please, '.', $"{you.Key}|{verb.Infinitive}|{what.Words.English}");
    }

    /// <summary>What French has and English is: hunger, thirst, age; and plain possession.</summary>
    private static SentencePair Having(SeededRandom random)
    {
        Subject subject = AnySubject(random);
        int kind = random.Next(3);
        if (kind == 0)
        {
            Noun noun = random.Pick(Nouns.Of(Kinds.Thing | Kinds.Animal | Kinds.Reading));
            bool plural = random.Chance(50);
            bool negated = plural && random.Chance(40);
            Phrase number = random.Pick<Phrase>([new("deux", "two"), new("trois", "three"), new("cinq", "five")]);
            Adjective adjective = random.Pick((noun.Kinds & Kinds.Thing) != 0 ? Adjectives.Colours : Adjectives.AnimalColours);
            if ((noun.Kinds & Kinds.Reading) != 0) adjective = Adjectives.BeforeNoun[3];
            NounPhrase what = NounPhrases.Build(noun, plural, plural && !negated ? Determiner.Number : Determiner.Indefinite, null, number, negated, adjective);
            Phrase home = random.Chance(50) ? Places.Home.At : Phrase.Empty;
            return Statement(new Clause(subject, Verbs.Avoir, Tense.Present) { Rest = what.Words + home, Polarity = negated ? Polarity.Not : Polarity.Affirmative }, what.Words.English);
        }

        string be = Grammar.English.Be(subject.Agreement);
        string have = Verbs.Avoir.Present[subject.Person];
        if (kind == 1)
        {
            while (subject is { IsPronoun: false, Plural: true } || subject.English == "the teacher") subject = AnySubject(random);
            be = Grammar.English.Be(subject.Agreement);
            have = Verbs.Avoir.Present[subject.Person];
            Phrase age = random.Pick<Phrase>([new("dix", "ten"), new("vingt", "twenty")]);
            var feels = random.Pick<Phrase>([new("et", "and"), new("mais", "but")]);
            bool young = random.Chance(50);
            Adjective adjective = young ? Adjectives.Young : random.Pick(Adjectives.OfPeople);
            var second = new Clause(subject.Pronoun, Verbs.Etre, Tense.Present) { Rest = new Phrase("très", "very") + new Phrase(adjective.Agree(subject.Gender, subject.Plural), adjective.English) };
            Phrase words = new Phrase($"{subject.French} {have} {age.French} ans", $"{subject.English} {be} {age.English} years old") + feels + second.Words;
            return Finish(words, '.', $"{subject.Key}|avoir|{age.French}{adjective.English}");
        }

        Phrase feeling = random.Pick<Phrase>([new("faim", "hungry"), new("soif", "thirsty"), new("froid", "cold")]);
        bool not = random.Chance(35);
        Phrase time = random.Pick(PresentStates);
        Phrase degree = not || random.Chance(50) ? Phrase.Empty : new("très", "very");
        Phrase state = new Phrase(
            not ? $"{subject.French} ne {have} pas" : $"{subject.French} {have}",
            not ? $"{subject.English} {Grammar.English.Not(be)}" : $"{subject.English} {be}") + degree + feeling + time;
        return Finish(state, '.', $"{subject.Key}|avoir {feeling.French}|{time.French}");
    }
}

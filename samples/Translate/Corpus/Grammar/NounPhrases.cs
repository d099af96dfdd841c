namespace Translate.Corpus.Grammar;

/// <summary>What stands before a noun.</summary>
internal enum Determiner { Definite, Indefinite, Possessive, Demonstrative, Number, Generic }

/// <summary>A noun with its determiner and adjectives, ready to stand in a clause.</summary>
/// <param name="Words">The words in both languages.</param>
/// <param name="Noun">The noun itself.</param>
/// <param name="Plural">Whether it is plural.</param>
internal sealed record NounPhrase(Phrase Words, Noun Noun, bool Plural)
{
    /// <summary>The pronoun that stands for it as a direct object: "la" and "it".</summary>
    public Phrase Pronoun => (Plural, Noun.Gender) switch
    {
        (true, _) => new("les", "them"),
        (_, Gender.Feminine) => new("la", "it"),
        _ => new("le", "it"),
    };
}

/// <summary>Builds noun phrases: agreement of determiner and adjective, "de" after a negation, order in each language.</summary>
internal static class NounPhrases
{
    private static readonly Phrase[] Numbers = [new("deux", "two"), new("trois", "three"), new("cinq", "five"), new("dix", "ten")];

    /// <summary>Puts a determiner and adjectives to a noun.</summary>
    /// <param name="noun">The noun.</param>
    /// <param name="plural">Plural or singular; only nouns that have one.</param>
    /// <param name="determiner">What stands before it.</param>
    /// <param name="owner">The possessor, for <see cref="Determiner.Possessive"/>.</param>
    /// <param name="number">The number, for <see cref="Determiner.Number"/>.</param>
    /// <param name="negated">Whether an indefinite stands behind a negation: "pas de pain", "any bread".</param>
    /// <param name="adjectives">Adjectives in English order: size and age before colour.</param>
    public static NounPhrase Build(
        Noun noun, bool plural, Determiner determiner, Subject? owner = null, Phrase number = default, bool negated = false,
        params ReadOnlySpan<Adjective> adjectives)
    {
        string french = plural ? noun.FrenchPlural! : noun.French;
        string english = plural ? noun.EnglishPlural! : noun.English;
        string frenchCore = french;
        for (int i = adjectives.Length - 1; i >= 0; i--)
        {
            Adjective adjective = adjectives[i];
            string form = adjective.Agree(noun.Gender, plural, adjective.BeforeNoun ? frenchCore : "");
            frenchCore = adjective.BeforeNoun ? $"{form} {frenchCore}" : $"{frenchCore} {form}";
            english = $"{adjective.English} {english}";
        }

        bool feminine = noun.Gender == Gender.Feminine;
        string article = plural ? "les" : feminine ? "la" : "le";
        (string frenchFull, string englishFull) = determiner switch
        {
            Determiner.Definite => ($"{article} {frenchCore}", "the " + english),
            Determiner.Generic => ($"{article} {frenchCore}", english),
            Determiner.Indefinite when negated => ($"de {frenchCore}", "any " + english),
            Determiner.Indefinite when plural => ($"des {frenchCore}", "some " + english),
            Determiner.Indefinite when noun.Mass => (French.Of($"{article} {frenchCore}"), "some " + english),
            Determiner.Indefinite => ((feminine ? "une " : "un ") + frenchCore, "a " + english),
            Determiner.Possessive => ($"{owner!.FrenchPossessive(noun.Gender, plural, frenchCore)} {frenchCore}", $"{owner.EnglishPossessive} {english}"),
            Determiner.Number => ($"{number.French} {frenchCore}", $"{number.English} {english}"),
            _ => ($"{Demonstrative(noun.Gender, plural, frenchCore)} {frenchCore}", (plural ? "these " : "this ") + english),
        };
        return new(new(frenchFull, englishFull), noun, plural);
    }

    /// <summary>An object for a verb: something of a kind that it takes, with a fitting determiner.</summary>
    /// <param name="random">Where choices come from.</param>
    /// <param name="verb">The verb.</param>
    /// <param name="subject">Whose things they may be.</param>
    /// <param name="negated">Whether the verb is negated.</param>
    /// <param name="adjectivePercent">How many of a hundred objects have an adjective.</param>
    public static NounPhrase Object(SeededRandom random, Verb verb, Subject subject, bool negated, int adjectivePercent = 0)
    {
        Noun noun = random.Pick(Nouns.Of(verb.Objects & ~Kinds.Person));
        if (verb == Verbs.Aimer) return Build(noun, noun.FrenchPlural is not null, Determiner.Generic);
        bool plural = noun.FrenchPlural is not null && random.Chance(30);
        if ((noun.Kinds & Kinds.Opening) != 0 || noun.English == "radio") return Build(noun, false, Determiner.Definite);

        Determiner determiner = ChooseDeterminer(random, verb, noun, mayCount: plural && !negated);
        if (negated && determiner == Determiner.Indefinite && !noun.Mass && !plural)
        {
            // "I don't buy any book" is poor English: the negated indefinite of what is counted is plural.
            plural = noun.FrenchPlural is not null;
        }

        bool canDescribe = !noun.Mass && determiner != Determiner.Number && (noun.Kinds & (Kinds.Thing | Kinds.Animal)) != 0
            && !(plural && determiner == Determiner.Indefinite);
        Adjective[] adjectives = canDescribe && random.Chance(adjectivePercent) ? Describe(random, noun) : [];
        return Build(noun, plural, determiner, Owner(random, subject), random.Pick(Numbers), negated, adjectives);
    }

    /// <summary>Food is mostly "some", what is lost or looked for mostly somebody's, the rest anything.</summary>
    private static Determiner ChooseDeterminer(SeededRandom random, Verb verb, Noun noun, bool mayCount)
    {
        int roll = random.Next(100);
        if (noun.Mass) return roll < 88 ? Determiner.Indefinite : Determiner.Definite;
        if (verb == Verbs.Chercher || verb == Verbs.Perdre)
            return roll switch { < 60 => Determiner.Possessive, < 85 => Determiner.Definite, _ => Determiner.Indefinite };
        return roll switch
        {
            < 45 => Determiner.Indefinite,
            < 60 => Determiner.Definite,
            < 75 => Determiner.Possessive,
            _ => mayCount ? Determiner.Number : Determiner.Demonstrative,
        };
    }

    /// <summary>A person as an object: a name, or somebody's brother; never the subject again.</summary>
    public static Phrase Person(SeededRandom random, Subject subject)
    {
        while (true)
        {
            int roll = random.Next(100);
            Noun relative = random.Pick(Nouns.Relatives);
            bool plural = relative.FrenchPlural is not null && random.Chance(60);
            Phrase person = roll < 15 ? new("Paul", "Paul")
                : roll < 30 ? new("Marie", "Marie")
                : roll < 45 ? new("le professeur", "the teacher")
                : Build(relative, plural, Determiner.Possessive, Owner(random, subject)).Words;
            if (!subject.French.Contains(person.French, StringComparison.Ordinal)) return person;
        }
    }

    /// <summary>Who owns what the subject deals with: mostly the subject, sometimes I or we.</summary>
    public static Subject Owner(SeededRandom random, Subject subject) =>
        subject.Person is 0 or 3 || random.Chance(70) ? subject : random.Chance(50) ? Subject.I : Subject.We;

    private static Adjective[] Describe(SeededRandom random, Noun noun)
    {
        bool colour = (noun.Kinds & Kinds.Thing) != 0;
        Adjective after = colour ? random.Pick(Adjectives.AfterNoun) : random.Pick(Adjectives.AnimalColours);
        Adjective before = random.Pick(Adjectives.BeforeNoun);
        return random.Next(3) switch { 0 => [before], 1 => [after], _ => after.English == "expensive" ? [before] : [before, after] };
    }

    private static string Demonstrative(Gender gender, bool plural, string next) =>
        plural ? "ces" : gender == Gender.Feminine ? "cette" : French.StartsWithVowel(next) ? "cet" : "ce";
}

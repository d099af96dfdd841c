namespace Translate.Corpus.Grammar;

/// <summary>
/// A subject and its verb in one tense, polarity and mood, with what follows; <see cref="Words"/> conjugates it in both
/// languages. The tense decides the English form: the plain present "eats" (verbs of this moment: "is looking for"), with
/// "maintenant" or "en train de" the progressive, the passé composé the simple past (the perfect with never, already and yet),
/// the near future "is going to", the future "will", the imperfect "used to".
/// </summary>
internal sealed record Clause(Subject Subject, Verb Verb, Tense Tense)
{
    /// <summary>ne ... pas and its like.</summary>
    public Polarity Polarity { get; init; }

    /// <summary>How it asks.</summary>
    public Mood Mood { get; init; }

    /// <summary>vouloir, pouvoir or devoir with <see cref="Verb"/> in the infinitive; present only.</summary>
    public Verb? Modal { get; init; }

    /// <summary>souvent or toujours, or nothing.</summary>
    public Phrase Adverb { get; init; } = Phrase.Empty;

    /// <summary>A pronoun before the French verb and behind the English one, or nothing.</summary>
    public Phrase Pronoun { get; init; } = Phrase.Empty;

    /// <summary>What a participle with avoir agrees with: gender and number of the direct pronoun.</summary>
    public (Gender Gender, bool Plural)? Agreement { get; init; }

    /// <summary>Object, place: everything between the verb and the time.</summary>
    public Phrase Rest { get; init; } = Phrase.Empty;

    /// <summary>The time phrase at the end, or nothing.</summary>
    public Phrase Time { get; init; } = Phrase.Empty;

    /// <summary>The clause in both languages, with neither capital nor mark.</summary>
    public Phrase Words => new(FrenchWords(), EnglishWords());

    /// <summary>Whether "une" and "du" become "de" in the object.</summary>
    public static bool Negates(Polarity polarity) => polarity is not (Polarity.Affirmative or Polarity.Already);

    private string FrenchWords()
    {
        int person = Subject.Person;
        string infinitive = Phrase.Join(Pronoun.French, Verb.Infinitive);
        (string finite, string rest, bool pronounFirst) = Modal is not null
            ? (Modal.Present[person], infinitive, false)
            : Tense switch
            {
                Tense.Present or Tense.Now => (Verb.Present[person], "", true),
                Tense.Ongoing => (Verbs.Etre.Present[person], Phrase.Join("en train de", infinitive), false),
                Tense.Past => ((Verb.WithEtre ? Verbs.Etre : Verbs.Avoir).Present[person], FrenchParticiple(), true),
                Tense.NearFuture => (Verbs.Aller.Present[person], infinitive, false),
                Tense.Future => (Verb.Future[person], "", true),
                _ => (Verb.Imperfect[person], "", true),
            };

        string subject = Subject.French;
        if (Mood == Mood.Inversion)
        {
            bool needsT = person == 2 && "aeiou".Contains(finite[^1], StringComparison.Ordinal);
            finite += (needsT ? "-t-" : "-") + subject;
            subject = "";
        }

        (string before, string after) = Polarity switch
        {
            Polarity.Affirmative => ("", ""),
            Polarity.Already => ("", "déjà"),
            Polarity.Not => ("ne", "pas"),
            Polarity.Never => ("ne", "jamais"),
            Polarity.NoLonger => ("ne", "plus"),
            _ => ("ne", "pas encore"),
        };
        return Phrase.Join(
            Mood == Mood.EstCeQue ? "est-ce que" : "", subject, before, pronounFirst ? Pronoun.French : "", finite, after,
            Adverb.French, rest, Rest.French, Time.French);
    }

    private string FrenchParticiple()
    {
        if (Verb.WithEtre) return French.Agree(Verb.Participle, Subject.Gender, Subject.Plural);
        return Agreement is { } direct ? French.Agree(Verb.Participle, direct.Gender, direct.Plural) : Verb.Participle;
    }

    private string EnglishWords()
    {
        (string? auxiliary, string main) = EnglishVerb();
        bool asks = Mood != Mood.Statement;
        bool not = Polarity is Polarity.Not or Polarity.NoLonger or Polarity.NotYet;
        if (auxiliary is null && (asks || not))
        {
            auxiliary = Tense == Tense.Past ? "did" : English.Do(Subject.Agreement);
            main = Modal is not null ? Phrase.Join(Modal.Base, "to", Verb.Base) : Verb.Base;
        }

        if (not) auxiliary = English.Not(auxiliary!);
        string middle = Polarity switch { Polarity.Never => "never", Polarity.Already => "already", _ => Adverb.English };
        string late = Polarity switch { Polarity.NoLonger => "anymore", Polarity.NotYet => "yet", _ => "" };
        string start = asks ? Phrase.Join(auxiliary, Subject.English) : Phrase.Join(Subject.English, auxiliary);
        string pronoun = Pronoun.IsEmpty ? "" : Phrase.Join(Verb.EnglishLink, Pronoun.English);
        return Phrase.Join(start, middle, main, pronoun, Rest.English, late, Time.English);
    }

    /// <summary>The auxiliary, if the affirmative statement has one, and what follows it.</summary>
    private (string? Auxiliary, string Main) EnglishVerb()
    {
        Agreement agreement = Subject.Agreement;
        if (Modal is not null)
        {
            if (Modal != Verbs.Vouloir) return (Modal.Base, Verb.Base);
            return (null, Phrase.Join(agreement == Grammar.Agreement.ThirdSingular ? Modal.Third : Modal.Base, "to", Verb.Base));
        }

        bool progressive = Tense is Tense.Now or Tense.Ongoing || (Tense == Tense.Present && Verb.Momentary);
        bool perfect = Polarity is Polarity.Never or Polarity.Already or Polarity.NotYet;
        return Tense switch
        {
            Tense.Present or Tense.Now when Verb == Verbs.Etre => (English.Be(agreement), ""),
            Tense.Imperfect when Verb == Verbs.Etre => (English.Was(agreement), ""),
            _ when progressive => (English.Be(agreement), Verb.Ing),
            Tense.Present => (null, agreement == Grammar.Agreement.ThirdSingular ? Verb.Third : Verb.Base),
            Tense.Past when perfect => (English.Have(agreement), Verb.PastParticiple),
            Tense.Past => (null, Verb.Past),
            Tense.NearFuture => (English.Be(agreement), Phrase.Join("going to", Verb.Base)),
            Tense.Future => ("will", Verb.Base),
            _ => (null, Phrase.Join("used to", Verb.Base)),
        };
    }
}

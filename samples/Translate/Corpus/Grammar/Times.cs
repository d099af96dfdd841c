namespace Translate.Corpus.Grammar;

/// <summary>When it happens: the time phrases that go with each tense.</summary>
internal static class Times
{
    /// <summary>With the past of what is told long afterwards.</summary>
    public static readonly Phrase LastYear = new("l'année dernière", "last year");

    /// <summary>With every future.</summary>
    public static readonly Phrase NextYear = new("l'année prochaine", "next year");

    /// <summary>Said of habits on one day of the week.</summary>
    public static readonly Phrase[] Days = [new("le lundi", "on Mondays"), new("le dimanche", "on Sundays")];

    /// <summary>Said of habits.</summary>
    public static readonly Phrase[] Habit =
    [
        new("chaque matin", "every morning"),
        new("chaque jour", "every day"),
        .. Days,
    ];

    /// <summary>Said of this moment.</summary>
    public static readonly Phrase[] Now = [new("maintenant", "now"), new("en ce moment", "at the moment")];

    /// <summary>Said of what is over.</summary>
    public static readonly Phrase[] Past =
    [
        new("hier", "yesterday"),
        new("ce matin", "this morning"),
        new("la semaine dernière", "last week"),
        LastYear,
        new("lundi dernier", "last Monday"),
    ];

    /// <summary>Said of what is about to be.</summary>
    public static readonly Phrase[] Near =
    [
        new("demain", "tomorrow"),
        new("demain matin", "tomorrow morning"),
        new("ce soir", "tonight"),
        new("dimanche", "on Sunday"),
    ];

    /// <summary>Said of what will be.</summary>
    public static readonly Phrase[] Future =
    [
        new("demain", "tomorrow"),
        new("la semaine prochaine", "next week"),
        NextYear,
        new("lundi prochain", "next Monday"),
    ];

    /// <summary>The hours of the day.</summary>
    public static readonly Phrase[] Clock =
    [
        new("à deux heures", "at two o'clock"),
        new("à trois heures", "at three o'clock"),
        new("à cinq heures", "at five o'clock"),
        new("à dix heures", "at ten o'clock"),
    ];

    /// <summary>The phrases that may stand first, with a comma, and mean the same there.</summary>
    public static bool CanOpen(Phrase time) => time.French is "hier" or "demain" or "ce matin" or "ce soir" or "chaque matin" or "le dimanche";

    /// <summary>One phrase that fits the tense.</summary>
    public static Phrase For(Tense tense, SeededRandom random) => random.Pick(tense switch
    {
        Tense.Now => Now,
        Tense.Past => Past,
        Tense.NearFuture => Near,
        Tense.Future => Future,
        _ => Habit,
    });
}
